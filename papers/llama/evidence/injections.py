# Decide here: how is each deviation put back into the newest version, and what holds without it
#   alone?
"""How each deviation is put back into version 2, and what holds without it.

Pairs of functions: the first gets version 2's `model` and returns what it replaces there, the
second raises AssertionError when the deviation is in. deviations.py says what they are about.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F


def small(model, **changes):
    """A net of toy size."""
    sizes = {"context": 8, "d_model": 16, "heads": 2, "layers": 2, "dropout": 0.0, "steps": 1000}
    torch.manual_seed(0)
    return model.GPT2(model.Config(**{**sizes, **changes}), 9)


# -- GELU by the error function ----------------------------------------------------------------


def exact_gelu(model):
    return {"gelu": F.gelu}


def gelu_is_the_published_one(model):
    x = torch.linspace(-4, 4, 101)
    cube = 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    assert torch.allclose(model.gelu(x), cube, atol=1e-6)


# -- the first weights -------------------------------------------------------------------------


def unscaled_residuals(model):
    return {"residual_std": model.initial_std}


def residual_path_grows_no_faster_with_depth(model):
    """Sums of more and more parts keep their size: a net of 32 blocks begins like one of 2."""
    parts = {layers: _added(model, layers) for layers in (2, 32)}
    assert 0.5 < parts[32] / parts[2] < 2, parts


def _added(model, layers: int) -> float:
    """Size of all that the blocks add to the embedding, before any training."""
    net = small(model, layers=layers, std=0.1)
    tokens = torch.arange(8)[None]
    start = net.wte.weight[tokens] + net.wpe.weight[:8]
    x = start
    with torch.no_grad():
        for block in net.h:
            x = block(x, net.hidden)
    return (x - start).norm().item()


# -- the head ----------------------------------------------------------------------------------


def untied_head(model):
    build = model.GPT2.initialise

    def initialise(self):
        build(self)
        weight = torch.empty_like(self.wte.weight).normal_(std=model.initial_std(self.config))
        self.lm_head = torch.nn.Parameter(weight)

    return {"GPT2.initialise": initialise, "GPT2.head": lambda self: self.lm_head}


def head_is_the_embedding(model):
    net = small(model)
    assert net.head() is net.wte.weight


# -- the norm after the sum --------------------------------------------------------------------


def post_norm(model):
    return {"residual": lambda x, sublayer, norm, drop: norm(x + drop(sublayer(x)))}


def input_goes_on_untouched(model):
    x = torch.randn(2, 3, 16)
    y = model.residual(x, torch.zeros_like, torch.nn.LayerNorm(16), lambda x: x)
    assert torch.equal(x, y)
