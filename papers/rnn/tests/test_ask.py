"""Text from a checkpoint: what the carried state gives is what reading everything again gives."""

import hashlib
import json
import os
import re

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from common.ask.checkpoint import read_checkpoint
from common.ask.generation import generate, stream
from common.ask.writer import Settings
from common.commands.doors import doors
from common.commands.weights import weights
from common.data.catalog import files_sha256, get
from common.errors import UserError
from common.paper import Room, rooms
from papers.rnn.task import Exam
from papers.rnn.version1 import model as version1
from papers.rnn.version2 import model as version2

HOME = rooms()["rnn"]
TEXT = "To be, or not to be: that is the question.\nWhether 'tis nobler\n" * 40


def tensors(version, symbols):
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

    def made(version, changed=None, text=data, dtype="float32", **config):
        told = {
            "paper": "rnn",
            "variant": version,
            "version": version,
            "config": {"hidden": 9, **config},
            "dataset": {
                "name": "file:own.txt",
                "sha256": hashlib.sha256(TEXT.encode()).hexdigest(),
            },
            "seed": 0,
        }
        save_file(
            {**tensors(version, Exam(str(data)).symbols), **(changed or {})},
            tmp_path / "weights.safetensors",
        )
        (tmp_path / "model.json").write_text(json.dumps(told))
        return read_checkpoint(HOME, tmp_path, text and str(text), dtype)

    return made


def written(make, version):
    return make(version).writer(HOME.module(f"{version}.ask"))


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


def test_an_rnn_has_no_attention(make):
    assert written(make, "version2").attend is None and doors(HOME) == ["generate", "chat"]


def test_an_unknown_character_is_named(make):
    with pytest.raises(UserError, match="'é'"):
        generate(written(make, "version2"), ["é"], Settings(1))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"hidden": 10}, "w_xh has the sizes"),
        ({"hidden": 10**9}, "sizes"),
        ({"hidden": "x"}, "hidden must be"),
        ({"changed": {"model.b_h": torch.full((9,), float("nan"))}}, "diverged"),
        ({"changed": {"model.b_h": torch.zeros(4)}}, "b_h has the sizes"),
        ({"text": None}, "--data"),
    ],
)
def test_a_checkpoint_that_does_not_fit_is_refused(make, change, said):
    with pytest.raises(UserError, match=said):
        make("version2", **change).writer(HOME.module("version2.ask"))


def test_another_text_is_refused(make, tmp_path):
    (tmp_path / "other.txt").write_text(TEXT.upper())
    with pytest.raises(UserError, match=r"not the text .* that was 'own.txt'.*--checkpoint"):
        make("version2", text=tmp_path / "other.txt")
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "own.txt").write_text(TEXT.upper())
    with pytest.raises(UserError, match="another of that name"):
        make("version2", text=tmp_path / "new" / "own.txt")


@pytest.fixture
def trained(tmp_path, monkeypatch):
    """trained(folder, dataset's name, text): a model.json there, each newer than those before.

    Without a text it was trained on the catalogue's set of that name.
    """
    for file in ("papers/__main__.py", "papers/rnn/version2/ask.py", "common/__init__.py"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    monkeypatch.chdir(tmp_path)
    times = iter(range(10))

    def train(folder, name, text=""):
        path = tmp_path / folder / "checkpoints" / "version2" / "model.json"
        path.parent.mkdir(parents=True)
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        if not text:
            sha256 = files_sha256(get(name).files)
        dataset = {"name": name, "sha256": sha256}
        told = {"paper": "rnn", "variant": "version2", "version": "version2", "config": {}}
        path.write_text(json.dumps({**told, "dataset": dataset, "seed": 0}))
        os.utime(path, (next(times),) * 2)
        return path.parent

    return train


def test_weights_are_those_of_the_given_text(trained, tmp_path):
    home, mine = Room("rnn", tmp_path / "papers" / "rnn"), tmp_path / "mine.txt"
    mine.write_text(TEXT)
    with pytest.raises(
        UserError, match=r"no weights here that learned from .*mine.txt\. .*--train"
    ):
        weights(home, None, str(mine))
    usual = trained("local/rnn/a", "tinyshakespeare")
    assert weights(home, None, str(mine)) == usual  # reading it says that it does not fit
    trained("local/rnn/b", "mine.txt", TEXT)
    newer = trained("local/rnn/c", "mine.txt", TEXT)
    assert weights(home, None) == usual
    trained("local/rnn/d", "tinyshakespeare", TEXT.upper())  # a file may be called so
    usual = trained("local/rnn/e", "tinyshakespeare")
    assert weights(home, None) == usual
    assert weights(home, None, str(mine)) == newer
    own = trained("papers/rnn", "tinyshakespeare")
    assert weights(home, None) == own
    assert weights(home, None, str(mine)) == newer


def test_weights_of_a_users_text_are_taken_where_there_are_no_others(trained, tmp_path):
    only = trained("local/rnn/a", "mine.txt", TEXT)
    assert weights(Room("rnn", tmp_path / "papers" / "rnn"), None) == only


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


@pytest.mark.parametrize("folder", ["nowhere/at/all", "own.txt"])
def test_what_is_no_checkpoint_is_named_as_it_was_given(make, tmp_path, folder):
    make("version2")
    with pytest.raises(UserError, match=f"^{re.escape(str(tmp_path / folder))} is no checkpoint"):
        read_checkpoint(HOME, tmp_path / folder)


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
