"""Weights pass as a paper's, or as those of a user's text, by the bytes that they learned from."""

import hashlib
import json
import os

import pytest

from common.commands.weights import weights
from common.data.catalog import files_sha256, get
from common.errors import UserError
from common.paper import Room

TEXT = "To be, or not to be: that is the question.\nWhether 'tis nobler\n" * 40


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


def test_weights_of_another_set_are_taken_where_it_is_named(trained, tmp_path):
    home = Room("rnn", tmp_path / "papers" / "rnn")
    usual = trained("local/rnn/a", "tinyshakespeare")
    other = trained("local/rnn/b", "shakespeare_plays")  # newer, and not what the paper learns from
    assert weights(home, None) == weights(home, None, "tinyshakespeare") == usual
    assert weights(home, None, "shakespeare_plays") == other
