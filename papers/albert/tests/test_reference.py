"""Our networks beside transformers', and published weights."""

import pytest
import torch

from common.evidence.deviations import find_deviation, injected
from common.paper import room
from papers.albert.evidence import measures, twins
from papers.albert.version2 import model as model2

pytest.importorskip("transformers")


def test_both_versions_are_transformers():
    assert twins.worst_of_version2() <= 1e-5
    assert twins.worst_of_version2(num_hidden_layers=1, num_attention_heads=8) <= 1e-5
    assert twins.worst_of_version1() <= 1e-5
    assert twins.worst_of_classifier() <= 1e-5


def test_the_comparison_notices_another_gelu():
    with injected(model2, find_deviation(room("albert"), "exact_gelu")):
        assert twins.worst_of_version2() > 1e-4


def test_the_comparison_notices_a_depth_too_many(monkeypatch):
    real = model2.load_published
    monkeypatch.setattr(model2, "load_published", lambda w, heads, n: real(w, heads, n + 1))
    assert twins.worst_of_version2() > 1e-4


def test_the_counts_are_those_of_transformers():
    for size, (layers, d) in measures.SIZES.items():
        config = twins.library().AlbertConfig(
            vocab_size=30_000, hidden_size=d, num_hidden_layers=layers, intermediate_size=4 * d,
            num_attention_heads=d // 64,
        )  # fmt: skip
        with torch.device("meta"):
            theirs = twins.library().AlbertModel(config)
        found = sum(p.numel() for p in theirs.parameters())
        assert found == measures.parameters(size) == measures.COUNTS[size]


@pytest.fixture
def weights():
    return dict(twins.theirs().state_dict())


def test_weights_load_with_and_without_their_prefix_and_heads(weights):
    ours = model2.load_published(weights, twins.HEADS, twins.LAYERS)
    heads = ("predictions", "sop_classifier")
    bare = {n.removeprefix("albert."): w for n, w in weights.items() if not n.startswith(heads)}
    bare["embeddings.position_ids"] = torch.arange(twins.LENGTH)
    other = model2.load_published(bare, twins.HEADS, twins.LAYERS)
    tokens = twins.examples()[0]
    assert torch.equal(ours.encode(tokens), other.encode(tokens))


LAYER = "albert.encoder.albert_layer_groups.0.albert_layers.0"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda w: w.pop(f"{LAYER}.ffn_output.bias"), "ffn_output.bias"),
        (lambda w: w.update({"albert.strange": torch.ones(2)}), "strange"),
        (lambda w: w.pop("albert.embeddings.word_embeddings.weight"), "word_embeddings"),
        (lambda w: w.pop("albert.encoder.embedding_hidden_mapping_in.bias"), "mapping_in|size"),
        (lambda w: w.update({LAYER.replace("s.0", "s.1", 1) + ".ffn.bias": torch.ones(2)}), "s.1"),
    ],
)
def test_weights_that_do_not_fit_are_refused_by_name(weights, change, words):
    change(weights)
    with pytest.raises((ValueError, RuntimeError), match=words):
        model2.load_published(weights, twins.HEADS, twins.LAYERS)
