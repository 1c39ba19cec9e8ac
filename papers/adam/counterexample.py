"""Reddi, Kale and Kumar 2018: convex problems on [-1, 1] on which Adam goes to the wrong end.

The losses are linear, f_t(x) = c_t x, so a rule is told c_t and the sum of losses is easy: the
best fixed point is -1 when the c_t sum to more than zero.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable

Rule = Callable[..., float]


def run(
    rule: Rule, slopes: Iterable[float], x: float, alpha: float, **settings
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
