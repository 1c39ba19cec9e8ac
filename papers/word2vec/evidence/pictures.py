"""A picture of what a trained version 2 has learned.

`python -m papers.word2vec.evidence.pictures WEIGHTS docs/pictures` takes the folder with its
weights, as a training leaves it, and draws a map: groups of words, laid flat by their two principal
components.
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.decomposition import PCA

from common.ask.checkpoint import read_checkpoint
from common.exams.vectors import unit
from common.paper import room
from papers.word2vec.version2 import ask

GROUPS = {
    "countries": "france germany spain italy japan china india russia britain",
    "months": "january march april may june july august october december",
    "numbers": "two three four five six seven eight nine ten",
    "sciences": "physics chemistry mathematics biology philosophy economics psychology",
    "kinship": "father mother son daughter brother wife husband sister",
}
WIDTH = 7.5  # inches


def word_map(words: list[str], vectors: np.ndarray):
    """The groups' words that have a vector, a colour for each group."""
    number = {word: i for i, word in enumerate(words)}
    known = {name: [w for w in of.split() if w in number] for name, of in GROUPS.items()}
    groups = {name: group for name, group in known.items() if group}
    shown = [word for group in groups.values() for word in group]
    place = PCA(2).fit_transform(unit(vectors[[number[word] for word in shown]]))
    figure, axes = plt.subplots(figsize=(WIDTH, 5.0))
    first = 0
    for name, group in groups.items():
        x, y = place[first : first + len(group)].T
        first += len(group)
        dots = axes.scatter(x, y, s=14, label=name)
        for word, at in zip(group, zip(x, y)):
            colour = dots.get_facecolor()[0]
            axes.annotate(word, at, (3, 2), textcoords="offset points", fontsize=7, color=colour)
    axes.legend(frameon=False, fontsize=8)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)
    return figure


def main(weights: str, folder: str) -> None:
    checkpoint = read_checkpoint(room("word2vec"), Path(weights))
    found = ask.load(checkpoint)
    path = Path(folder) / "word2vec-map.png"
    figure = word_map(list(found.words), np.asarray(found.vectors))
    figure.savefig(path, dpi=130, bbox_inches="tight", metadata={"Software": None})
    print(path)


if __name__ == "__main__":
    main(*sys.argv[1:])
