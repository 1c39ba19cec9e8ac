"""A picture of a difference: two maps of a trained head, and what is left when one is taken away.

`python -m papers.differential_transformer.evidence.pictures WEIGHTS docs/pictures` takes the folder
with the weights of a version 2, as a training leaves it, and looks from the last question of a
test stretch, with the head that gives the needle asked for most.
"""

from __future__ import annotations

from pathlib import Path

import torch

from common.ask.checkpoint import read_checkpoint
from common.paper import room
from common.reports import coloured, style
from common.reports.drawing import run_main
from papers.differential_transformer.task import Exam
from papers.differential_transformer.version2 import model

STRETCH = 0  # of the test
COLUMNS, LETTER = 74, 9
MOST = 0.1  # weight, where a colour is full


@torch.no_grad()
def from_question(net, exam: Exam) -> tuple[list[str], int, dict[str, torch.Tensor]]:
    """The tokens up to the last question, the place of its needle, and by name what the head that
    gives it most gives each of them."""
    question = int(exam.test.asked[STRETCH].argmax())
    end, needle = (int(places[STRETCH, question]) for places in (exam.test.asked, exam.test.found))
    tokens = exam.test.tokens[STRETCH : STRETCH + 1, : end + 1]
    layers = list(net.look(tokens))
    given = torch.stack([weights[0, :, -1, needle] for _, weights, _ in layers])
    layer, head = divmod(int(given.argmax()), given.shape[1])
    scores, difference, _ = layers[layer]
    one, two = (scores + model.barred(end + 1)).softmax(-1)[0, 2 * head : 2 * head + 2, -1]
    lam = net.blocks[layer].attention.lam()
    name = f"Layer {layer + 1}, head {head + 1}"
    parts = {
        f"{name}, first map": one,
        f"{name}, second map, times lambda = {lam:.2f}": lam * two,
        f"{name}, their difference": difference[0, head, -1],
    }
    return [exam.vocabulary.decode([i]) for i in tokens[0].tolist()], needle, parts


def main(weights: str, folder: str) -> None:
    checkpoint = read_checkpoint(room("differential_transformer"), Path(weights))
    exam = Exam(checkpoint.data)
    net = checkpoint.fill(lambda: model.DiffTransformer(checkpoint.config, exam.symbols), "model.")
    tokens, needle, parts = from_question(net, exam)
    lines = coloured.places(tokens, COLUMNS)[-1][0] + 1
    with style.theme():
        figure, rows = style.canvas([0.19 * lines] * len(parts), left=0.15, below=0.05)
        for axes, (name, part) in zip(rows, parts.items()):
            colours = {"cmap": coloured.BOTH, "vmin": -MOST, "vmax": MOST}
            coloured.text(axes, tokens, part.numpy(), COLUMNS, LETTER, **colours)
            found, others = part[needle], part.abs().sum() - part[needle].abs()
            said = f"{found:.2f} on {tokens[needle]}, {others:.2f} on all else"
            axes.set_title(f"{name}: {said}", fontsize=10)
        shape = {"orientation": "horizontal", "shrink": 0.5, "aspect": 40, "pad": 0.05}
        bar = figure.colorbar(rows[0].images[0], ax=rows, extend="both", **shape)
        bar.set_ticks([-MOST, 0, MOST])
        bar.set_label(f"weight when {tokens[-1]} has been read")
        style.keep(figure, Path(folder) / "differential_transformer-maps.png")


if __name__ == "__main__":
    run_main(main)
