"""Translations from a checkpoint, against the exam's own search and the nets."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from common.ask.checkpoint import read_checkpoint
from common.ask.generation import generate
from common.ask.writer import Settings
from common.commands.doors import doors
from common.exams.search import ALPHA, EXTRA, translate
from common.exams.translation import Evaluated
from common.paper import room
from papers.seq2seq.task import Exam
from papers.seq2seq.version1 import model as model1
from papers.seq2seq.version2 import model as model2
from tests.translation import pairs_file

MODELS = {"version1": model1, "version2": model2}
SIZES = {"hidden": 12, "layers": 2, "width": 10}
PROMPTS = ["dogs see", "One two cats see dogs", "see"]
VERSIONS = pytest.mark.parametrize("version", sorted(MODELS))


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return pairs_file(tmp_path_factory.mktemp("pairs"))


def net_of(version, symbols):
    """Random weights, larger than at the start of training."""
    model = MODELS[version]
    torch.manual_seed(0)
    net = model.Seq2Seq(model.Config(**SIZES), symbols)
    with torch.no_grad():
        for p in net.parameters():
            p.normal_(std=0.7)
    return net.eval()


@VERSIONS
@pytest.mark.parametrize("beam", [1, 4])
def test_a_checkpoint_translates_as_its_net_does(version, beam, data, tmp_path):
    exam = Exam(data)
    net = net_of(version, exam.symbols)
    save_file(
        {f"model.{name}": w.clone() for name, w in net.state_dict().items()},
        tmp_path / "weights.safetensors",
    )
    digest = hashlib.sha256(Path(data).read_bytes()).hexdigest()
    dataset = {"name": "pairs.tsv", "sha256": digest}
    told = {"paper": "seq2seq", "variant": version, "version": version, "config": SIZES}
    (tmp_path / "model.json").write_text(json.dumps(told | {"dataset": dataset, "seed": 0}))
    home = room("seq2seq")
    checkpoint = read_checkpoint(home, tmp_path, data)
    writer, found = checkpoint.writer(home.module(f"{version}.ask")), []
    for prompt in PROMPTS:
        source = np.array([exam.tokens(prompt.lower())])
        (row,) = translate(Evaluated(net), source, beam)
        found.append(exam.decode(row))
        settings = Settings(max_tokens=source.shape[1] + EXTRA, beam=beam, length_penalty=ALPHA)
        assert generate(writer, [prompt], settings) == found[-1:]
    assert len(set(found)) > 1


@VERSIONS
def test_a_version_is_asked_to_translate(version):
    assert doors(room("seq2seq"), version) == ["generate", "chat", "translate"]
