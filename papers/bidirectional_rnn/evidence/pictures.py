"""A picture of what each direction knows: a sentence on the colours of what either one says of it.

`python -m papers.bidirectional_rnn.evidence.pictures WEIGHTS docs/pictures` takes the folder with
the weights of a version 2, as a training leaves it.
"""

from __future__ import annotations

from pathlib import Path

import torch

from common.ask.checkpoint import read_checkpoint
from common.paper import room
from common.reports import coloured, style
from common.reports.drawing import run_main
from papers.bidirectional_rnn.task import Exam
from papers.bidirectional_rnn.version2 import model

SENTENCE = "it starts as a funny and charming film but ends as a dull , tired mess"
LETTER = 10


@torch.no_grad()
def said(net, tokens: torch.Tensor) -> dict[str, torch.Tensor]:
    """What the states at each word give the answer "for" above "against", by direction (T,)."""
    lengths = torch.tensor([tokens.shape[1]])
    states = net.states(net.embed(tokens), lengths)[0]
    weights = net.w_y[:, 1] - net.w_y[:, 0]
    forward, backward = (states * weights).unflatten(1, (2, -1)).sum(2).T
    return {
        "Read from the left": forward,
        "Read from the right": backward,
        "Both": forward + backward + net.b_y[1] - net.b_y[0],
    }


def main(weights: str, folder: str) -> None:
    checkpoint = read_checkpoint(room("bidirectional_rnn"), Path(weights))
    exam = Exam(checkpoint.data)
    net = checkpoint.fill(lambda: model.BRNN(checkpoint.config, exam.symbols), "model.")
    parts = said(net, torch.tensor([exam.encode(SENTENCE)]))
    words = [f"{word} " for word in SENTENCE.split()]
    most = max(float(part.abs().max()) for part in parts.values())
    with style.theme():
        figure, rows = style.canvas([0.24] * len(parts), left=0.15, below=0.06)
        for axes, (name, values) in zip(rows, parts.items()):
            colours = {"cmap": coloured.BOTH, "vmin": -most, "vmax": most}
            coloured.text(axes, words, values.numpy(), len(SENTENCE) + 1, LETTER, **colours)
            axes.set_title(f"{name}: the mean is {values.mean():+.2f}", fontsize=10)
        shape = {"orientation": "horizontal", "shrink": 0.5, "aspect": 40, "pad": 0.08}
        bar = figure.colorbar(rows[0].images[0], ax=rows, **shape)
        bar.set_label("what is said at a word: below zero against the film, above for it")
        style.keep(figure, Path(folder) / "bidirectional_rnn-directions.png")


if __name__ == "__main__":
    run_main(main)
