"""A picture of what Adam does about scales: four ways down one narrow bowl, and Adam's stepsizes.

`python -m papers.adam.evidence.pictures docs/pictures` draws it, with version 2's moments and
corrections.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from common.reports import style
from common.reports.drawing import run_main
from papers.adam.version2.model import corrections, denominators, moments_

CURVATURE = torch.tensor([1.0, 40.0])  # of the bowl along x and y
START = torch.tensor([-4.0, 0.9])
STEPS, SHOWN = 60, 100  # of the paths; of the stepsizes
ALPHA, BETAS, EPSILON = 0.1, (0.9, 0.999), 1e-8


def gradient(x: Tensor) -> Tensor:
    """Of x^T diag(curvature) x / 2."""
    return CURVATURE * x


def descent(rate: float, momentum: float, steps: int) -> Iterator[Tensor]:
    """Where plain gradient descent is after each step, with momentum or without."""
    x, speed = START, torch.zeros(2)
    for _ in range(steps):
        speed = momentum * speed - rate * gradient(x)
        x = x + speed
        yield x


def adam(corrected: bool, steps: int) -> Iterator[Tensor]:
    """Where Adam is after each step, with its bias correction or without."""
    x, m, v = START, torch.zeros(2), torch.zeros(2)
    for t in range(1, steps + 1):
        moments_([m], [v], [gradient(x)], *BETAS)
        first, second = corrections(t, *BETAS) if corrected else (1.0, 1.0)
        (below,) = denominators([v], second, EPSILON)
        x = x - ALPHA * (m / first) / below
        yield x


def path(found: Iterator[Tensor]) -> np.ndarray:
    """(T + 1, 2): the start, and where each step leads."""
    return torch.stack([START, *found]).numpy()


WAYS = {
    "gradient descent": lambda steps: descent(0.045, 0.0, steps),
    "momentum": lambda steps: descent(0.02, 0.9, steps),
    "Adam without correction": lambda steps: adam(False, steps),
    "Adam": lambda steps: adam(True, steps),
}


def paths(axes) -> None:
    x, y = np.meshgrid(np.linspace(-4.4, 2.4, 120), np.linspace(-1.3, 1.3, 120))
    height = (CURVATURE[0].item() * x**2 + CURVATURE[1].item() * y**2) / 2
    axes.contour(x, y, height, levels=[0.3, 1.5, 4, 9, 18, 30], colors="#c4c4c4", linewidths=0.8)
    for (name, way), colour in zip(WAYS.items(), style.PALETTE):
        axes.plot(*path(way(STEPS)).T, ".-", c=colour, lw=1.2, ms=4, label=name)
    axes.plot(0, 0, "*", c=style.INK, ms=11)
    axes.set(xlim=(-4.4, 2.4), ylim=(-1.3, 1.3))
    style.finish(axes, f"{STEPS} steps down a narrow bowl", "x, curvature 1", "y, curvature 40")


def stepsizes(axes) -> None:
    for name, colour in list(zip(WAYS, style.PALETTE))[2:]:
        step = np.abs(np.diff(path(WAYS[name](SHOWN)), axis=0)) / ALPHA
        axes.plot(range(1, SHOWN + 1), step[:, 0], c=colour, label=name)
    axes.axhline(1, ls="--", lw=0.8, c=style.FAINT)
    axes.set_ylim(bottom=0)
    style.finish(axes, "How far a step goes along x", "step", "length / alpha")


def main(folder: str) -> None:
    with style.theme():
        figure, (left, right) = style.canvas([2.5], columns=2, left=0.7, gap=0.75, legend=2)
        paths(left)
        stepsizes(right)
        handles, names = left.get_legend_handles_labels()
        figure.legend(handles, names, loc="lower left", ncols=4, fontsize=9)
        style.keep(figure, Path(folder) / "adam-paths.svg")


if __name__ == "__main__":
    run_main(main)
