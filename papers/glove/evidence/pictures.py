"""A picture of what a trained version 2 has learned.

`python -m papers.glove.evidence.pictures WEIGHTS docs/pictures` takes the folder with its weights,
as a training leaves it, and draws how alike words are, in groups of words that belong together.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from common.ask.checkpoint import read_checkpoint
from common.exams.vectors import unit
from common.paper import room
from common.reports.drawing import run_main
from common.reports.style import keep, theme
from papers.glove.version2 import ask

GROUPS = (
    ("germany", "france", "italy", "spain", "england", "greece"),
    ("london", "paris", "rome", "athens"),
    ("january", "march", "april", "may", "june", "august"),
    ("one", "two", "three", "four", "five", "six"),
    ("father", "mother", "son", "daughter", "brother", "wife"),
    ("king", "emperor", "president", "minister"),
    ("physics", "chemistry", "mathematics", "philosophy"),
    ("music", "film", "album", "song"),
)
FEWEST = 3  # words of a group that is shown


def shown(known) -> list[list[str]]:
    """The groups, without words that have no vector."""
    groups = [[word for word in group if word in known] for group in GROUPS]
    return [group for group in groups if len(group) >= FEWEST]


def alike(words: list[str], vectors: np.ndarray):
    """The cosines of all pairs of the groups' words, a frame around each group."""
    import matplotlib.pyplot as plt

    groups, row = shown(set(words)), {word: i for i, word in enumerate(words)}
    order = [word for group in groups for word in group]
    directions = unit(vectors[[row[word] for word in order]])
    cosines = directions @ directions.T
    np.fill_diagonal(cosines, np.nan)
    figure, axes = plt.subplots(figsize=(6.6, 6.2))
    most = np.nanmax(np.abs(cosines))
    drawn = axes.imshow(cosines, cmap="RdBu_r", vmin=-most, vmax=most)
    begin = 0
    for group in groups:
        corner, side = (begin - 0.5, begin - 0.5), len(group)
        axes.add_patch(plt.Rectangle(corner, side, side, fill=False, lw=1.0, ec="black"))
        begin += side
    axes.set_xticks(range(len(order)), order, rotation=90, fontsize=7)
    axes.set_yticks(range(len(order)), order, fontsize=7)
    axes.tick_params(length=0)
    axes.grid(False)
    axes.set_title("How alike GloVe's words are, in groups that it was not told of", fontsize=10)
    figure.colorbar(drawn, ax=axes, shrink=0.6, label="cosine")
    return figure


def main(weights: str, folder: str) -> None:
    near = ask.load(read_checkpoint(room("glove"), Path(weights)))
    with theme():
        figure = alike(list(near.words), near.vectors)
        keep(figure, Path(folder) / "glove-alike.png")


if __name__ == "__main__":
    run_main(main)
