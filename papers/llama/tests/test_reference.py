# Decide here: what must be true of this paper's models alone?
"""The nets against transformers' GPT-2, and the versions against each other."""

from importlib.util import find_spec

import pytest
import torch

from common.evidence.deviations import find_deviation, injected
from common.paper import room
from papers.llama.evidence import twins
from papers.llama.version1 import model as model1
from papers.llama.version2 import model as model2

pytestmark = pytest.mark.skipif(
    find_spec("transformers") is None, reason="transformers is not installed"
)


def test_version2_has_the_scores_loss_and_gradients_of_transformers():
    assert twins.worst_of_version2() <= 1e-5


@pytest.mark.parametrize("size", twins.HEADS)
def test_every_published_depth_and_number_of_heads(size):
    heads = twins.HEADS[size]
    assert twins.worst_of_version2(twins.LAYERS[size], heads, 2 * heads) <= 1e-5


def test_version1_differs_in_activation_and_head_only():
    assert twins.worst_of_version1() <= 1e-5


def test_the_comparison_notices_another_gelu():
    with injected(model2, find_deviation(room("llama"), "exact_gelu")):
        assert twins.worst_of_version2() > 1e-4


def test_the_comparison_notices_a_wrong_gradient(monkeypatch):
    real = model2.attend
    monkeypatch.setattr(model2, "attend", lambda q, k, v, hidden: real(q, k, v.detach(), hidden))
    assert twins.worst_of_version2() > 1e-4


def test_it_begins_as_small_as_transformers_begins_but_for_positions():
    made, built = twins.library()
    sizes = {"n_layer": 2, "n_head": 4, "n_embd": 64, "vocab_size": 300, "n_positions": 32}
    theirs = built(made(**sizes, bos_token_id=0, eos_token_id=0)).transformer
    config = model2.Config(layers=2, heads=4, d_model=64, context=32)
    for name, ours in model2.GPT2(config, 300).named_parameters():
        other = theirs.get_parameter(name)
        assert ours.shape == other.shape
        expected = other.std().item() * (0.5 if name == "wpe.weight" else 1)  # as published
        assert ours.std().item() == pytest.approx(expected, rel=0.1, abs=1e-6), name


def test_greedy_text_is_that_of_transformers():
    theirs = twins.theirs()
    ours = model2.load_published(theirs.state_dict(), heads=4)
    start = twins.some_tokens(length=3)
    with torch.no_grad():
        wanted = theirs.generate(start, max_new_tokens=8, do_sample=False, pad_token_id=0)
        tokens, token, state = [start], start, None
        for _ in range(8):
            scores, state = ours.read(token, state)
            token = scores[:, -1:].argmax(-1)
            tokens.append(token)
    found = torch.cat(tokens, 1)
    for ours_row, their_row in zip(found.tolist(), wanted.tolist()):  # theirs ends at token 0
        end = their_row.index(0, 3) if 0 in their_row[3:] else len(their_row)
        assert ours_row[:end] == their_row[:end]


def test_versions_agree_where_they_are_alike(monkeypatch):
    """Version 1 with version 2's weights, its GELU, and the embedding for a head."""
    sizes = {"context": twins.CONTEXT, "d_model": 32, "heads": 4, "layers": 2, "dropout": 0.0}
    second = twins.randomised(model2.GPT2(model2.Config(**sizes), twins.SYMBOLS))
    first = model1.GPT(model1.Config(**sizes), twins.SYMBOLS)
    with torch.no_grad():
        for mine, other in twins.pairs_of_version1(first, as_published(second)):
            for part, value in zip(mine, other.chunk(len(mine), -1)):
                part.copy_(value)
    monkeypatch.setattr(model1, "gelu", model2.gelu)
    tokens = twins.some_tokens()
    assert torch.allclose(first(tokens), second(tokens), atol=1e-5)
    values = [m.loss(net(tokens[:, :-1]), tokens[:, 1:]) for m, net in
              ((model1, first), (model2, second))]  # fmt: skip
    assert torch.isclose(*values, atol=1e-6)
    monkeypatch.undo()
    assert not torch.allclose(first(tokens), second(tokens), atol=1e-4)


def as_published(net):
    """A stand-in for transformers' model: the attributes that `pairs_of_version1` looks at."""
    holder = torch.nn.Module()
    holder.transformer, holder.lm_head = net, net.wte
    return holder


# -- loading ------------------------------------------------------------------------------------


@pytest.fixture
def weights():
    return twins.randomised(model2.GPT2(model2.Config(context=6, d_model=16, heads=1, layers=2), 9))


def test_weights_load_with_and_without_their_prefix_and_masks(weights):
    plain = weights.state_dict()
    mask = {"h.0.attn.bias": torch.ones(1, 1, 6, 6), "h.1.attn.masked_bias": torch.tensor(-1e4)}
    for named in (plain | mask, {f"transformer.{n}": w for n, w in plain.items()}):
        loaded = model2.load_published({**named, "lm_head.weight": plain["wte.weight"]}, heads=1)
        assert all(torch.equal(p, plain[n]) for n, p in loaded.named_parameters())
        assert loaded.config.heads == 1 and loaded.config.context == 6


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda w: w.pop("h.1.mlp.c_fc.bias"), "h.1.mlp.c_fc.bias"),
        (lambda w: w.update({"h.0.strange": torch.ones(2)}), "h.0.strange"),
        (lambda w: w.update({"h.0.ln_1.bias": torch.ones(3)}), "must be"),
        (lambda w: w.update({"lm_head.weight": w["wte.weight"] + 1}), "tied"),
        (lambda w: w.pop("wte.weight"), "wte.weight"),
        (lambda w: w.update({"wpe.weight": torch.ones(3)}), "wpe.weight"),
        (lambda w: w.update({"h.0.attn.c_attn.weight": torch.ones(48, 16)}), "must be"),
    ],
)
def test_weights_that_do_not_fit_are_refused_by_name(weights, change, words):
    named = dict(weights.state_dict())
    change(named)
    with pytest.raises(ValueError, match=words.replace(".", r"\.")):
        model2.load_published(named, heads=1)


def test_the_number_of_heads_is_guessed_for_no_width_but_the_published(weights):
    with pytest.raises(ValueError, match=r"number of heads: give it \(d_model is 16\)"):
        model2.load_published(weights.state_dict())
    with torch.device("meta"):
        small = model2.GPT2(model2.Config(layers=1, context=2), 3)
    zeros = {name: torch.zeros(p.shape) for name, p in small.named_parameters()}
    assert model2.load_published(zeros).config.heads == 12


def test_loaded_weights_drop_nothing_out(weights):
    loaded = model2.load_published(weights.state_dict(), heads=2)
    assert loaded.config.dropout > 0
    tokens = torch.tensor([[1, 2, 3, 4]])
    assert torch.equal(loaded(tokens), loaded(tokens))
