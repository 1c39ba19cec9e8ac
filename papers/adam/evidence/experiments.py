"""Small trainings for the direction claims: a network of the exam by any update rule.

Rates and decays are chosen on seeds that no claim is judged on, each method on the same grid.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Sequence
from functools import cache

import torch

from common.exams.digits import score
from papers.adam import task
from papers.adam.evidence import twins
from papers.adam.version2 import model

CHOOSING = (100, 101, 102)  # seeds; params.yaml was chosen on the same
RATES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
BATCH = 128  # Sec. 6.1 and 6.2
GUESSING = math.log(10)  # nats: what a run that diverged is worth


@cache
def exam(seed: int) -> task.Exam:
    return task.Exam("digits", seed)


def train(rule: Callable, seed: int, alpha: Callable[[int], float], steps: int, hidden, **settings):
    """The exam's network after `steps` steps of `rule` with stepsize alpha(t), t from 1."""
    net = exam(seed).network(hidden)
    parameters = list(net.parameters())
    states: list[dict] = [{} for _ in parameters]
    for t in range(1, steps + 1):
        value = task.loss(net, *exam(seed).batch(t - 1, BATCH))
        gradients = torch.autograd.grad(value, parameters)
        with torch.no_grad():
            for p, g, state in zip(parameters, gradients, states):
                p.copy_(rule(p, g, state, t, alpha(t), **settings))
    return net


def training_loss(net, seed: int) -> float:
    """Nats per image on the seed's training images; what diverged is worth a guess."""
    found = score(net, *exam(seed).train)["loss"]
    return found if math.isfinite(found) else GUESSING


def logistic(rule: Callable, seed: int, rate: float) -> float:
    """Training loss after ten passes of logistic regression with alpha / sqrt(t) (Sec. 6.1)."""
    net = train(rule, seed, lambda t: rate / t**0.5, steps=70, hidden=())
    return training_loss(net, seed)


def multilayer(rule: Callable, seed: int, rate: float) -> float:
    """Training loss of the exam's network after ten passes, constant rate (Sec. 6.2)."""
    net = train(rule, seed, lambda t: rate, steps=70, hidden=task.HIDDEN)
    return training_loss(net, seed)


def early(rule: Callable, seed: int, rate: float) -> float:
    """Training loss after five passes with beta2 = 0.9999 (Sec. 6.4, first epochs of Fig. 4)."""
    net = train(rule, seed, lambda t: rate, 35, task.HIDDEN, beta2=0.9999)
    return training_loss(net, seed)


@cache
def best_rate(trial: Callable, rule: Callable) -> float:
    """The rate of RATES with the lowest mean loss on CHOOSING."""
    return min(RATES, key=lambda rate: sum(trial(rule, seed, rate) for seed in CHOOSING))


def at_best(trial: Callable, rule: Callable, seeds: Sequence[int]) -> dict[int, float]:
    """Seed -> loss at the rule's best rate."""
    rate = best_rate(trial, rule)
    return {seed: trial(rule, seed, rate) for seed in seeds}


def at(trial: Callable, rule: Callable, rate: float, seeds: Sequence[int]) -> dict[int, float]:
    """Seed -> loss at a rate."""
    return {seed: trial(rule, seed, rate) for seed in seeds}


# -- decay: L2 or decoupled ----------------------------------------------------------------------

DECAYS = {False: (0.01, 0.03, 0.1, 0.3, 1.0), True: (1e-5, 1e-4, 3e-4, 1e-3, 3e-3)}
DECAY_RATE = 0.01


def decayed(l2: bool, weight_decay: float, seed: int) -> tuple[float, float]:
    """Validation and test loss of version 2's schedule with L2 or decoupled decay of matrices."""
    steps = 300

    def rule(p, g, state, t, alpha):
        coefficient = weight_decay if p.dim() > 1 else 0.0
        if l2:
            return twins.adam(p, g + coefficient * p, state, t, alpha)
        return twins.adam(p * (1 - alpha * coefficient), g, state, t, alpha)

    net = train(
        rule, seed, lambda t: DECAY_RATE * model.multiplier(t - 1, steps), steps, task.HIDDEN
    )
    return tuple(score(net, *part)["loss"] for part in (exam(seed).validation, exam(seed).test))


@cache
def best_decay(l2: bool) -> float:
    """The decay with the lowest mean validation loss on CHOOSING."""
    return min(DECAYS[l2], key=lambda wd: sum(decayed(l2, wd, s)[0] for s in CHOOSING))


# Reddi, Kale and Kumar 2018: convex problems on [-1, 1] on which Adam goes to the wrong end. The
# losses are linear, f_t(x) = c_t x, so a rule is told c_t and the sum of losses is easy: the best
# fixed point is -1 when the c_t sum to more than zero.


def follow(
    rule: Callable[..., float], slopes: Iterable[float], x: float, alpha: float, **settings
) -> tuple[float, float]:
    """Follow `rule` with stepsize alpha / sqrt(t); the last x, and the average regret to -1."""
    state: dict = {}
    regret, t = 0.0, 0
    for t, slope in enumerate(slopes, start=1):
        regret += slope * (x + 1)  # f_t(x) - f_t(-1)
        x = min(1.0, max(-1.0, rule(x, slope, state, t, alpha / t**0.5, **settings)))
    return x, regret / t


def theorem1(c: float, steps: int) -> list[float]:
    """c, -1, -1, c, ...: f_t = c x when t mod 3 = 1 (Thm. 1), for c > 2."""
    return [c if t % 3 == 1 else -1.0 for t in range(1, steps + 1)]


def theorem1_settings(c: float) -> dict[str, float]:
    """The setting of the proof: beta1 = 0, beta2 = 1 / (1 + c^2)."""
    return {"beta1": 0.0, "beta2": 1 / (1 + c * c), "epsilon": 0.0}


def stochastic(seed: int, steps: int) -> list[float]:
    """1010 with probability 0.01, else -10 (Sec. 5, synthetic experiments)."""
    draw = random.Random(seed)
    return [1010.0 if draw.random() < 0.01 else -10.0 for _ in range(steps)]
