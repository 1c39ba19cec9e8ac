"""A picture of what a language model does: at each letter of a line, what it expects next.

`python -m papers.gpt2.evidence.pictures WEIGHTS docs/pictures` takes the folder with the weights of
a version 2 that reads characters, as a training leaves it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from matplotlib.patches import Rectangle

from common.ask.checkpoint import read_checkpoint
from common.ask.visualize import label
from common.paper import room
from common.reports import coloured, style
from common.reports.drawing import run_main
from papers.gpt2.task import Exam
from papers.gpt2.version2 import model

LINE = "My gracious lord, the people of the town will follow"
BEST = 5  # letters that are shown for each place


@torch.no_grad()
def expected(exam: Exam, net) -> np.ndarray:
    """P of every letter at each place of the line, which begins a speech: (T, V)."""
    tokens = torch.tensor([list(map(int, exam.vocabulary.encode("\n\nKING:\n" + LINE)))])
    return net.read(tokens)[0][0, -len(LINE) - 1 : -1].softmax(-1).numpy()


def letters(axes, exam: Exam, p: np.ndarray, own: np.ndarray) -> None:
    """The likeliest letters of each place, dark where they are likely, the line's own framed."""
    best = np.argsort(-p, axis=1)[:, :BEST]
    axes.imshow(
        np.take_along_axis(p, best, 1).T, cmap=coloured.RISING, vmin=0, vmax=1, aspect="auto"
    )
    for (place, row), token in np.ndenumerate(best):
        sign = label(exam.vocabulary.decode([int(token)]))
        centred = {"ha": "center", "va": "center", "family": coloured.MONO}
        axes.text(place, row, sign, size=8, **centred)
        if token == own[place]:
            frame = {"fill": False, "ec": style.INK, "lw": 1.3, "zorder": 3}
            axes.add_patch(Rectangle((place - 0.47, row - 0.45), 0.94, 0.9, **frame))
    axes.set_xticks([])
    axes.set_yticks(range(BEST), ["likeliest", *(f"{n}." for n in range(2, BEST + 1))], fontsize=8)
    axes.grid(False)
    style.finish(axes, "What GPT-2 expects at each letter; framed: what comes")


def surprise(axes, p: np.ndarray, own: np.ndarray) -> None:
    bits = -np.log2(p[np.arange(len(own)), own])
    axes.bar(range(len(own)), bits, color=style.PALETTE[3], width=0.8)
    axes.set_xlim(-0.5, len(own) - 0.5)
    axes.set_xticks(range(len(own)), map(label, LINE), family=coloured.MONO, fontsize=8)
    axes.grid(False, axis="x")
    style.finish(axes, f"What each letter costs; the mean is {bits.mean():.2f} bits", y="bits")


def main(weights: str, folder: str) -> None:
    checkpoint = read_checkpoint(room("gpt2"), Path(weights))
    exam = Exam(checkpoint.data, checkpoint.config, model.vocabulary)
    net = checkpoint.fill(lambda: model.GPT2(checkpoint.config, exam.symbols), "model.")
    p, own = expected(exam, net), np.asarray(exam.vocabulary.encode(LINE))
    with style.theme():
        figure, (above, below) = style.canvas([1.0, 0.9], below=0.1)
        letters(above, exam, p, own)
        surprise(below, p, own)
        style.keep(figure, Path(folder) / "gpt2-next.png")


if __name__ == "__main__":
    run_main(main)
