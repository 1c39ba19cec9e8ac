"""How each deviation is put back into version 2, and what holds without it.

Pairs of functions: the first gets version 2's `model` and returns what it replaces there, the
second raises AssertionError when the deviation is in. deviations.py says what they are about.
"""

from __future__ import annotations

import dataclasses
import math

import torch
from torch.nn import Module


def small(model, **changes):
    """A net of toy size with random values everywhere."""
    torch.manual_seed(0)
    config = model.Config(**{"d_model": 24, "heads": 3, "layers": 2, "multiple": 1, **changes})
    net = model.DiffTransformer(config, 7)
    for p in net.parameters():
        torch.nn.init.normal_(p, mean=0.5 * (p.dim() == 1), std=0.3)
    return net


def layer_of(model, **changes):
    return small(model, **changes).blocks[0].attention


def some_input(length=9):
    return torch.randn(2, length, 24, generator=torch.Generator().manual_seed(1))


def turned(model, layer, length):
    """RoPE's turns for the queries and keys of a layer of toy size."""
    return model.turns(0, length, 24 // (2 * layer.heads), model.BASE)


# -- one map to a head -------------------------------------------------------------------------


def one_map(model):
    """Ordinary attention with twice the heads: the same weights but lambda and the heads' norms."""

    class Ordinary(model.DiffTransformer):
        def __init__(self, config, symbols):
            super().__init__(dataclasses.replace(config, maps=1), symbols)

    return {"DiffTransformer": Ordinary}


def weights_may_be_negative(model):
    """What the second map sees is taken away, so some tokens get less than nothing."""
    net = small(model)
    with torch.no_grad():
        for name, p in net.named_parameters():
            p.mul_("lambda" not in name)  # so lambda is what it begins with
        weights = [w for _, w, _ in net.look(torch.arange(7)[None])]
    assert all((w < 0).any() for w in weights)


# -- queries and keys split after one rotation -------------------------------------------------


def split_features(model):
    """A head of 2 d components is turned as a whole and then halved: the pairs that turn fast are
    one map's, those that turn slowly the other's."""

    def split(self, x, turn):
        h, size = self.heads * 2 // self.maps, x.shape[-1] * self.maps // (2 * self.heads)
        q, k, v = self.qkv(x).unflatten(-1, (3 * h, -1)).split(h, 2)
        turn = model.turns(0, turn.shape[0], size, model.BASE, x.device)
        q, k = (model.rope(y, turn) for y in (q, k))
        q, k = (y.unflatten(-1, (self.maps, -1)).flatten(2, 3).transpose(1, 2) for y in (q, k))
        return q, k, v.transpose(1, 2)

    return {"DifferentialAttention.split": split}


def both_maps_turn_alike(model):
    """Where all queries and keys are the same, so are the scores of all maps, at any distance."""
    layer = layer_of(model)
    with torch.no_grad():
        layer.qkv.weight.fill_(0.3)
        q, k, _ = layer.split(some_input(1).expand(-1, 9, -1), turned(model, layer, 9))
        scores = model.maps(q, k, torch.zeros(9, 9))[0]
    assert not torch.allclose(scores[..., 0], scores[..., 8], atol=1e-3)
    assert torch.allclose(scores, scores[:, :1].expand_as(scores), atol=1e-4)


# -- no norm of the heads ----------------------------------------------------------------------


def no_head_norm(model):
    """Heads as they come, with no factor, as in Table 6's row without GroupNorm."""

    class Bare(Module):
        def __init__(self, *_):
            super().__init__()

        def forward(self, x):
            return x

    def join(self, heads):
        return self.out(heads.transpose(1, 2).flatten(-2))

    build = model.DifferentialAttention.__init__

    def without(self, config, layer):
        build(self, config, layer)
        self.norm = Bare()

    names = {"__init__": without, "join": join}
    return {f"DifferentialAttention.{name}": value for name, value in names.items()}


def one_head_does_not_drown_others(model):
    """A head a hundred times as large has the same say."""
    layer = layer_of(model)
    heads = torch.randn(2, 3, 9, 8, generator=torch.Generator().manual_seed(1))
    large = heads.clone()
    large[:, 0] *= 100
    with torch.no_grad():
        assert torch.allclose(layer.join(heads), layer.join(large), atol=1e-3)


# -- lambda itself is learned ------------------------------------------------------------------


def plain_lambda(model):
    """One number for each layer, which begins where lambda begins."""
    build = model.DifferentialAttention.__init__

    def plain(self, config, layer):
        build(self, config, layer)
        if self.maps == 2:
            for name in ("lambda_q1", "lambda_k1", "lambda_q2", "lambda_k2"):
                delattr(self, name)
            self.lam_itself = torch.nn.Parameter(torch.tensor([self.lambda_init]))

    return {
        "DifferentialAttention.__init__": plain,
        "DifferentialAttention.lam": lambda self: self.lam_itself[0].float(),
    }


def lambda_is_of_two_products(model):
    """Eq. 2, from the four vectors of a layer."""
    layer = layer_of(model)
    parts = {name: p.detach() for name, p in layer.named_parameters() if "lambda" in name}
    assert len(parts) == 4
    one, two = (parts[f"lambda_q{i}"] @ parts[f"lambda_k{i}"] for i in (1, 2))
    wanted = math.exp(one) - math.exp(two) + layer.lambda_init
    assert math.isclose(layer.lam().item(), wanted, rel_tol=1e-5)


# -- lambda begins a layer late ----------------------------------------------------------------


def late_lambda(model):
    """The formula for layers counted from 1 without the 1 that it takes away."""
    return {"lambda_init": lambda layer: 0.8 - 0.6 * math.exp(-0.3 * (layer + 1))}


def lambda_begins_at_a_fifth(model):
    assert math.isclose(layer_of(model).lambda_init, 0.2)


# -- the norm has no gain ----------------------------------------------------------------------


def no_gain(model):
    build = model.DifferentialAttention.__init__

    def without(self, config, layer):
        build(self, config, layer)
        if self.maps == 2:
            gain = torch.ones_like(self.norm.weight)
            del self.norm.weight
            self.norm.register_buffer("weight", gain, persistent=False)

    return {"DifferentialAttention.__init__": without}


def heads_have_a_gain(model):
    layer = layer_of(model)
    assert [p.numel() for p in layer.norm.parameters()] == [8]


# -- the factor of Eq. 3 is forgotten ----------------------------------------------------------


def unscaled_heads(model):
    def join(self, heads):
        heads = self.norm(heads) if self.maps == 2 else heads
        return self.out(heads.transpose(1, 2).flatten(-2))

    return {"DifferentialAttention.join": join}


def heads_are_scaled(model):
    """With gains of 1 and no product behind it, a head has the size 1 - lambda_init."""
    layer = layer_of(model)
    with torch.no_grad():
        layer.norm.weight.fill_(1)
        layer.out.weight.copy_(torch.eye(24))
        size = layer.join(torch.randn(2, 3, 9, 8)).square().mean().sqrt().item()
    assert math.isclose(size, 1 - layer.lambda_init, rel_tol=1e-2)


# -- the difference is taken before the softmax ------------------------------------------------


def softmax_of_difference(model):
    """One softmax of q1 k1 - lambda q2 k2."""

    def scores_alone(q, k, hidden):
        scores, _ = ordinary(q, k, hidden)
        return scores, scores

    ordinary = model.maps

    def difference(self, scores):
        end = scores.shape[-1]
        hidden = model.barred(end, end - scores.shape[-2], device=scores.device).to(scores.dtype)
        if self.maps == 1:
            return scores.softmax(-1)
        one, two = (part - hidden for part in scores.unflatten(1, (-1, 2)).unbind(2))
        return (torch.nan_to_num(one - self.lam() * two) + hidden).softmax(-1)

    return {"maps": scores_alone, "DifferentialAttention.difference": difference}


def rows_sum_to_one_less_lambda(model):
    net = small(model)
    with torch.no_grad():
        found = list(zip(net.blocks, net.look(torch.arange(7)[None]), strict=True))
        for block, (_, weights, _) in found:
            wanted = (1 - block.attention.lam()).expand(weights.shape[:-1])
            assert torch.allclose(weights.sum(-1), wanted, atol=1e-5)


# -- heads are not halved ----------------------------------------------------------------------


def heads_not_halved(model):
    """As many heads as the rival has, so that each map is half as wide as the rival's."""

    class Narrow(model.DiffTransformer):
        def __init__(self, config, symbols):
            super().__init__(dataclasses.replace(config, heads=2 * config.heads), symbols)

    return {"DiffTransformer": Narrow}


def maps_are_as_wide_as_the_rivals(model):
    """h heads of two maps have queries of d_model / 2 h components, as the rival's 2 h heads."""
    net = small(model, d_model=48)
    turn = model.turns(0, 1, net.size, model.BASE)
    q, k, _ = net.blocks[0].attention.split(torch.zeros(1, 1, 48), turn)
    assert q.shape[1:] == k.shape[1:] == (2 * 3, 1, 48 // (2 * 3))


# -- maps are paired across the heads ----------------------------------------------------------


def paired_across(model):
    """Map i with map i + h, as transformers' DiffLlama does, on weights whose pairs are
    neighbours."""

    def difference(self, weights):
        if self.maps == 1:
            return weights
        one, two = weights.chunk(2, 1)
        return one - self.lam().to(two.dtype) * two

    return {"DifferentialAttention.difference": difference}


def pairs_are_neighbours(model):
    layer = layer_of(model)
    weights = torch.rand(1, 6, 2, 2, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        found, lam = layer.difference(weights), layer.lam()
    wanted = torch.stack([weights[:, 2 * i] - lam * weights[:, 2 * i + 1] for i in range(3)], 1)
    assert torch.allclose(found, wanted, atol=1e-6)


# -- the rate stays ----------------------------------------------------------------------------


def constant_rate(model):
    return {"learning_rate": lambda i, config: config.learning_rate}


def rate_rises_and_falls(model):
    config = model.Config(warmup=10, steps=100)
    rates = [model.learning_rate(i, config) for i in range(100)]
    assert rates[0] < 0.2 * max(rates) and rates[-1] < 0.06 * max(rates)
    assert max(rates) == config.learning_rate
