"""A picture of an alignment as it forms: one pair of sentences at five moments of one training.

`python -m papers.bahdanau_attention.evidence.pictures docs/pictures` trains version 2 with the
sizes of params.yaml, one seed and six times the steps, some minutes, and stops five times to look
where it would look if it wrote the German sentence. Weights are those of words: summed over the
byte pairs of an English one, the mean over those of a German one.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from common.config import plan
from common.exams import lexicon
from common.paper import room
from common.reports.drawing import run_main
from common.reports.style import keep, theme
from common.run.engine import Masters
from papers.bahdanau_attention.task import Exam, word_tokens
from papers.bahdanau_attention.version2 import model

SEED = 0
STEPS = 3_000
STOPS = (0, 300, 600, 1_200, STEPS)
ENGLISH = "A dog runs outside with a yellow toy."  # German puts "outside" last
SIZE = (7.6, 5.6)  # inches


def german(exam: Exam, english: str) -> str:
    """The translation of a test sentence, as a person wrote it."""
    return dict(exam.text["test"])[english]


def word_weights(exam: Exam, net, english: str, translation: str) -> np.ndarray:
    """The weight that each German word (a row) gives each English one (a column)."""
    source, target = exam.encode((english, translation))
    given = torch.tensor([source]), torch.tensor([target[:-1]])
    net.eval()
    with torch.no_grad():
        weights = net.write(*given)[1][0].numpy()
    net.train()
    columns, rows = word_tokens(exam, english.lower()), word_tokens(exam, translation)
    return np.array([[weights[row, column].sum(1).mean() for column in columns] for row in rows])


def moments(exam: Exam, pair: tuple[str, str]) -> list[tuple[int, np.ndarray]]:
    """The weights at five moments of a training, with the steps taken until then."""
    config = plan(room("bahdanau_attention"), "version2", "cpu", {"steps": STEPS}).config
    torch.manual_seed(SEED)
    net, batches = model.Search(config, exam.symbols), exam.batches(config.batch, SEED)
    learner, found = model.Learner(config, net, Masters(net.parameters()), SEED), []
    for i in range(STEPS + 1):
        if i in STOPS:
            found.append((i, word_weights(exam, net, *pair)))
        if i < STEPS:
            learner.step(*map(torch.as_tensor, batches(i)), i)
    return found


def strip(exam: Exam, pair: tuple[str, str], found: list[tuple[int, np.ndarray]]):
    import matplotlib.pyplot as plt

    columns, rows = lexicon.words(pair[0].lower()), lexicon.words(pair[1])
    figure, places = plt.subplots(2, 3, figsize=SIZE, layout="constrained")
    panels, last = places.flat[: len(found)], places.flat[-1]
    for axes, (step, weights) in zip(panels, found):
        drawn = axes.imshow(weights, cmap="Blues", vmin=0, vmax=0.8)
        axes.set_title(f"after {step:,} steps" if step else "at the start", fontsize=10)
        axes.set_xticks(range(len(columns)), columns, rotation=90, fontsize=9)
        axes.set_yticks(range(len(rows)), rows, fontsize=9)
        axes.grid(False)
    last.axis("off")
    figure.suptitle("Where each German word was looked for, as training goes on", fontsize=12)
    figure.supxlabel("English word", fontsize=10)
    figure.supylabel("German word", fontsize=10)
    figure.colorbar(drawn, ax=last, location="left", shrink=0.8, label="weight", extend="max")
    return figure


def main(folder: str) -> None:
    exam = Exam("multi30k")
    pair = ENGLISH, german(exam, ENGLISH)
    with theme():
        figure = strip(exam, pair, moments(exam, pair))
        keep(figure, Path(folder) / "bahdanau-alignment.png")


if __name__ == "__main__":
    run_main(main)
