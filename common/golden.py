"""The golden run: a version's first steps and a small evaluation, the same on every day."""

from __future__ import annotations

from common import engine as engines
from common.config import plan
from common.paper import Room
from common.training import Run


def golden(home: Room, version: str, steps: int = 20) -> list[float]:
    """The first training losses of a version, in this process: one thread, float32, seed 0."""
    made = plan(home, version, "smoke")
    losses: list[float] = []
    run = Run(
        config=made.config,
        seed=0,
        engine=engines.start(matmul="highest"),
        data=home.paper.dataset,
        report=lambda step, of, loss: losses.append(loss),
        limit=steps,
    )
    result = home.module(f"{version}.train").train(run)
    return [*losses, *(value for _, value in sorted(result.metrics.items()))]
