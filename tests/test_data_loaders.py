"""Loaders: sizes and shapes on the real sets where they are at hand, edges on made-up files."""

from __future__ import annotations

import os
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.data import catalog, pin
from common.data.as_dataset import as_dataset
from common.data.idx import idx_bytes, read_idx
from common.data.images import load_images, load_torchvision
from common.data.labelled import load_labelled
from common.data.text import Characters, Text, load_text, split
from common.data.translation import load_pairs
from common.errors import UserError


@pytest.fixture
def at_hand(tmp_path, monkeypatch):
    """Gives the name back; skips unless the set lies in data/ or the mirror: no downloads."""

    def check(name: str) -> str:
        if pin.state(catalog.get(name)) != "right":
            if not catalog.get(name).embedded and not os.environ.get("PAPERS_DATA_MIRROR"):
                pytest.skip(f"{name} is neither in data/ nor in a mirror")
            monkeypatch.setenv("PAPERS_DATA", str(tmp_path))
        return name

    return check


def test_tiny_shakespeare(at_hand):
    text = load_text(at_hand("tinyshakespeare"))
    assert len(text.text) == 1_115_394 and text.stand_in_for is None
    vocabulary = Characters(text.text)
    assert len(vocabulary) == 65
    assert vocabulary.decode(vocabulary.encode(text.text)) == text.text
    assert [len(part) for part in split(text)] == [1_003_855, 55_769, 55_770]


def test_multi30k(at_hand):
    pairs = load_pairs(at_hand("multi30k"))
    assert [len(part) for part in pairs.splits().values()] == [29_000, 1_014, 1_000]
    assert pairs.train[0][0] == "Two young, White males are outside near many bushes."
    assert pairs.test[0][0] == "A man in an orange hat starring at something."


def test_sst2(at_hand):
    examples = load_labelled(at_hand("sst2"))
    assert [len(part) for part in examples.splits().values()] == [6_920, 872, 1_821]
    assert {label for _, label in examples.train} == {0, 1}
    assert examples.test[-1] == ("but here 's the real damn it is n't funny , either", 0)


def test_local_sets_as_hugging_face_datasets(at_hand):
    pytest.importorskip("datasets")
    found = as_dataset(at_hand("sst2"))
    assert found["validation"].num_rows == 872 and found["train"].column_names == ["text", "label"]
    pairs = as_dataset(at_hand("multi30k"))
    assert pairs["test"].num_rows == 1_000 and pairs["test"].column_names == ["en", "de"]
    with pytest.raises(UserError, match="of kind images"):
        as_dataset("digits")


def test_fashion_mnist(at_hand):
    images = load_images(at_hand("fashion_mnist"))
    assert images.train.shape == (60_000, 28, 28) and images.test.shape == (10_000, 28, 28)
    assert np.bincount(images.train_labels).tolist() == [6_000] * 10
    assert len(images.classes) == 10


def test_digits_come_from_the_installed_package(tmp_path, monkeypatch):
    pytest.importorskip("sklearn")
    monkeypatch.setenv("PAPERS_DATA", str(tmp_path))
    monkeypatch.delenv("PAPERS_DATA_MIRROR", raising=False)
    images = load_images("digits", report=lambda line: None)
    assert images.train.shape == (1_500, 8, 8) and images.test.shape == (297, 8, 8)
    assert images.train.max() == 255 and images.train.dtype == np.uint8
    carried = pytest.importorskip("sklearn.datasets").load_digits()
    assert np.array_equal(images.test_labels, carried.target[1_500:])
    assert np.array_equal(images.train[0], (carried.images[0] * 255 // 16).astype(np.uint8))


def test_names_that_are_no_text():
    with pytest.raises(UserError, match="Did you mean 'tinyshakespeare'"):
        load_text("tinyshakespear")
    with pytest.raises(UserError, match="'sst2' is of kind labelled"):
        load_text("sst2")


@given(st.text(min_size=3))
def test_split_loses_nothing(text):
    parts = split(text, (0.8, 0.1, 0.1))
    assert "".join(parts) == text


def test_split_keeps_a_sets_own_bounds():
    text = Text("x", "0" * 64, None, "aaaabbc", bounds=(4, 6))
    assert split(text) == ("aaaa", "bb", "c")
    with pytest.raises(UserError, match="sum to 1"):
        split(text, (0.9, 0.2, 0.1))


@given(st.text(alphabet=st.characters(codec="utf-8"), min_size=1))
def test_characters_round_trip(text):
    vocabulary = Characters(text)
    ids = vocabulary.encode(text)
    assert ids.dtype == np.int64 and ids.shape == (len(text),)
    assert vocabulary.decode(ids) == text


def test_characters_refuse_or_replace_strangers():
    with pytest.raises(UserError, match="'é' is not in the vocabulary of 3"):
        Characters("abc").encode("abé")
    lenient = Characters("abc", unknown="?")
    assert lenient.decode(lenient.encode("aéb")) == "a?b"
    with pytest.raises(UserError, match="7 is not in the vocabulary"):
        Characters("abc").decode([0, 7])
    with pytest.raises(UserError, match="-1 is not"):
        Characters("abc").decode([-1])


def test_idx_files_are_checked(tmp_path):
    path = tmp_path / "images-idx3-ubyte"
    pixels = np.arange(24, dtype=np.uint8)
    head = b"\0\0\x08\x03" + struct.pack(">3I", 2, 3, 4)
    path.write_bytes(head + pixels.tobytes())
    assert np.array_equal(read_idx(path), pixels.reshape(2, 3, 4))
    assert idx_bytes(pixels.reshape(2, 3, 4)) == path.read_bytes()
    broken = {
        "header says": head + pixels.tobytes()[:-1],
        "within its header": head[:9],
        "not an IDX": b"\0\0\x0d\x01" + bytes(8),
    }
    for words, content in broken.items():
        path.write_bytes(content)
        with pytest.raises(UserError, match=words):
            read_idx(path)


@pytest.mark.slow  # imports torch and torchvision
def test_torchvision_loads_whatever_its_build():
    pytest.importorskip("torch")
    torchvision = load_torchvision()
    assert load_torchvision() is torchvision
    weights = torchvision.models.resnet18().state_dict()
    assert weights["conv1.weight"].shape == (64, 3, 7, 7)
