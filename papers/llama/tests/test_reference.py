"""The nets against transformers' LLaMA, and the versions against each other."""

from importlib.util import find_spec

import pytest
import torch

from common.evidence.deviations import find_deviation, injected
from common.paper import room
from papers.llama.evidence import measures, twins
from papers.llama.version1 import model as model1
from papers.llama.version2 import model as model2

pytestmark = pytest.mark.skipif(
    find_spec("transformers") is None, reason="transformers is not installed"
)
SIZES = {"context": twins.CONTEXT, "d_model": 32, "heads": 4, "layers": 2, "multiple": 88}


def test_version2_has_the_scores_loss_and_gradients_of_transformers():
    assert twins.worst() <= 1e-5


@pytest.mark.parametrize("size", measures.TABLE2)
def test_every_published_depth_and_number_of_heads(size):
    layers, _, heads = measures.TABLE2[size]
    assert twins.worst(layers, heads, 2 * heads, 6 * heads, scale=0.05) <= 1e-5


def test_its_cache_gives_what_theirs_gives():
    assert twins.worst_of_decoding() <= 1e-5


def test_files_of_both_layouts_load():
    assert twins.worst_of_files() <= 1e-5


@pytest.mark.parametrize(
    ("deviation", "measure"),
    [
        ("mixed_layouts", twins.worst),
        ("unpermuted", twins.worst),
        ("unpermuted", twins.worst_of_files),
        ("cache_without_offset", twins.worst_of_decoding),
    ],
)
def test_the_comparisons_notice(deviation, measure):
    with injected(model2, find_deviation(room("llama"), deviation)):
        assert measure() > 1e-3


def test_the_comparison_of_sizes_notices_a_wrong_gradient(monkeypatch):
    real = model2.attend
    monkeypatch.setattr(model2, "attend", lambda q, k, v, hidden: real(q, k, v.detach(), hidden))
    assert twins.worst(32, 8, 16, 48, scale=0.05) > 1e-5


def test_no_layer_but_transformers_own_layout_is_permuted():
    """The authors' order is taken as it is: permuting it as well would spoil it."""
    weights = twins.as_the_authors(twins.theirs().state_dict(), twins.HEADS)
    loaded = model2.load_published(weights, twins.HEADS)
    d = twins.WIDTH
    joined = loaded.layers[0].attention.wqkv.weight
    assert torch.equal(joined[:d], weights["layers.0.attention.wq.weight"])


@pytest.fixture
def pair():
    """Version 1 and 2 with the same weights."""
    second = twins.randomised(model2.Llama(model2.Config(**SIZES), twins.SYMBOLS))
    first = model1.Llama(model1.Config(**SIZES), twins.SYMBOLS)
    with torch.no_grad():
        first.tokens.copy_(second.tok_embeddings.weight)
        first.head.copy_(second.output.weight.T)
        first.norm.gain.copy_(second.norm.weight)
        for mine, other in zip(first.blocks, second.layers):
            a, f = mine.attention, mine.feed
            for part, value in zip((a.w_q, a.w_k, a.w_v), other.attention.wqkv.weight.chunk(3)):
                part.copy_(value.T)
            a.w_o.copy_(other.attention.wo.weight.T)
            for part, value in ((f.w_1, "w1"), (f.w_2, "w2"), (f.w_3, "w3")):
                part.copy_(getattr(other.feed_forward, value).weight.T)
            for norm, value in zip(mine.norms, (other.attention_norm, other.ffn_norm)):
                norm.gain.copy_(value.weight)
    return first, second


def test_version1_is_version2_with_its_layouts_mixed(pair):
    first, second = pair
    tokens = twins.some_tokens()
    with injected(model2, find_deviation(room("llama"), "mixed_layouts")):
        assert torch.allclose(first(tokens), second(tokens), atol=1e-5)
        values = [m.loss(scores, tokens) for m, scores in
                  ((model1, first(tokens)), (model2, second(tokens)))]  # fmt: skip
        assert torch.isclose(*values, atol=1e-6)
    assert not torch.allclose(first(tokens), second(tokens), atol=1e-3)


def test_version1_mended_is_version2(pair, monkeypatch):
    """One layout, and the offset: nothing else is wrong in what it computes."""
    first, second = pair
    tokens = twins.some_tokens()

    def rope(x, base):
        turned = model2.turns(0, x.shape[2], x.shape[-1], base)
        return model2.rope(x.transpose(1, 2), turned).transpose(1, 2)

    monkeypatch.setattr(model1, "rope", rope)
    assert torch.allclose(first(tokens), second(tokens), atol=1e-5)
    assert torch.allclose(first.read(tokens)[0], second.read(tokens)[0], atol=1e-5)


def test_version1_forgets_where_its_cache_ends(pair):
    first, _ = pair
    tokens = twins.some_tokens()
    whole, _ = first.read(tokens)
    early, state = first.read(tokens[:, :5])
    late, _ = first.read(tokens[:, 5:], state)
    assert torch.allclose(early, whole[:, :5], atol=1e-5)
    assert not torch.allclose(late, whole[:, 5:], atol=1e-2)


# -- loading ------------------------------------------------------------------------------------


@pytest.fixture
def weights():
    net = twins.randomised(model2.Llama(model2.Config(**SIZES), 9))
    named = dict(net.state_dict())
    for n in range(2):
        joined = named.pop(f"layers.{n}.attention.wqkv.weight")
        for letter, part in zip("qkv", joined.chunk(3)):
            named[f"layers.{n}.attention.w{letter}.weight"] = part
    return named


def test_kept_angles_are_passed_over(weights):
    loaded = model2.load_published({**weights, "rope.freqs": torch.ones(4)}, heads=4)
    assert loaded.config.heads == 4 and loaded.config.layers == 2 and not loaded.training


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda w: w.pop("layers.1.ffn_norm.weight"), "layers.1.ffn_norm.weight"),
        (lambda w: w.update({"layers.0.strange": torch.ones(2)}), "layers.0.strange"),
        (lambda w: w.update({"norm.weight": torch.ones(3)}), "norm.weight must be"),
        (lambda w: w.pop("layers.1.attention.wk.weight"), "layer 1 needs queries, keys and values"),
        (lambda w: w.update({"layers.0.attention.wv.weight": torch.ones(3, 32)}), "layer 0 needs"),
        (lambda w: w.pop("tok_embeddings.weight"), "tok_embeddings.weight is missing"),
        (lambda w: w.update({"layers.1.feed_forward.w3.weight": torch.ones(4, 32)}), "must be"),
    ],
)
def test_weights_that_do_not_fit_are_refused_by_name(weights, change, words):
    change(weights)
    with pytest.raises(ValueError, match=words.replace(".", r"\.")):
        model2.load_published(weights, heads=4)


@pytest.mark.parametrize("layout", ["transformers", "authors"])
def test_heads_that_do_not_divide_the_width_are_refused_in_either_layout(layout, weights):
    named = twins.theirs().state_dict() if layout == "transformers" else weights
    with pytest.raises(ValueError, match="multiple of twice the heads"):
        model2.load_published(named, heads=5)


def test_without_a_number_heads_have_128_components():
    with torch.device("meta"):
        small = model2.Llama(model2.Config(d_model=256, heads=2, layers=0), 3)
    zeros = {name: torch.zeros(p.shape) for name, p in small.named_parameters()}
    assert model2.load_published(zeros, multiple=256).config.heads == 2
