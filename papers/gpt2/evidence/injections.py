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


def wrong_matrix(model):
    return {"SCALED": ("attn.c_proj.weight", "mlp.c_fc.weight")}


def what_is_added_is_scaled(model):
    net = small(model, d_model=64)
    inner, outer = net.h[0].mlp.c_fc.weight.std(), net.h[0].mlp.c_proj.weight.std()
    assert torch.isclose(outer / inner, torch.tensor(0.5), atol=0.05)


def small_std(model):
    return {"initial_std": lambda config: 0.02}


def products_are_as_large_at_any_width(model):
    """With 0.02 sqrt(768 / d) as `std`, a product of unit inputs is as large as at width 768."""
    net = small(model, d_model=48, heads=2, std=0.02 * math.sqrt(768 / 48))
    y = torch.randn(500, 48) @ net.h[0].attn.c_attn.weight
    assert 0.8 < y.std() / (0.02 * math.sqrt(768)) < 1.2


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


# -- the optimizer -----------------------------------------------------------------------------


def decay_everything(model):
    def groups(named_parameters, weight_decay):
        return [{"params": [p for _, p in named_parameters], "weight_decay": weight_decay}]

    return {"groups": groups}


def vectors_do_not_decay(model):
    named = small(model).named_parameters()
    for group in model.groups(named, 0.1):
        assert all((p.dim() > 1) == (group["weight_decay"] > 0) for p in group["params"])


def constant_rate(model):
    return {"learning_rate": lambda i, config: config.learning_rate}


def rate_rises_and_falls(model):
    config = model.Config(warmup=10, steps=100)
    rates = [model.learning_rate(i, config) for i in range(100)]
    assert rates[0] < 0.2 * max(rates) and rates[-1] < 0.01 * max(rates)
    assert max(rates) == config.learning_rate


# -- tokens ------------------------------------------------------------------------------------


def byte_pairs(model):
    learn = model.bpe.train
    return {"vocabulary": lambda text, characters, config: learn([text], 256 + 256)}


def without_merges_tokens_are_characters(model):
    characters = object()
    assert model.vocabulary("abab" * 9, characters, model.Config(merges=None)) is characters


# -- mistakes that leave no model to measure ---------------------------------------------------


def shifted_twice(model):
    def loss(scores, targets):
        flat = scores[:, :-1].float().flatten(0, 1)
        return F.cross_entropy(flat, targets[:, 1:].flatten())

    return {"loss": loss}


def targets_are_the_next_tokens(model):
    config = model.Config(context=8, batch=2)
    inputs, targets = model.batch(torch.arange(200) % 9, config, seed=0, i=0)
    certain = 100.0 * F.one_hot((inputs + 1) % 9, 9)  # a model that knows what follows
    assert model.loss(certain, targets) < 1e-3


def next_token_seen(model):
    return {"barred": lambda size: torch.full((size, size), -math.inf).triu(2)}


def future_changes_nothing(model):
    net = small(model, std=0.3).eval()
    a, b = (net(torch.tensor([tokens])) for tokens in ([1, 2, 3, 4], [1, 2, 5, 4]))
    assert torch.equal(a[:, :2], b[:, :2])
    assert not torch.allclose(a[:, 2:], b[:, 2:])
