"""How the claims of claims.py are measured; the trainings are in experiments.py."""

from __future__ import annotations

import numpy as np
import torch

from common.evidence.claims import Equal, Exact
from common.evidence.measuring import equal, worst
from common.exams.adding import adding
from common.exams.digits import generator
from papers.irnn import PAPER
from papers.irnn.evidence import twins
from papers.irnn.task import Exam
from papers.irnn.version1 import model as model1
from papers.irnn.version2 import model as model2

STEPS = 784  # pixels of an image of MNIST
HIDDEN = 100


def begin(identity: float = 1.0) -> model2.Layer:
    """Version 2's layer as it begins."""
    torch.manual_seed(0)
    return model2.Layer(1, HIDDEN, identity)


def silence(identity: float, steps: int) -> tuple[torch.Tensor, torch.Tensor]:
    """A positive state (H,) in H rows, and those after so many steps without input."""
    h = (torch.rand(HIDDEN, generator=generator(1)) + 0.1).repeat(HIDDEN, 1).requires_grad_()
    _, last = begin(identity)(torch.zeros(HIDDEN, steps, 1), h)
    return h, last


# -- exact --------------------------------------------------------------------------------------


def state_is_kept() -> Exact:
    """After 784 steps without input, the largest change of a state, which no ReLU cuts."""
    with torch.no_grad():
        h, last = silence(1.0, STEPS)
    return Exact(worst([(last, h)]), 0.0)


def jacobian(identity: float, steps: int) -> torch.Tensor:
    """dh_T / dh_0: the i-th row is that of unit i."""
    h, last = silence(identity, steps)
    return torch.autograd.grad(last.diagonal().sum(), h)[0]


def error_is_kept() -> Exact:
    """By autograd, and by version 1's own backward pass."""
    found = worst([(jacobian(1.0, STEPS), torch.eye(HIDDEN))])
    return Exact(max(found, by_hand()), 0.0)


def by_hand() -> float:
    """How far the error that version 1 brings to its first step is from the one at its last.

    One image whose first pixel is bright and all others dark: so the gradient of w_xh is the
    first step's error.
    """
    config = model1.Config(hidden=HIDDEN, std=0.5)
    weights = model1.initialise(config, 10, np.random.default_rng(0))
    x = np.zeros((1, STEPS))
    x[:, 0] = 1.0
    states, _ = model1.forward(weights, x)
    dy = np.random.default_rng(1).standard_normal((1, 10))
    gradients = model1.backward(weights, x, states, dy)
    at_last = (dy @ weights["w_hy"].T) * (states[-1] > 0)
    return worst([(gradients["w_xh"], at_last[0])])


def scaled_error(identity: float = 0.5, steps: int = 20) -> Exact:
    """a = 0.5, whose powers a computer knows exactly."""
    wanted = identity**steps * torch.eye(HIDDEN)
    return Exact(worst([(jacobian(identity, steps), wanted)]), 0.0)


def gradient_check() -> Exact:
    """The largest relative error of hand-written gradients against central differences."""
    return Exact(worst_gradient_error(np.random.default_rng(0)), 0.0, tolerance=1e-6)


def worst_gradient_error(rng: np.random.Generator, delta: float = 1e-5) -> float:
    """On a small network in float64; over all components of all weights."""
    weights, x, labels = twins.example(rng)
    _, gradients = model1.loss_and_gradients(weights, x, labels)
    found = 0.0
    for name, w in weights.items():
        for i in np.ndindex(w.shape):
            kept, losses = w[i], []
            for sign in (1, -1):
                w[i] = kept + sign * delta
                losses.append(model1.loss_and_gradients(weights, x, labels)[0])
            w[i] = kept
            numeric, exact = (losses[0] - losses[1]) / (2 * delta), gradients[name][i]
            found = max(found, abs(numeric - exact) / max(abs(numeric) + abs(exact), 1e-3))
    return float(found)


def rank_at_first() -> Exact:
    """Of the last states of the validation images, as mnist_irnn.py begins."""
    pixels, _ = Exam(PAPER.dataset, 0).validation
    weights = model1.initialise(model1.Config(), 10, np.random.default_rng(0))
    states, _ = model1.forward(weights, pixels.double().numpy())
    return Exact(int(np.linalg.matrix_rank(states[-1])), 1)


def constant_answer() -> Exact:
    """The variance of a sum of two numbers from 0 to 1 is 2 / 12; also by drawing a million."""
    _, sums = adding(10).batch(generator(0), 1_000_000)
    drawn = (sums - 1).square().mean().item()
    return Exact(2 / 12, 0.1767, tolerance=5e-5, note=f"a million sums: {drawn:.4f}")


# -- equivalence --------------------------------------------------------------------------------


def layer_is_torchs() -> Equal:
    """States, last state and all gradients against torch.nn.RNN with copied weights."""
    return Equal(twins.worst(), 1e-5)


def versions_agree() -> Equal:
    return equal(twins.versions(), 1e-12)


def rmsprop_is_torchs() -> Equal:
    return equal(twins.rmsprop(), 1e-12)
