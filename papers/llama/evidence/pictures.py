"""A picture of RoPE: pairs that turn at paces of their own, and scores that know distance alone.

`python -m papers.llama.evidence.pictures docs/pictures` draws it with version 2's `turns` and
`rope`. It needs no training: nothing of it is learned.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from common.reports import style
from common.reports.drawing import run_main
from papers.llama.version2.model import rope, turns

PLACES, WIDTH, BASE = 64, 8, 10_000.0  # tokens, components of a head, of the paper's angles
ASKING = (30, 45, 60)  # places of the query
SIGNS = ("o", "s", "^")


def turned(x: Tensor) -> Tensor:
    """The vector (K) as it is at each place (T, K)."""
    rows = x.expand(1, PLACES, 1, WIDTH)
    return rope(rows, turns(0, PLACES, WIDTH, BASE))[0, :, 0]


def scores(queries: Tensor, keys: Tensor, place: int) -> np.ndarray:
    """What the query at a place gives itself, the key before it, ...: (30,)."""
    return (keys @ queries[place]).numpy()[place::-1][: min(ASKING)]


def pace(axes) -> None:
    one_hand = turned(torch.tensor([1.0, 0.0]).repeat(WIDTH // 2))
    for pair, colour in zip(range(WIDTH // 2), style.PALETTE):
        axes.plot(one_hand[:, 2 * pair], c=colour, lw=1.2, label=f"pair {pair + 1}")
    axes.set_ylim(-1.6, 1.1)
    axes.legend(loc="lower left", ncols=2, fontsize=7.5)
    style.finish(axes, "Each pair has its pace", "place", "cosine of its angle")


def compare(axes, title: str, queries: Tensor, keys: Tensor) -> None:
    for place, sign, colour in zip(ASKING, SIGNS, style.PALETTE):
        found, name = scores(queries, keys, place), f"query at place {place}"
        axes.plot(found, sign, ms=9 - 2.5 * ASKING.index(place), mfc="none", mec=colour, label=name)
        axes.plot(found, c=colour, lw=0.7)
    style.finish(axes, title, "distance to the key", "score")


def main(folder: str) -> None:
    rng = torch.Generator().manual_seed(1)
    q, k = torch.randn(2, WIDTH, generator=rng)
    table = 0.6 * torch.randn(PLACES, WIDTH, generator=rng)
    with style.theme():
        figure, (left, middle, right) = style.canvas([2.3], columns=3, left=0.8, gap=0.7)
        pace(left)
        compare(middle, "Turned, as here", turned(q), turned(k))
        compare(right, "A table, as GPT-2", q + table, k + table)
        middle.set_ylim(bottom=-7)
        middle.legend(loc="lower left", fontsize=7.5)
        style.keep(figure, Path(folder) / "llama-rope.svg")


if __name__ == "__main__":
    run_main(main)
