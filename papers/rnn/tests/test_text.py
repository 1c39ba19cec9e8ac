"""Text from a checkpoint: what the carried state gives is what reading everything again gives."""

import hashlib
import json

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from common.checkpoint import read_checkpoint
from common.errors import UserError
from common.generation import Settings, generate, stream
from common.paper import rooms
from papers.rnn.task import Exam
from papers.rnn.version1 import model as version1
from papers.rnn.version2 import model as version2

HOME = rooms()["rnn"]
TEXT = "To be, or not to be: that is the question.\nWhether 'tis nobler\n" * 40


def weights(version, symbols):
    """Random ones, by the names that training gives them."""
    if version == "version1":
        drawn = version1.initialise(version1.Config(hidden=9), symbols, np.random.default_rng(0))
        return {name: torch.as_tensor(40 * w) for name, w in drawn.items()}
    torch.manual_seed(0)
    net = version2.RNN(version2.Config(hidden=9), symbols)
    return {f"model.{name}": 3 * w for name, w in net.state_dict().items()}


@pytest.fixture
def make(tmp_path):
    """make(version, changes of the tensors, **config) -> checkpoint."""
    data = tmp_path / "own.txt"
    data.write_text(TEXT)

    def made(version, tensors=None, text=data, dtype="float32", **config):
        told = {
            "paper": "rnn",
            "variant": version,
            "version": version,
            "config": {"hidden": 9, **config},
            "dataset": {"name": "own.txt", "sha256": hashlib.sha256(TEXT.encode()).hexdigest()},
            "seed": 0,
        }
        save_file(
            {**weights(version, Exam(str(data)).symbols), **(tensors or {})},
            tmp_path / "weights.safetensors",
        )
        (tmp_path / "model.json").write_text(json.dumps(told))
        return read_checkpoint(HOME, tmp_path, text and str(text), dtype)

    return made


def written(make, version):
    return make(version).writer(HOME.module(f"{version}.text"))


@pytest.mark.parametrize("version", ["version1", "version2"])
def test_state_and_batch_give_the_text_of_the_plain_loop(make, version):
    writer = written(make, version)
    prompts, settings = ["To be", "not to", "", "or not to be", "quest"], Settings(60, 0)
    plain = []
    for prompt in prompts:
        tokens = list(writer.encode(prompt))
        for _ in range(60):
            tokens.append(int(writer.next(np.array([tokens]), None)[0].argmax()))
        plain.append(writer.decode(tokens[-60:]))
    assert len(set("".join(plain))) > 3
    assert generate(writer, prompts, settings) == plain
    assert ["".join(stream(writer, p, settings)) for p in prompts] == plain


def test_drawing_in_a_batch_is_drawing_alone(make):
    writer = written(make, "version2")
    both = generate(writer, ["To be", "Whether 'tis"], Settings(40, seed=3))
    alone = [
        generate(writer, [p], Settings(40, seed=s)) for p, s in (("To be", 3), ("Whether 'tis", 4))
    ]
    assert [[text] for text in both] == alone


def test_an_unknown_character_is_named(make):
    with pytest.raises(UserError, match="'é'"):
        generate(written(make, "version2"), ["é"], Settings(1))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"hidden": 10}, "w_xh has the sizes"),
        ({"hidden": 10**9}, "sizes"),
        ({"hidden": "x"}, "hidden must be"),
        ({"tensors": {"model.b_h": torch.full((9,), float("nan"))}}, "diverged"),
        ({"tensors": {"model.b_h": torch.zeros(4)}}, "b_h has the sizes"),
        ({"text": None}, "--data"),
    ],
)
def test_a_checkpoint_that_does_not_fit_is_refused(make, change, said):
    with pytest.raises(UserError, match=said):
        make("version2", **change).writer(HOME.module("version2.text"))


def test_another_text_is_refused(make, tmp_path):
    (tmp_path / "other.txt").write_text(TEXT.upper())
    with pytest.raises(UserError, match="not the text"):
        make("version2", text=tmp_path / "other.txt")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("model.json", b"{", "damaged"),
        ("model.json", b"[]", "damaged"),
        ("model.json", b'{"paper": "gru"}', "damaged"),
        ("weights.safetensors", b"x" * 40, "damaged"),
        ("weights.safetensors", b"\xff" * 8 + b"{}", "damaged"),
        ("weights.safetensors", None, "no weights"),
        ("model.json", None, "no model.json"),
    ],
)
def test_damaged_files_are_named(make, tmp_path, name, content, said):
    make("version2")
    path = tmp_path / name
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(UserError, match=said):
        read_checkpoint(HOME, tmp_path, str(tmp_path / "own.txt"))


def test_a_checkpoint_of_another_paper_is_refused(make, tmp_path):
    make("version2")
    told = json.loads((tmp_path / "model.json").read_text())
    (tmp_path / "model.json").write_text(json.dumps({**told, "paper": "lstm"}))
    with pytest.raises(UserError, match="'lstm'"):
        read_checkpoint(HOME, tmp_path, str(tmp_path / "own.txt"))


def test_a_dtype_that_cannot_be_is_refused(make):
    with pytest.raises(UserError, match="Did you mean 'bfloat16'"):
        make("version2", dtype="bf16")
    with pytest.raises(UserError, match="does without torch"):
        make("version1", dtype="bfloat16")
    assert make("version2", dtype="bfloat16").dtype == torch.bfloat16
