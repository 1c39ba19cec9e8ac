"""A picture of how examples in a window are used: the place before, the earlier copy, the answer.

`python -m papers.gpt3.evidence.pictures WEIGHTS docs/pictures` takes the folder with the weights of
a version 2, as a training leaves it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from matplotlib.patches import Rectangle

from common.ask.checkpoint import read_checkpoint
from common.paper import room
from common.reports import coloured, style
from common.reports.drawing import run_main
from papers.gpt3.task import Exam
from papers.gpt3.version2 import ask, model

WINDOW = "αΓβΛγΘαΓδΞβΛγΘδΞ"
KEYS = range(0, len(WINDOW), 2)
FRAME = {"fill": False, "ec": style.INK, "lw": 1.3, "zorder": 3}


def earlier(place: int) -> int | None:
    """Where the value of this place's key stood before; None where the key is new."""
    found = WINDOW.rfind(WINDOW[place], 0, place)
    return found + 1 if found >= 0 else None


AGAIN = [place for place in KEYS if earlier(place)]


@torch.no_grad()
def looked_at(exam: Exam, net) -> tuple[list[np.ndarray], np.ndarray]:
    """Attention weights of both layers, (H, T, T) each, and P of what comes after each key."""
    tokens = torch.tensor([list(map(int, exam.vocabulary.encode(WINDOW)))])
    p = net(tokens)[0].softmax(-1)
    return [m.numpy() for m in ask.maps(net, tokens)], np.array(
        [float(p[place, tokens[0, place + 1]]) for place in KEYS]
    )


def head(maps: np.ndarray, pairs: list[tuple[int, int]]) -> int:
    """The head that looks most from each first place of `pairs` to the second."""
    return int(np.argmax([sum(m[pair] for pair in pairs) for m in maps]))


def draw_map(axes, weights: np.ndarray, framed: list[tuple[int, int]], title: str) -> None:
    axes.imshow(weights, cmap=coloured.RISING, vmin=0, vmax=1)
    for row, column in framed:
        axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, **FRAME))
    places = range(len(WINDOW))
    axes.set_xticks(places, WINDOW, family=coloured.MONO, fontsize=9)
    axes.set_yticks(places, WINDOW, family=coloured.MONO, fontsize=9)
    axes.tick_params(length=0)
    axes.grid(False)
    style.finish(axes, title, "is looked at", "looks")


def draw_answers(axes, p: np.ndarray) -> None:
    colours = [style.PALETTE[0] if key in AGAIN else style.PALETTE[1] for key in KEYS]
    bars = axes.bar(range(len(p)), p, color=colours, width=0.6)
    axes.bar_label(bars, [f"{value:.2f}" for value in p], fontsize=8)
    names = [f"{WINDOW[key]} → {WINDOW[key + 1]}" for key in KEYS]
    axes.set_xticks(range(len(p)), names, family=coloured.MONO, fontsize=9)
    axes.set_ylim(0, 1.15)
    axes.grid(False, axis="x")
    title = "P of the value that comes: key is new (orange), was shown before (blue)"
    style.finish(axes, title, y="probability")


def main(weights: str, folder: str) -> None:
    checkpoint = read_checkpoint(room("gpt3"), Path(weights))
    exam = Exam(checkpoint.data, checkpoint.config)
    net = checkpoint.fill(lambda: model.GPT3(checkpoint.config, exam.symbols), "model.")
    (near, far), p = looked_at(exam, net)
    before = [(key + 1, key) for key in KEYS]  # from a value to its key
    copies = [(key, earlier(key)) for key in AGAIN]  # from a key to the value it had before
    with style.theme():
        figure, axes = style.canvas([3.4, 1.1], columns=2, left=0.7, gap=0.7, below=0.5)
        banded, dense, answers, unused = axes
        draw_map(banded, near[head(near, before)], before, "Banded layer: a value sees its key")
        draw_map(dense, far[head(far, copies)], copies, "Dense layer: a key finds its value")
        unused.remove()
        left, right = answers.get_position(), dense.get_position()
        answers.set_position([left.x0, left.y0, right.x1 - left.x0, left.height])
        draw_answers(answers, p)
        style.keep(figure, Path(folder) / "gpt3-recall.png")


if __name__ == "__main__":
    run_main(main)
