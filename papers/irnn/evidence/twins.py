"""The versions, torch.nn.RNN and torch.optim.RMSprop with the same weights."""

from __future__ import annotations

import numpy as np
import torch

from common.evidence import measuring
from papers.irnn.version1 import model as model1
from papers.irnn.version2 import model as model2

CLASSES = 7


def pair(inputs: int = 3, hidden: int = 9):
    """Version 2's layer and torch.nn.RNN with rectified units, with the same random weights."""
    torch.manual_seed(0)
    ours = model2.Layer(inputs, hidden, input_std=0.5)
    theirs = torch.nn.RNN(inputs, hidden, nonlinearity="relu", batch_first=True)
    with torch.no_grad():
        ours.w_hh += 0.1 * torch.randn(hidden, hidden)
        ours.b_h.normal_()
        theirs.weight_ih_l0.copy_(ours.w_xh.t()), theirs.weight_hh_l0.copy_(ours.w_hh.t())
        theirs.bias_ih_l0.copy_(ours.b_h), theirs.bias_hh_l0.zero_()
    return ours, theirs


def worst() -> float:
    """The largest difference of states, of the last state and of all gradients."""
    ours, theirs = pair()
    x = torch.randn(4, 11, 3, generator=torch.Generator().manual_seed(1))
    h = torch.rand(4, 9, generator=torch.Generator().manual_seed(2))
    (states, last), (their_states, their_last) = ours(x, h), theirs(x, h[None])
    for found in (states, their_states):
        (found.square().mean() / 100).backward()
    pairs = [
        (states, their_states),
        (last, their_last[0]),
        (ours.w_xh.grad, theirs.weight_ih_l0.grad.t()),
        (ours.w_hh.grad, theirs.weight_hh_l0.grad.t()),
        (ours.b_h.grad, theirs.bias_ih_l0.grad),
    ]
    return measuring.worst(pairs)


def as_version2(weights: dict[str, np.ndarray]) -> model2.IRNN:
    """Version 1's weights in version 2, in float64."""
    h, classes = weights["w_hy"].shape
    net = model2.IRNN(model2.Config(hidden=h), classes).double()
    layer = net.layer
    pairs = [
        (layer.w_xh, weights["w_xh"][None]),
        (layer.w_hh, weights["w_hh"]),
        (layer.b_h, weights["b_h"]),
        (net.w_hy, weights["w_hy"]),
        (net.b_y, weights["b_y"]),
    ]
    with torch.no_grad():
        for parameter, value in pairs:
            parameter.copy_(torch.from_numpy(value))
    return net


def example(rng: np.random.Generator, hidden: int = 6, pixels: int = 10):
    """Weights of version 1 that are not at their start, images (4, T) and labels."""
    weights = model1.initialise(model1.Config(hidden=hidden, std=0.5), CLASSES, rng)
    for w in weights.values():
        w += 0.1 * rng.standard_normal(w.shape)
    return weights, rng.random((4, pixels)), rng.integers(CLASSES, size=4)


def versions() -> list[tuple]:
    """Pairs of loss, scores and gradients: by hand, and by autograd."""
    weights, x, labels = example(np.random.default_rng(0))
    loss, gradients = model1.loss_and_gradients(weights, x, labels)
    net = as_version2(weights)
    scores = net(torch.from_numpy(x))
    their_loss = torch.nn.functional.cross_entropy(scores, torch.from_numpy(labels))
    their_loss.backward()
    return [
        (loss, their_loss.item()),
        (model1.forward(weights, x)[1], scores.detach().numpy()),
        (gradients["w_xh"], net.layer.w_xh.grad[0].numpy()),
        (gradients["w_hh"], net.layer.w_hh.grad.numpy()),
        (gradients["b_h"], net.layer.b_h.grad.numpy()),
        (gradients["w_hy"], net.w_hy.grad.numpy()),
        (gradients["b_y"], net.b_y.grad.numpy()),
    ]


def rmsprop() -> list[tuple]:
    """Pairs of weights after each of 100 steps with gradients of very different sizes."""
    rng, w = np.random.default_rng(0), {"w": np.linspace(-1, 1, 20)}
    other = torch.from_numpy(w["w"].copy()).requires_grad_()
    theirs = torch.optim.RMSprop([other], lr=0.01, alpha=0.9, eps=1e-7)
    memory, pairs = {"w": np.zeros(20)}, []
    for _ in range(100):
        g = rng.standard_normal(20) * np.logspace(-6, 1, 20)
        model1.rmsprop(w, {"w": g}, memory, 0.01)
        other.grad = torch.from_numpy(g)
        theirs.step()
        pairs.append((w["w"].copy(), other.detach().numpy().copy()))
    return pairs
