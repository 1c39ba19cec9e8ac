"""A picture of what the identity does at the start: a state that is kept.

`python -m papers.irnn.evidence.pictures docs/pictures` feeds one pulse to layers of version 2 that
differ in their first recurrence alone, and nothing after it. It needs no training.
"""

from __future__ import annotations

from pathlib import Path

import torch

from common.reports import style
from common.reports.drawing import run_main
from papers.irnn.version2.model import Layer

HIDDEN, STEPS, SEED = 100, 64, 1  # steps: as many as a digit of the exam has pixels


def random(scale: float):
    """A recurrence of independent normal weights, whose products keep sizes at a scale of 1."""
    return scale * HIDDEN**-0.5 * torch.randn(HIDDEN, HIDDEN)


STARTS = {  # first recurrence
    "identity": lambda: torch.eye(HIDDEN),
    "0.9 times the identity": lambda: 0.9 * torch.eye(HIDDEN),
    "random": lambda: random(1.0),
    "random, twice as large": lambda: random(2.0),
}


@torch.no_grad()
def left(recurrence: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Of a pulse at the first of all steps: how large the state is after each step, and how much
    of its direction is left, both (T,)."""
    torch.manual_seed(SEED)
    layer = Layer(1, HIDDEN, input_std=1.0)
    layer.w_hh.copy_(recurrence)
    pulse = torch.zeros(1, STEPS, 1)
    pulse[0, 0] = 1.0
    states = layer(pulse)[0][0]
    sizes = states.norm(dim=1)
    cosines = states @ states[0] / (sizes * sizes[0]).clamp(min=1e-30)
    return sizes / sizes[0], cosines


def main(folder: str) -> None:
    with style.theme():
        figure, (size, direction) = style.canvas([2.3], columns=2, left=1.05, gap=0.75, legend=2)
        torch.manual_seed(SEED)
        for (name, start), colour, line in zip(STARTS.items(), style.PALETTE, ("-", "--") * 2):
            sizes, cosines = left(start())
            size.semilogy(range(STEPS), sizes, line, c=colour, label=name)
            direction.plot(range(STEPS), cosines, line, c=colour)
        size.set_ylim(1e-6, 1e6)
        size.set_yticks([1e-6, 1e-3, 1, 1e3, 1e6], ["0.000001", "0.001", "1", "1,000", "1,000,000"])
        direction.set_ylim(-0.05, 1.05)
        after = "steps after the pulse"
        style.finish(size, "How large a pulse still is", after, "size of the state")
        style.finish(direction, "How much it is still itself", after, "cosine to the first state")
        handles, names = size.get_legend_handles_labels()
        figure.legend(handles, names, loc="lower left", ncols=4, fontsize=9)
        style.keep(figure, Path(folder) / "irnn-pulse.svg")


if __name__ == "__main__":
    run_main(main)
