"""A picture of replaced tokens: what the generator put in, and what the discriminator suspects.

`python -m papers.electra.evidence.pictures WEIGHTS docs/pictures` takes the folder with the weights
of a version 2, as a training leaves it.
"""

from __future__ import annotations

from pathlib import Path

import torch
from sklearn.metrics import roc_auc_score
from torch import Tensor

from common.ask.checkpoint import read_checkpoint
from common.paper import room
from common.reports import coloured, style
from common.reports.drawing import run_main
from papers.electra.task import Exam
from papers.electra.version2 import model

SHOWN, JUDGED, SEED = 6, 400, 1  # sentences of the test
COLUMNS, LETTER = 78, 9
MOST = 0.3  # probability, where red is full


@torch.no_grad()
def suspected(net, hiding: model.Hiding, tokens: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The text with what the generator drew, which tokens it changed, and how likely each is held
    for a replaced one, all (T,)."""
    seen, targets = hiding(tokens)
    at = targets >= 0
    corrupted = tokens.masked_scatter(at, model.draw(net.foretold(seen, at)))
    marks = net.discriminator.marks(corrupted, model.padding_of(corrupted, tokens))
    return corrupted[0], model.is_replaced(corrupted, tokens, at)[0], marks[0].sigmoid()


def written(exam: Exam, corrupted: Tensor, replaced: Tensor) -> list[str]:
    """The pieces as words, those that were replaced in brackets."""
    found = []
    for i, changed in zip(corrupted[1:-1].tolist(), replaced[1:-1].tolist()):
        piece = exam.pieces[i]
        shown = piece.removeprefix("##")
        space = "" if piece.startswith("##") else " "
        found.append(f"{space}[{shown}]" if changed else f"{space}{shown}")
    return found


def main(weights: str, folder: str) -> None:
    checkpoint = read_checkpoint(room("electra"), Path(weights))
    exam = Exam.of(checkpoint)
    sizes = exam.symbols, len(exam.classes)
    net = checkpoint.fill(lambda: model.ELECTRA(checkpoint.config, *sizes), "model.")
    hiding = model.Hiding(exam.pieces, checkpoint.config.share)
    torch.manual_seed(SEED)
    rows = (exam.rows([tokens]) for tokens in exam.sentences["test"][:JUDGED])
    found = [suspected(net, hiding, tokens) for tokens in rows]
    replaced, marked = (torch.cat([each[i][1:-1] for each in found]) for i in (1, 2))
    better = 100 * roc_auc_score(replaced, marked)
    lines = [(written(exam, *each[:2]), each[2][1:-1]) for each in found if each[1].any()]
    lines = [line for line in lines if sum(map(len, line[0])) <= COLUMNS][:SHOWN]
    with style.theme():
        figure, panels = style.canvas([0.24] * len(lines), left=0.15, below=-0.3)
        for axes, (words, values) in zip(panels, lines):
            colours = {"cmap": coloured.RISING, "vmin": 0, "vmax": MOST}
            coloured.text(axes, words, values.numpy(), COLUMNS, LETTER, **colours)
        panels[0].set_title("In brackets: put in by the generator. Red: held for replaced", size=10)
        shape = {"orientation": "horizontal", "shrink": 0.5, "aspect": 40, "pad": 0.06}
        bar = figure.colorbar(panels[0].images[0], ax=panels, **shape)
        bar.set_label(
            f"probability; a replaced token has the higher one in {better:.0f} of 100 pairs"
        )
        style.keep(figure, Path(folder) / "electra-replaced.png")


if __name__ == "__main__":
    run_main(main)
