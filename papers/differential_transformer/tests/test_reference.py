"""The layers beside transformers' and torch's, and whether the comparison would notice."""

from importlib.util import find_spec

import pytest
import torch

from common.evidence.deviations import find_deviation, injected
from common.evidence.measuring import worst
from common.paper import room
from papers.differential_transformer.evidence import measures, twins
from papers.differential_transformer.version1 import model as model1
from papers.differential_transformer.version2 import model

needs_transformers = pytest.mark.skipif(
    find_spec("transformers") is None, reason="transformers is not installed"
)


@needs_transformers
@pytest.mark.parametrize("maps", [1, 2])
def test_scores_loss_and_gradients_are_those_of_transformers(maps):
    assert worst(twins.pairs(maps)) <= 1e-5


@needs_transformers
@pytest.mark.parametrize(
    "name", ["late_lambda", "unscaled_heads", "paired_across", "split_features", "no_head_norm"]
)
def test_the_comparison_notices_a_deviation(name):
    with injected(model, find_deviation(room("differential_transformer"), name)):
        assert worst(twins.pairs()) > 1e-3


@needs_transformers
@pytest.mark.parametrize("step", ["in_halves", "pairs_apart"])
def test_both_layouts_differ(monkeypatch, step):
    """Without one of the two reorderings the same weights are another model there."""
    monkeypatch.setattr(twins, step, twins.same)
    assert worst(twins.pairs()) > 1e-3


def test_a_layer_is_four_calls_of_fused_attention():
    assert measures.four_fused_calls().worst <= 1e-5


@pytest.mark.parametrize("name", ["paired_across", "unscaled_heads", "softmax_of_difference"])
def test_the_four_calls_notice_a_deviation(name):
    with injected(model, find_deviation(room("differential_transformer"), name)):
        assert measures.four_fused_calls().worst > 1e-3


@pytest.mark.parametrize(
    "measure",
    [
        measures.parameters,
        measures.first_lambdas,
        measures.rows_sum,
        measures.shared_noise_cancels,
        measures.heads_are_normalised,
    ],
)
def test_exact_claims(measure):
    found = measure()
    assert abs(found.value - found.expected) <= found.tolerance


@pytest.mark.parametrize(
    ("name", "measure"),
    [
        ("heads_not_halved", measures.parameters),
        ("late_lambda", measures.first_lambdas),
        ("softmax_of_difference", measures.rows_sum),
        ("softmax_of_difference", measures.shared_noise_cancels),
        ("unscaled_heads", measures.heads_are_normalised),
    ],
)
def test_exact_claims_notice_a_deviation(name, measure):
    with injected(model, find_deviation(room("differential_transformer"), name)):
        found = measure()
        assert abs(found.value - found.expected) > found.tolerance


def test_version1_is_version2_with_its_slips():
    """Split features, lambda itself, no gain: the same scores with the same weights."""
    sizes = {"d_model": 24, "heads": 3, "layers": 2}
    torch.manual_seed(0)
    old = model1.DiffTransformer(model1.Config(**sizes), 7)
    paper = room("differential_transformer")
    tokens = torch.randint(7, (2, 9))
    with injected(model, find_deviation(paper, "late_lambda")):
        with injected(model, find_deviation(paper, "split_features")):
            new = model.DiffTransformer(model.Config(**sizes, multiple=1), 7)
            copy(old, new)
            assert torch.allclose(old(tokens), new(tokens), atol=1e-4)
            maps = [w for _, w, _ in new.look(tokens)]
    for (_, mine, _), other in zip(old.look(tokens), maps, strict=True):
        assert torch.allclose(mine, other, atol=1e-4)
    right = model.DiffTransformer(model.Config(**sizes, multiple=1), 7)
    copy(old, right)
    assert not torch.allclose(old(tokens), right(tokens), atol=1e-2)


@torch.no_grad()
def copy(old, new):
    new.embedding.weight.copy_(old.embedding)
    new.norm.weight.copy_(old.norm.gain)
    new.head.weight.copy_(old.head.T)
    for mine, other in zip(old.blocks, new.blocks, strict=True):
        a, b = mine.attention, other.attention
        b.qkv.weight.copy_(torch.cat([a.w_q.T, a.w_k.T, a.w_v.T]))
        b.out.weight.copy_(a.w_o.T)
        for p in (b.lambda_q1, b.lambda_q2):
            p.zero_()
        other.feed.w1.weight.copy_(mine.feed.w_g.T)
        other.feed.w3.weight.copy_(mine.feed.w_1.T)
        other.feed.w2.weight.copy_(mine.feed.w_2.T)
        other.norm_1.weight.copy_(mine.norms[0].gain)
        other.norm_2.weight.copy_(mine.norms[1].gain)
