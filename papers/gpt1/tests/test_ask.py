"""What the doors give: probabilities of classes, and text that goes on, also of a user's text."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from common.ask.checkpoint import read_checkpoint
from common.ask.generation import generate
from common.ask.writer import Settings
from common.commands.doors import doors
from common.data.own import read_own
from common.errors import UserError
from common.paper import rooms
from papers.gpt1.task import Exam
from tests.exams import parts_of
from tests.sentiment import encyclopedia, place_reviews

HOME = rooms()["gpt1"]
SIZES = {"merges": 60, "context": 12, "d_model": 16, "heads": 2, "layers": 2}
VERSIONS = pytest.mark.parametrize("version", ["version1", "version2"])


@pytest.fixture
def checkpoint(tmp_path, monkeypatch):
    """checkpoint(version) with random weights, pre-trained on the user's own file."""
    place_reviews(parts_of("gpt1"), tmp_path, monkeypatch)
    monkeypatch.undo()  # the text is the user's: its loader is the real one
    data = place_labelled(parts_of("gpt1"), monkeypatch)
    own = tmp_path / "own.txt"
    own.write_text(encyclopedia(), encoding="utf-8")
    sha256 = read_own(str(own))[1]

    def made(version, given=str(own)):
        model = HOME.module(f"{version}.model")
        config = model.Config(**SIZES)
        exam = Exam(data, str(own), config)
        torch.manual_seed(0)
        net = (model.GPT if version == "version1" else model.GPT1)(config, exam.symbols)
        told = {
            "paper": "gpt1", "variant": version, "version": version, "config": SIZES, "seed": 0,
            "dataset": {"name": "sst2", "sha256": "0" * 64},
            "more_data": {"pretrain": {"name": "file:own.txt", "sha256": sha256}},
        }  # fmt: skip
        named = {f"model.{name}": 9 * w.contiguous() for name, w in net.state_dict().items()}
        save_file(named, tmp_path / "weights.safetensors")
        (tmp_path / "model.json").write_text(json.dumps(told))
        return read_checkpoint(HOME, tmp_path, given)

    return made


def place_labelled(parts, monkeypatch):
    """In the place of SST-2, for the exam and for what looks after its bytes."""
    from common.data.labelled import Labelled
    from common.exams import sentiment

    made = Labelled("sst2", "0" * 64, None, **parts)
    monkeypatch.setattr(sentiment, "load_labelled", lambda name, report: made)
    monkeypatch.setattr("common.ask.origins.ensure", lambda name, **rest: made)
    return "sst2"


@VERSIONS
def test_a_text_gets_a_probability_for_each_class(checkpoint, version):
    assert doors(HOME, version) == ["generate", "chat", "classify"]
    classifier, _ = HOME.module(f"{version}.ask").load(checkpoint(version))
    p = classifier.classify("A fine film!")
    assert sum(p) == pytest.approx(1) and len(classifier.labels) == len(p) == 2
    assert p == pytest.approx(classifier.classify("a fine film !"))
    assert p != pytest.approx(classifier.classify("dull"), abs=1e-4)
    with pytest.raises(UserError, match="no word"):
        classifier.classify("...")


@VERSIONS
def test_a_text_goes_on_as_the_net_reads_it(checkpoint, version):
    _, writer = HOME.module(f"{version}.ask").load(checkpoint(version))
    tokens = writer.encode("the film is fine")
    whole, _ = writer.next(np.array([tokens]), None)
    state, last = None, None
    for token in tokens:
        last, state = writer.next(np.array([[token]]), state)
    assert np.asarray(last) == pytest.approx(np.asarray(whole), abs=1e-4)
    (text,) = generate(writer, ["the film"], Settings(max_tokens=40, seed=1))
    assert len(text) > 20


def test_weights_of_another_text_are_refused(checkpoint, tmp_path):
    other = tmp_path / "other.txt"
    other.write_text(encyclopedia(seed=1), encoding="utf-8")
    with pytest.raises(UserError, match="not what this model was trained on"):
        checkpoint("version2", str(other))
    with pytest.raises(UserError, match="name it with --data"):
        checkpoint("version2", None)
