"""How each deviation is put back into version 2, and what holds without it.

Pairs of functions: the first gets version 2's `model` and returns what it replaces there, the
second raises AssertionError when the deviation is in. deviations.py says what they are about.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from papers.gpt2.version2 import model as gpt2

SIZES = {"context": 8, "d_model": 16, "heads": 2, "layers": 2, "multiple": 8, "steps": 1000}


def small(model, **changes):
    """A net of toy size."""
    torch.manual_seed(0)
    return model.Llama(model.Config(**{**SIZES, **changes}), 9)


# -- the three changes of Sec. 2.2, each taken back alone ----------------------------------------


def layer_norm(model):
    return {"RMSNorm": torch.nn.LayerNorm}


def no_mean_is_taken_off(model):
    """A norm without gain gives a constant back, and knows no shift."""
    norm = model.RMSNorm(6, 1e-6)
    assert torch.allclose(norm(torch.full((2, 6), 3.0)), torch.ones(2, 6), atol=1e-4)
    assert [name for name, _ in norm.named_parameters()] == ["weight"]


def gelu(model):
    class MLP(torch.nn.Module):
        """Two matrices and 4 d, which are as many weights as three and 8 / 3 d; no biases."""

        def __init__(self, config):
            super().__init__()
            self.w1 = model.matrix(config.d_model, 4 * config.d_model)
            self.w2 = model.matrix(4 * config.d_model, config.d_model)

        def forward(self, x):
            return self.w2(F.gelu(self.w1(x), approximate="tanh"))

    return {"SwiGLU": MLP}


def hidden_units_are_gated(model):
    """What is fed in twice as large comes out four times as large where all gates are open."""
    torch.manual_seed(0)
    x, net = torch.randn(3, 16), model.SwiGLU(model.Config(**SIZES))
    with torch.no_grad():
        net.w1.weight.copy_(50 * x[:1].expand_as(net.w1.weight))
        once, twice = net(x[:1]), net(2 * x[:1])
    assert torch.allclose(twice, 4 * once, rtol=1e-3, atol=1e-4)


def learned_positions(model):
    return {**places(model), "rope": lambda x, turns: x}


def places(model):
    """A table of positions, as GPT-2's; beyond its end the last one stands for all."""
    initialise, embed = model.Llama.initialise, model.Llama.embed

    def initialised(self):
        table = torch.empty(self.config.context, self.config.d_model)
        self.wpe = torch.nn.Parameter(table.normal_(std=0.5 * self.config.std))
        wpe = self.wpe.detach().clone()
        initialise(self)
        with torch.no_grad():
            self.wpe.copy_(wpe)

    def embedded(self, tokens, start):
        here = torch.arange(start, start + tokens.shape[1]).clamp(max=len(self.wpe) - 1)
        return embed(self, tokens, start) + self.wpe[here.to(tokens.device)]

    return {"Llama.initialise": initialised, "Llama.embed": embedded}


def no_place_has_a_vector(model):
    """One token is embedded alike at any place, and turned otherwise at each."""
    net, token = small(model), torch.tensor([[1]])
    assert torch.equal(net.embed(token, 0), net.embed(token, 3))
    turned = model.rope(torch.ones(1, 3, 1, 4), model.turns(0, 3, 4, 100.0))
    assert not torch.allclose(turned[:, 0], turned[:, 1])


def gpt2_block(model):
    class Block(gpt2.Block):
        def __init__(self, config):
            c = gpt2.Config(d_model=config.d_model, heads=config.heads, dropout=0.0)
            super().__init__(c)

        def forward(self, x, turns, hidden, kept=None, start=0):
            return super().forward(x, hidden, kept, start)

    scaled = ("attn.c_proj.weight", "mlp.c_proj.weight")
    return {**places(model), "Block": Block, "RMSNorm": torch.nn.LayerNorm, "SCALED": scaled}


def nothing_has_a_bias(model):
    assert not any("bias" in name for name, _ in small(model).named_parameters())


# -- positions -----------------------------------------------------------------------------------


def mixed_layouts(model):
    def rope(x, turns):
        """Each angle twice, one beside the other, and components turned by halves."""
        cos, sin = (part.repeat_interleave(2, -1)[:, None] for part in (turns.real, turns.imag))
        first, second = x.float().chunk(2, -1)
        turned = torch.cat([-second, first], -1)
        return (x.float() * cos + turned * sin).type_as(x)

    return {"rope": rope}


def scores_depend_on_distance(model):
    """Moving a query and a key together leaves their product as it is."""
    torch.manual_seed(0)
    x = torch.randn(1, 2, 3, 8)
    products = []
    for start in (0, 1, 40):
        q, k = model.rope(x, model.turns(start, start + 2, 8, 100.0)).unbind(1)
        products.append((q * k).sum(-1))
    assert torch.allclose(products[0], products[1], atol=1e-4)
    assert torch.allclose(products[0], products[2], atol=1e-4)


def cache_without_offset(model):
    turns = model.turns
    return {"turns": lambda start, end, *rest: turns(0, end - start, *rest)}


def cache_reads_the_same(model):
    net, tokens, state, found = small(model, std=0.3), torch.tensor([[1, 2, 3, 4]]), None, []
    for token in tokens.split(1, 1):
        scores, state = net.read(token, state)
        found.append(scores)
    assert torch.allclose(torch.cat(found, 1), net(tokens), atol=1e-4)


def rounded_angles(model):
    def turns(start, end, width, base, device=None):
        theta = base ** (-torch.arange(0, width, 2, device=device) / width)
        places = torch.arange(start, end, device=device).bfloat16()
        angles = torch.outer(places, theta.bfloat16()).float()
        return torch.polar(torch.ones_like(angles), angles)

    return {"turns": turns}


def places_are_told_apart(model):
    """Near the end of LLaMA's window neighbours are turned by angles one radian apart."""
    late = model.turns(1999, 2003, 4, 10_000.0)[:, 0]
    steps = (late[1:] / late[:-1]).angle()
    assert torch.allclose(steps, torch.ones(3), atol=1e-3), steps


def unpermuted(model):
    return {"pairs_together": lambda weight, heads: weight}


def halves_become_pairs(model):
    """In transformers' layout a head's rows are the pairs' first members, then the second ones."""
    rows = torch.arange(8.0)[:, None]
    assert model.pairs_together(rows, 2).flatten().tolist() == [0, 2, 1, 3, 4, 6, 5, 7]


# -- the first weights, the hidden width ---------------------------------------------------------


def wrong_matrix(model):
    return {"SCALED": ("wo.weight", "w3.weight")}


def what_is_added_is_scaled(model):
    feed = small(model, d_model=64, multiple=64).layers[0].feed_forward
    inner, outer = feed.w3.weight.std(), feed.w2.weight.std()
    assert torch.isclose(outer / inner, torch.tensor(0.5), atol=0.05)


def four_widths(model):
    return {"hidden_width": lambda d_model, multiple: 4 * d_model}


def three_matrices_weigh_as_two(model):
    """8 / 3 d, rounded up to the next multiple: Table 2's widths give its parameters."""
    assert model.hidden_width(4096, 256) == 11_008
    assert 0 <= model.hidden_width(48, 8) - math.ceil(8 * 48 / 3) < 8


# -- the optimizer -------------------------------------------------------------------------------


def decay_everything(model):
    def groups(named_parameters, weight_decay):
        return [{"params": [p for _, p in named_parameters], "weight_decay": weight_decay}]

    return {"groups": groups}


def gains_do_not_decay(model):
    for group in model.groups(small(model).named_parameters(), 0.1):
        assert all((p.dim() > 1) == (group["weight_decay"] > 0) for p in group["params"])


def rate_to_zero(model):
    def learning_rate(i, config):
        if i < config.warmup:
            return config.learning_rate * (i + 1) / config.warmup
        done = (i - config.warmup) / max(1, config.steps - config.warmup)
        return config.learning_rate * 0.5 * (1 + math.cos(math.pi * done))

    return {"learning_rate": learning_rate}


def rate_ends_at_a_tenth(model):
    config = model.Config(warmup=10, steps=1000)
    rates = [model.learning_rate(i, config) for i in range(1000)]
    assert max(rates) == config.learning_rate and rates[0] < 0.2 * max(rates)
    assert math.isclose(rates[-1], 0.1 * max(rates), rel_tol=0.01)
