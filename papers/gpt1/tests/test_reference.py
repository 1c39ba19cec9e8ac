"""The nets against transformers' OpenAIGPT and GPT-2, and published weights."""

from importlib.util import find_spec

import pytest
import torch

from papers.gpt1.evidence import measures, twins
from papers.gpt1.version2 import model as model2
from papers.gpt1.version2.published import load_published

needs_transformers = pytest.mark.skipif(
    find_spec("transformers") is None, reason="transformers is not installed"
)


@needs_transformers
def test_version2_is_the_published_model():
    assert twins.worst_of_version2() < 2e-6
    assert twins.worst_of_version2(n_layer=3, n_head=2, n_embd=24) < 2e-6


@needs_transformers
def test_the_head_is_that_of_padded_rows():
    assert twins.worst_of_head() < 2e-6


@needs_transformers
def test_version1_is_gpt2_with_the_exact_gelu():
    assert twins.worst_of_version1() < 2e-6


@needs_transformers
def test_a_difference_would_be_noticed(monkeypatch):
    monkeypatch.setattr(model2, "gelu", torch.nn.functional.gelu)
    assert twins.worst_of_version2() > 1e-5
    monkeypatch.undo()
    monkeypatch.setattr(model2, "answered", lambda h, lengths: h[:, -1])
    assert twins.worst_of_head() > 1e-3


@pytest.mark.parametrize(
    "claim",
    [
        measures.parameters,
        measures.extra_parameters,
        measures.input_forms,
        measures.head_is_the_embedding,
        measures.the_future_changes_nothing,
        measures.padding_changes_nothing,
        measures.cache_equals_no_cache,
    ],
)
def test_what_needs_no_training_holds(claim):
    found = claim()
    if isinstance(found.value, str):
        assert found.value == found.expected
    else:
        assert abs(found.value - found.expected) <= found.tolerance


@pytest.fixture
def weights():
    net = twins.randomised(model2.GPT1(model2.Config(context=6, d_model=16, heads=2, layers=2), 9))
    return {name: p.detach() for name, p in net.named_parameters()}


def test_weights_load_with_and_without_their_prefix_and_buffers(weights):
    mask = {"h.0.attn.bias": torch.ones(1, 1, 6, 6), "position_ids": torch.arange(6)}
    for named in (weights | mask, {f"transformer.{n}": w for n, w in weights.items()}):
        head = {"lm_head.weight": weights["tokens_embed.weight"]}
        named = {n.replace("transformer.w_y", "score.weight"): w for n, w in named.items()}
        loaded = load_published({**named, **head}, heads=2)
        assert all(torch.equal(p, weights[n]) for n, p in loaded.named_parameters())
        assert not loaded.training and loaded.config.context == 6


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda w: w.pop("h.1.mlp.c_fc.bias"), r"h\.1\.mlp\.c_fc\.bias"),
        (lambda w: w.update({"h.0.strange": torch.ones(2)}), r"h\.0\.strange"),
        (lambda w: w.update({"h.0.ln_1.bias": torch.ones(3)}), "must be"),
        (lambda w: w.update({"lm_head.weight": w["tokens_embed.weight"] + 1}), "tied"),
        (lambda w: w.pop("tokens_embed.weight"), r"tokens_embed\.weight"),
        (lambda w: w.update({"positions_embed.weight": torch.ones(3)}), "positions_embed"),
    ],
)
def test_weights_that_do_not_fit_are_refused_by_name(weights, change, words):
    change(weights)
    with pytest.raises(ValueError, match=words):
        load_published(weights, heads=2)


def test_the_number_of_heads_is_guessed_for_no_width_but_the_published(weights):
    with pytest.raises(ValueError, match=r"number of heads: give it \(d_model is 16\)"):
        load_published(weights)
