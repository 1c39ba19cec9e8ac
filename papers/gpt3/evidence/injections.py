"""How each deviation is put back into version 2, and what holds without it.

Pairs of functions: the first gets version 2's `model` and returns what it replaces there, the
second raises AssertionError when the deviation is in. deviations.py says what they are about.
"""

from __future__ import annotations

import math

import torch

SIZES = {"context": 12, "band": 3, "d_model": 16, "heads": 2, "layers": 2, "steps": 1000}


def small(model, **changes):
    """A net of toy size."""
    torch.manual_seed(0)
    return model.GPT3(model.Config(**{**SIZES, "std": 0.3, **changes}), 9)


# -- the band ------------------------------------------------------------------------------------


def all_dense(model):
    return {"is_banded": lambda layer: False}


def every_other_layer_is_banded(model):
    assert sum(reaches(model, layer) == 3 for layer in range(4)) == 2


def dense_first(model):
    return {"is_banded": lambda layer: layer % 2 == 1}


def first_layer_is_banded(model):
    assert [reaches(model, layer) for layer in range(2)] == [3, 12]


def wide_band(model):
    banded = model.banded
    return {"banded": lambda q, k, v, band, *rest: banded(q, k, v, band + 1, *rest)}


def band_is_as_wide_as_it_says(model):
    """A token's own place and the two before it; read on from a cache, too."""
    assert min(reaches(model, layer) for layer in range(2)) == 3
    net, tokens, state, found = small(model), torch.arange(10)[None] % 9, None, []
    for part in tokens.split([4, 1, 1, 4], 1):
        scores, state = net.read(part, state)
        found.append(scores)
    assert torch.allclose(torch.cat(found, 1), net(tokens), atol=1e-5)


def reaches(model, layer: int) -> int:
    """How many places the last one of a window sees in that layer."""
    net = small(model, layers=layer + 1)
    x = torch.randn(1, 12, 16, requires_grad=True)
    net.h[layer].attn(x, net.hidden)[0, -1].sum().backward()
    return int((x.grad[0].abs().sum(-1) > 0).sum())


def unscaled_scores(model):
    return {"scale": lambda q: 1.0}


def long_vectors_do_not_sharpen(model):
    """Scores of random vectors are of size 1 at any width."""
    for width in (4, 256):
        q = torch.randn(1, 1, 500, width)
        assert 0.7 < (model.scale(q) * q @ torch.randn(width)).std() < 1.4


# -- training ------------------------------------------------------------------------------------


def rate_to_zero(model):
    def learning_rate(i, config):
        if i < config.warmup:
            return config.learning_rate * (i + 1) / config.warmup
        done = (i - config.warmup) / max(1, config.steps - config.warmup)
        return config.learning_rate * 0.5 * (1 + math.cos(math.pi * done))

    return {"learning_rate": learning_rate}


def rate_ends_at_a_tenth(model):
    config = model.Config(warmup=10, steps=300)
    rates = [model.learning_rate(i, config) for i in range(300)]
    assert max(rates) == config.learning_rate and rates[0] < 0.2 * max(rates)
    assert all(math.isclose(rate, 0.1 * max(rates)) for rate in rates[260:])
    assert rates[258] > rates[260]


def decay_everything(model):
    def groups(named_parameters, weight_decay):
        return [{"params": [p for _, p in named_parameters], "weight_decay": weight_decay}]

    return {"groups": groups}


def vectors_do_not_decay(model):
    for group in model.groups(small(model).named_parameters(), 0.1):
        assert all((p.dim() > 1) == (group["weight_decay"] > 0) for p in group["params"])


# -- answers -------------------------------------------------------------------------------------


def likelihood_alone(model):
    return {"score": lambda log_p, lengths, unconditional: log_p}


def length_and_habit_do_not_count(model):
    """Three answers to whose tokens the question adds alike are equally good, however long, and
    however frequent without it."""
    lengths, habit = torch.tensor([1.0, 3.0, 1.0]), torch.tensor([-2.0, -9.0, -5.0])
    scores = model.score(habit + 0.5 * lengths, lengths, habit)
    assert torch.allclose(scores, torch.full((3,), 0.5))


# -- contamination -------------------------------------------------------------------------------

SEEN = "It was the best of times, it was the worst of times, it was the age of wisdom. It was"


def raw_words(model):
    return {"words": str.split}


def punctuation_hides_nothing(model):
    other = "it was the best of times it was the worst of times it was the age"
    assert list(model.contaminated([other, "no " * 20], SEEN)) == [
        "it was the best of times it was the worst of times it",
        None,
    ]


def short_examples(model):
    def grams(text, n):
        found = model.words(text)
        return [tuple(found[i : i + n]) for i in range(len(found) - n + 1)]

    return {"grams": grams}


def short_examples_are_found(model):
    assert list(model.contaminated(["the age of wisdom", "the age of ice", ""], SEEN)) == [
        "the age of wisdom",
        None,
        None,
    ]
