# Decide here: how is each deviation put back into the newest version, and what holds without it
#   alone?
"""Mistakes and choices to put into version 2's model, each with what must hold without it.

`deviations.py` says of each where it comes from. An injection is a function from the
model to replacements of its names; an invariant fails with the injection in.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

# -- the loss is summed over the sequence ------------------------------------------------------


def summed_loss(model):
    """The gradient of a sum over the steps; what is shown stays nats per character."""

    def loss(scores, targets):
        mean = F.cross_entropy(scores.float().flatten(0, 1), targets.flatten())
        return mean.detach() + (mean - mean.detach()) * targets.shape[1]

    return {"loss": loss}


def gradient_is_per_character(model):
    """Reading the same sequence twice must not double the gradient."""
    scores = torch.zeros(2, 8, 5, requires_grad=True)
    targets = torch.arange(16).view(2, 8) % 5

    def slope(times):
        s = scores.repeat(1, times, 1)
        return torch.autograd.grad(model.loss(s, targets.repeat(1, times)), scores)[0]

    assert torch.allclose(slope(1), slope(3), atol=1e-6)


# -- Adagrad, constant rate --------------------------------------------------------------------


def adagrad(model):
    """Adagrad at min-char-rnn's rate of 0.1, which falls to zero like Adam's."""

    def optimizer(parameters, config):
        return torch.optim.Adagrad(parameters, lr=0.1, eps=1e-8)

    def learning_rate(i, config):
        return 0.1 * (1 - i / config.steps)

    return {"optimizer": optimizer, "learning_rate": learning_rate}
