"""How each deviation is put back into version 2, and what holds without it.

Pairs of functions: the first gets version 2's `model` and returns what it replaces there, the
second raises AssertionError when the deviation is in. deviations.py says what they are about.
"""

from __future__ import annotations

import torch

L2 = 3e-4  # lambda of the penalty, its best in experiments.py; that of decoupled decay is 0.3


def moved(model, gradient, weight=0.0, count=1, **settings):
    """Where one weight is after `count` steps with the same gradient and lr 0.1."""
    theta = torch.full((1, 1), float(weight))
    optimizer = model.AdamW([theta], **{"lr": 0.1, "weight_decay": 0.0, **settings})
    for _ in range(count):
        theta.grad = torch.full((1, 1), float(gradient))
        optimizer.step()
    return theta.item()


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


def no_bias_correction(model):
    return {"corrections": lambda t, beta1, beta2: (1.0, 1.0)}


def first_step_is_alpha(model):
    near(moved(model, 1.0), -0.1)


# -- epsilon -----------------------------------------------------------------------------------


def epsilon_inside_root(model):
    def denominators(vs, correction, epsilon):
        return [(v / correction + epsilon).sqrt() for v in vs]

    return {"denominators": denominators}


def epsilon_is_outside(model):
    """A gradient that is large beside epsilon, but not beside its root."""
    near(moved(model, 1e-4), -0.1, 1e-4)


def epsilon_hat(model):
    def denominators(vs, correction, epsilon):
        return [(v.sqrt() + epsilon) / correction**0.5 for v in vs]

    return {"denominators": denominators}


def epsilon_is_not_corrected(model):
    """A gradient of the size of epsilon: half a step."""
    near(moved(model, 1e-8), -0.05, 1e-4)


# -- weight decay ------------------------------------------------------------------------------


def l2_in_gradient(model):
    """The gradient of lambda |theta|^2 / 2, which then runs through the moments.

    With L2's own lambda, so that the cost is that of the form and not of a wrong lambda.
    """

    def decay_(thetas, gradients, group):
        if group["weight_decay"]:
            torch._foreach_add_(gradients, thetas, alpha=L2)

    return {"decay_": decay_}


def decay_is_apart_from_the_gradient(model):
    """A weight of 1 without gradient shrinks by lr * lambda, whatever lambda is."""
    for weight_decay in (0.5, 0.1):
        near(moved(model, 0.0, weight=1.0, weight_decay=weight_decay), 1 - 0.1 * weight_decay)


def decay_everything(model):
    def groups(named_parameters, weight_decay):
        return [{"params": [p for _, p in named_parameters], "weight_decay": weight_decay}]

    return {"groups": groups}


def vectors_do_not_decay(model):
    named = {"w": torch.zeros(2, 3, requires_grad=True), "b": torch.zeros(3, requires_grad=True)}
    for group in model.groups(named.items(), 0.5):
        for p in group["params"]:
            assert group["weight_decay"] == (0.5 if p.dim() > 1 else 0.0)


def decay_after_step(model):
    def update_(thetas, gradients, ms, vs, t, group):
        plain(thetas, gradients, ms, vs, t, {**group, "weight_decay": 0.0})
        model.decay_(thetas, gradients, group)

    plain = model.update_
    return {"update_": update_}


def decay_is_of_the_weight_before(model):
    near(moved(model, 1.0, weight=1.0, weight_decay=0.5), 1 - 0.05 - 0.1)


# -- schedule and precision --------------------------------------------------------------------


def constant_rate(model):
    return {"multiplier": lambda i, steps: 1.0}


def rate_falls_to_zero(model):
    assert model.multiplier(0, 100) == 1
    assert model.multiplier(50, 100) < 0.51
    assert model.multiplier(99, 100) < 0.01


def bfloat16_weights(model):
    """Every step's result is rounded to bfloat16, as where weights have no float32 masters."""

    def update_(thetas, gradients, ms, vs, t, group):
        plain(thetas, gradients, ms, vs, t, group)
        for theta in thetas:
            theta.copy_(theta.bfloat16())

    plain = model.update_
    return {"update_": update_}


def small_steps_add_up(model):
    near(moved(model, 1.0, weight=1.0, count=100, lr=1e-3), 0.9, 1e-3)
