"""Translations and alignments from a checkpoint, against the exam's own search and the nets."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from common.ask.checkpoint import read_checkpoint
from common.ask.generation import generate, write
from common.ask.translating import DEFAULTS
from common.ask.writer import Settings
from common.commands.doors import doors
from common.exams.pairs import BEGIN
from common.exams.search import ALPHA, EXTRA, translate
from common.exams.translation import Evaluated
from common.paper import room
from papers.bahdanau_attention.task import Exam
from papers.bahdanau_attention.version1 import model as model1
from papers.bahdanau_attention.version2 import model as model2
from tests.translation import pairs_file

MODELS = {"version1": model1, "version2": model2}
SIZES = {
    "version1": {"hidden": 12, "width": 10, "places": 12},
    "version2": {"hidden": 12, "width": 10, "aligned": 8, "maxout": 14},
}
PROMPTS = ["dogs see", "One two cats see dogs", "see"]
HOME = room("bahdanau_attention")
VERSIONS = pytest.mark.parametrize("version", sorted(MODELS))


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return pairs_file(tmp_path_factory.mktemp("pairs"))


def net_of(version, symbols):
    """Random weights, larger than at the start of training."""
    model = MODELS[version]
    torch.manual_seed(0)
    net = model.Search(model.Config(**SIZES[version]), symbols)
    with torch.no_grad():
        for p in net.parameters():
            p.normal_(std=0.7)
    return net.eval()


def checkpoint_of(version, data, folder):
    """A checkpoint of random weights, and the net that has them."""
    net = net_of(version, Exam(data).symbols)
    tensors = {f"model.{name}": w.clone() for name, w in net.state_dict().items()}
    save_file(tensors, folder / "weights.safetensors")
    digest = hashlib.sha256(Path(data).read_bytes()).hexdigest()
    told = {"paper": HOME.name, "variant": version, "version": version, "config": SIZES[version]}
    told |= {"dataset": {"name": "pairs.tsv", "sha256": digest}, "seed": 0}
    (folder / "model.json").write_text(json.dumps(told))
    return read_checkpoint(HOME, folder, data), net


@VERSIONS
@pytest.mark.parametrize("beam", [1, 4])
def test_a_checkpoint_translates_as_its_net_does(version, beam, data, tmp_path):
    checkpoint, net = checkpoint_of(version, data, tmp_path)
    exam, found = Exam(data), []
    writer = checkpoint.writer(HOME.module(f"{version}.ask"))
    for prompt in PROMPTS:
        source = np.array([exam.tokens(prompt.lower())])
        (row,) = translate(Evaluated(net), source, beam)
        found.append(exam.decode(row))
        settings = Settings(max_tokens=source.shape[1] + EXTRA, beam=beam, length_penalty=ALPHA)
        assert generate(writer, [prompt], settings) == found[-1:]
    assert len(set(found)) > 1


@VERSIONS
def test_an_alignment_is_the_nets_own(version, data, tmp_path):
    checkpoint, net = checkpoint_of(version, data, tmp_path)
    writer, exam = checkpoint.writer(HOME.module(f"{version}.ask")), Exam(data)
    (found,) = writer.attend(PROMPTS[0])
    source, (row,) = exam.tokens(PROMPTS[0]), write(writer, PROMPTS[:1], DEFAULTS)
    assert len(found.keys) == len(source)
    assert len(found.queries) == len(row) + 1  # and what begins it
    given = torch.tensor([source]), torch.tensor([[BEGIN, *row]])
    with torch.no_grad():
        weights = net.write(*given)[1]
    np.testing.assert_allclose(found.weights, weights.numpy(), atol=1e-6)


@VERSIONS
def test_a_version_is_asked_to_translate_and_where_it_looks(version):
    assert doors(HOME, version) == ["generate", "chat", "translate", "attend"]
