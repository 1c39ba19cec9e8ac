"""How each deviation is put back into version 2, and what then no longer holds.

Pairs of functions: the first gets version 2's `model` and returns what it replaces there, the
second raises AssertionError when the deviation is in. deviations.py says what they are about.
"""

from __future__ import annotations

import numpy as np
import torch

RARE = 4.0  # a count below x_max


def table():
    """Counts of six words (V, V): symmetric, with zeros."""
    rng = np.random.default_rng(0)
    x = rng.integers(0, 4, size=(6, 6)) * 1.5
    return x + x.T


def learner(model, **settings):
    """A small model that learns from it in one block."""
    config = model.Config(size=3, groups=1, steps=9, **settings)
    torch.manual_seed(0)
    net = model.GloVe(config, 6)
    return model.Learner(config, net, Masters(net), table(), seed=0)


class Masters:
    """Weights in float32 are their own masters."""

    def __init__(self, net):
        self.masters = list(net.parameters())

    def give_weights(self):
        pass


# -- AdaGrad -------------------------------------------------------------------------------------


def rate_in_squares(model):
    return {"AdaGrad.squared": lambda self, rate, gradient: (rate * gradient) ** 2}


def moved(model, rates):
    """How far a weight goes by two gradients of 1, at each of the rates."""
    found = []
    for rate in rates:
        weight = torch.zeros(1)
        optimizer = model.AdaGrad([weight])
        for _ in range(2):
            optimizer.step([rate], [torch.ones(1)], [slice(None)])
        found.append(-weight.item())
    return found


def half_the_rate_goes_half_as_far(model):
    whole, half = moved(model, (0.2, 0.1))
    np.testing.assert_allclose(whole, 2 * half, rtol=1e-5)


def biases_without_rate(model):
    return {"rates": lambda config: [config.learning_rate] * 2 + [1.0] * 2}


def biases_take_the_rate(model):
    own = learner(model, learning_rate=0.1)
    before = own.net.b.detach().clone()
    own.step(0)
    assert (own.net.b - before).abs().max() <= 0.1001


def root_before_the_sum(model):
    """glove.c: a step is divided by the root of the squares before it."""

    def step(self, rates, gradients, places):
        for p, rate, gradient, place in zip(self.parameters, rates, gradients, places):
            squares = self.state[p]["squares"][place]
            p.data[place] -= rate * gradient / squares.sqrt()
            squares += self.squared(rate, gradient)

    return {"AdaGrad.step": step}


def no_step_is_longer_than_the_rate(model):
    weight = torch.zeros(1)
    model.AdaGrad([weight]).step([0.1], [torch.full((1,), 1e4)], [slice(None)])
    assert abs(weight.item()) <= 0.1001


def no_clipping(model):
    return {"clip": lambda gradients, limit: gradients}


def gradients_are_bounded(model):
    (clipped,) = model.clip([torch.tensor([-1e9, 0.5, 1e9])], 100.0)
    assert clipped.tolist() == [-100.0, 0.5, 100.0]


# -- counting ------------------------------------------------------------------------------------


def flat_window(model):
    return {"nearness": lambda distance: 1.0}


def what_is_near_counts_more(model):
    x = model.count(np.arange(4), np.array([0, 4]), 4, window=3)
    np.testing.assert_allclose(x[0], [0, 1, 1 / 2, 1 / 3])


# -- the weights of pairs, and their logarithms ---------------------------------------------------


def linear_weight(model):
    return {"weight": lambda x, x_max, alpha: (x / x_max).clamp(max=1.0)}


def rare_pairs_count_more_than_their_share(model):
    found = model.weight(torch.tensor([0.0, RARE, 100.0, 900.0]), 100.0, 0.75)
    np.testing.assert_allclose(found, [0.0, 0.04**0.75, 1.0, 1.0], rtol=1e-6)


def unweighted(model):
    return {"weight": lambda x, x_max, alpha: (x > 0).float()}


def plus_log(model):
    plain = model.blocks

    def blocks(x, config):
        return [(r, c, -logs, weights, n) for r, c, logs, weights, n in plain(x, config)]

    return {"blocks": blocks}


def what_occurs_often_gets_a_large_product(model):
    ((_, _, logs, _, _),) = model.blocks(np.full((2, 2), np.e), model.Config(groups=1))
    np.testing.assert_allclose(logs, np.ones((2, 2)), rtol=1e-6)


# -- the order of the blocks, and what a word's vector is ------------------------------------------


def unshuffled(model):
    return {"visited": lambda step, count, seed: step % count}


def passes_differ_and_miss_nothing(model):
    passes = [[model.visited(p * 16 + i, 16, seed=0) for i in range(16)] for p in range(2)]
    assert passes[0] != passes[1]
    assert all(sorted(order) == list(range(16)) for order in passes)


def word_vectors_alone(model):
    return {"vectors": lambda net: net.w.detach().float().cpu().numpy()}


def contexts_count_as_well(model):
    net = model.GloVe(model.Config(size=3), 5)
    before = model.vectors(net)
    with torch.no_grad():
        net.w_context += 1
    np.testing.assert_allclose(model.vectors(net), before + 1, rtol=1e-5)
