# Decide here: how is each deviation put back into the newest version, and what holds without it
#   alone?
"""How each deviation is put back into version 2, and what holds without it.

Pairs of functions: the first gets version 2's `model` and returns what it replaces there, the
second raises AssertionError when the deviation is in. deviations.py says what they are about.
"""

from __future__ import annotations

import torch

L2 = 3e-4  # lambda of the penalty, its best in experiments.py; that of decoupled decay is 0.3


def near(found, expected, tolerance=1e-5):
    assert abs(found - expected) <= tolerance, (found, expected)


# -- the count of steps and the corrections ----------------------------------------------------


def counter_per_tensor(model):
    """One counter for the optimizer, advanced once per tensor."""

    def advance(self, parameters):
        last = max((int(state["step"]) for state in self.state.values()), default=0)
        found = {}
        for t, p in enumerate(parameters, start=last + 1):
            state = self.state.setdefault(p, {})
            state.setdefault("m", torch.zeros_like(p)), state.setdefault("v", torch.zeros_like(p))
            state["step"] = t
            found[t] = [p]
        return found

    return {"AdamW.advance": advance}


def every_tensor_begins_with_alpha(model):
    """The first step of every tensor is alpha."""
    weights = [torch.zeros(2, 2) for _ in range(3)]
    optimizer = model.AdamW(weights, lr=0.1, weight_decay=0.0)
    for w in weights:
        w.grad = torch.ones(2, 2)
    optimizer.step()
    for w in weights:
        near(w[0, 0].item(), -0.1)
