"""The band: against a loop over places, its cost, its cache, and which layers have it."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from papers.gpt3.evidence import measures, twins
from papers.gpt3.version1 import model as model1
from papers.gpt3.version2 import model as model2


def place_by_place(q, k, v, band):
    """Each place asks the `band` places up to its own, and no more."""
    found, behind = torch.zeros_like(q), k.shape[2] - q.shape[2]
    for t in range(q.shape[2]):
        seen = slice(max(0, behind + t - band + 1), behind + t + 1)
        scores = torch.einsum("bhk,bhsk->bhs", q[:, :, t], k[:, :, seen]) / math.sqrt(q.shape[-1])
        found[:, :, t] = torch.einsum("bhs,bhsk->bhk", scores.softmax(-1), v[:, :, seen])
    return found


@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    new=st.integers(1, 17), before=st.integers(0, 9), band=st.integers(1, 20),
    block=st.integers(1, 8) | st.none(),
)  # fmt: skip
def test_the_band_is_what_each_place_asks_for(new, before, band, block):
    rng = torch.Generator().manual_seed(new + 31 * before)
    q = torch.randn(2, 3, new, 4, generator=rng)
    k, v = torch.randn(2, 2, 3, new + before, 4, generator=rng).unbind(0)
    expected = place_by_place(q, k, v, band)
    assert torch.allclose(model2.banded(q, k, v, band, block), expected, atol=1e-5)


def test_gradients_are_those_of_the_mask():
    parts = [torch.randn(1, 2, 13, 4, dtype=torch.double, requires_grad=True) for _ in range(3)]
    assert torch.autograd.gradcheck(lambda *x: model2.banded(*x, 4), parts)
    q, k, v = parts
    ours = torch.autograd.grad(model2.banded(q, k, v, 4).sum(), parts)
    theirs = torch.autograd.grad(place_by_place(q, k, v, 4).sum(), parts)
    assert all(torch.allclose(a, b) for a, b in zip(ours, theirs))


@pytest.mark.parametrize("n", [64, 128, 256])
def test_products_grow_with_the_length_and_not_with_its_square(n):
    band, dense = measures.cost(block=1, n=n, w=16, width=8)
    assert band == 2 * n * 16 * 8 and dense == 2 * n * n * 8
    assert measures.cost(block=None, n=n, w=16, width=8)[0] == 2 * n * 31 * 8


def test_dense_and_banded_layers_take_turns():
    net = twins.tiny(layers=4)
    assert [isinstance(block.attn, model2.Banded) for block in net.h] == [True, False] * 2
    first = model1.GPT3(model1.Config(**twins.SIZES, layers=4, band=3), 5)
    assert [block.attention.band for block in first.blocks] == [None, 3, None, 3]


@pytest.mark.parametrize("cuts", [range(1, 20), [3, 4, 11, 12, 13], [12], [5, 17]])
def test_reading_in_pieces_is_reading_at_once(cuts):
    """Beyond the window, too: its last half is read anew."""
    net, tokens = twins.tiny(), twins.some_tokens(length=20)
    state, found, places = None, [], [0, *cuts, 20]
    with torch.no_grad():
        for start, end in zip(places, places[1:]):
            scores, state = net.read(tokens[:, start:end], state)
            found.append(scores)
        whole, _ = net.read(tokens)
    assert torch.allclose(torch.cat(found, 1), whole, atol=1e-5)


def test_a_banded_layer_alone_sees_no_further_than_its_band():
    net, tokens = twins.tiny(layers=1), twins.some_tokens()
    changed = tokens.clone()
    changed[:, 3] = (changed[:, 3] + 1) % twins.SYMBOLS
    same = [torch.allclose(a, b) for a, b in zip(net(tokens)[0], net(changed)[0])]
    assert same == [True] * 3 + [False] * twins.BAND + [True] * (9 - twins.BAND)


def test_version1_is_version2_with_its_slips_taken_back(monkeypatch):
    """Weights copied, a band of one place less, the band below, GELU by tanh, the head tied."""
    second = twins.tiny()
    config = model1.Config(**twins.SIZES, layers=2, band=twins.BAND - 1)
    first = model1.GPT3(config, twins.SYMBOLS).eval()
    bands = [block.attention.band for block in first.blocks]
    for block, band in zip(first.blocks, reversed(bands)):
        block.attention.band = band
    with torch.no_grad():
        first.tokens.copy_(second.wte.weight)
        first.positions.copy_(second.wpe.weight)
        first.head.copy_(second.wte.weight.T)
        first.norm.gain.copy_(second.ln_f.weight)
        first.norm.bias.copy_(second.ln_f.bias)
        for mine, other in zip(first.blocks, second.h):
            a, f = mine.attention, mine.feed
            for name in ("w", "b"):
                joined = getattr(other.attn.c_attn, {"w": "weight", "b": "bias"}[name])
                for x, part in zip("qkv", joined.chunk(3, -1)):
                    getattr(a, f"{name}_{x}").copy_(part)
            a.w_o.copy_(other.attn.c_proj.weight), a.b_o.copy_(other.attn.c_proj.bias)
            f.w_1.copy_(other.mlp.c_fc.weight), f.b_1.copy_(other.mlp.c_fc.bias)
            f.w_2.copy_(other.mlp.c_proj.weight), f.b_2.copy_(other.mlp.c_proj.bias)
            for norm, reference in zip(mine.norms, (other.ln_1, other.ln_2)):
                norm.gain.copy_(reference.weight), norm.bias.copy_(reference.bias)
    monkeypatch.setattr("papers.gpt2.version1.model.gelu", model2.gpt2.gelu)
    tokens = twins.some_tokens()
    assert torch.allclose(first(tokens), second(tokens), atol=1e-5)
    first.blocks[0].attention.band += 1  # the slip
    assert not torch.allclose(first(tokens), second(tokens), atol=1e-4)
