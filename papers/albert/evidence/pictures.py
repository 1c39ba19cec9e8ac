"""A picture of one layer that is used again and again: what each use still changes, what it weighs.

`python -m papers.albert.evidence.pictures WEIGHTS docs/pictures` takes the folder with the weights
of a version 2, as a training leaves it.
"""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from common.ask.checkpoint import read_checkpoint
from common.paper import room
from common.reports import style
from common.reports.drawing import run_main
from papers.albert.task import Exam
from papers.albert.version2 import model
from papers.bert.version2 import model as bert

USES, READ = 12, 64  # of the layer; sentences of the test


@torch.no_grad()
def changes(net, tokens: Tensor) -> tuple[list[float], list[float]]:
    """Of each use of the layer the cosine of what goes in with what comes out, and their distance
    in parts of what goes in: means over the tokens (B, T)."""
    x, there = net.embed(tokens), tokens != net.pad
    hidden, cosines, distances = bert.barred(x, ~there), [], []
    for _ in range(USES):
        before, x = x, net.layer(0)(x, hidden)
        cosines.append(F.cosine_similarity(before, x, dim=-1)[there].mean().item())
        distances.append(((x - before).norm(dim=-1) / before.norm(dim=-1))[there].mean().item())
    return cosines, distances


def parameters(net) -> int:
    return sum(p.numel() for p in net.layers.parameters())


def main(weights: str, folder: str) -> None:
    checkpoint = read_checkpoint(room("albert"), Path(weights))
    exam = Exam.of(checkpoint)
    sizes = exam.symbols, len(exam.classes)
    net = checkpoint.fill(lambda: model.ALBERT(checkpoint.config, *sizes), "model.")
    cosines, distances = changes(net, exam.rows(exam.sentences["test"][:READ]))
    uses, trained = range(1, USES + 1), net.config.layers
    one = parameters(net)
    with style.theme():
        figure, (left, right) = style.canvas([2.2], columns=2, left=0.75, gap=0.95)
        left.axvspan(0.5, trained + 0.5, color=style.PALETTE[7], alpha=0.2, lw=0)
        left.plot(uses, cosines, "o-", c=style.PALETTE[0], label="cosine of in and out")
        left.plot(uses, distances, "s-", c=style.PALETTE[3], label="distance / size")
        left.legend(loc="upper right", fontsize=8)
        style.finish(left, "What each use of the layer changes", "use of the layer")
        right.plot(uses, [one] * USES, c=style.PALETTE[0], label="ALBERT: one layer")
        right.plot(
            uses, [one * n for n in uses], c=style.PALETTE[3], label="BERT: one for each use"
        )
        right.set_ylim(bottom=0)
        right.yaxis.set_major_formatter("{x:,.0f}")
        right.legend(loc="upper left", fontsize=8)
        style.finish(right, "What its layers weigh", "layers deep", "parameters")
        style.keep(figure, Path(folder) / "albert-uses.svg")


if __name__ == "__main__":
    run_main(main)
