"""Pictures of what version 2 learns.

`python -m papers.word2vec.evidence.pictures WEIGHTS docs/pictures` takes the folder with its
weights, as a training leaves it, and draws a map of words, laid flat in two ways. Then it trains
once more and prints the nearest words of some at three moments, as a table for README.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

from common.ask.checkpoint import read_checkpoint
from common.config import plan
from common.exams.vectors import read_corpus, unit
from common.paper import room
from common.reports.drawing import run_main
from common.reports.style import keep
from common.run.compiled import compiled
from papers.word2vec.version2 import ask, kernel, model

GROUPS = {
    "countries": "france germany spain italy japan china india russia britain",
    "months": "january march april may june july august october december",
    "numbers": "two three four five six seven eight nine ten",
    "sciences": "physics chemistry mathematics biology philosophy economics psychology",
    "kinship": "father mother son daughter brother wife husband sister",
}
ASKED, MOMENTS = ("france", "june", "seven", "physics"), (10, 40, 120)
LEAST = 5  # as often a word must occur, see task.py
WIDTH = 9.0  # inches


def word_map(words: list[str], vectors: np.ndarray):
    """The groups' words that have a vector, a colour for each group, laid flat by their principal
    components and by t-SNE, which keeps neighbours together and says nothing of distances."""
    number = {word: i for i, word in enumerate(words)}
    known = {name: [w for w in of.split() if w in number] for name, of in GROUPS.items()}
    shown = [word for group in known.values() for word in group]
    points = unit(vectors[[number[word] for word in shown]])
    flat = {
        "principal components": PCA(2).fit_transform(points),
        "t-SNE, perplexity 8": TSNE(perplexity=8, random_state=0).fit_transform(points),
    }
    figure, panels = plt.subplots(1, 2, figsize=(WIDTH, 4.6), layout="constrained")
    figure.get_layout_engine().set(wspace=0.06)
    figure.suptitle("Word vectors of version 2 in two dimensions (no units), groups by colour")
    for axes, (name, places) in zip(panels, flat.items()):
        draw(axes, {n: group for n, group in known.items() if group}, places)
        axes.set_title(name, fontsize=9)
    handles = panels[0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center", ncols=len(known), frameon=False, fontsize=8)
    return figure


def draw(axes, groups: dict[str, list[str]], places: np.ndarray) -> None:
    first = 0
    for name, group in groups.items():
        x, y = places[first : first + len(group)].T
        first += len(group)
        dots = axes.scatter(x, y, s=14, label=name)
        for word, at in zip(group, zip(x, y)):
            colour = dots.get_facecolor()[0]
            axes.annotate(word, at, (3, 2), textcoords="offset points", fontsize=7, color=colour)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)


def as_it_learns(data: str) -> list[str]:
    """The three nearest words at some moments of a training: rows of a table."""
    built = compiled(kernel.CPP, *kernel.FLAGS)
    model.FUSED = built and kernel.learn(built)
    config = plan(room("word2vec"), "version2", "cpu").config
    corpus = read_corpus(data, LEAST)
    learner, number = (
        model.Learner(config, corpus, seed=0),
        {w: i for i, w in enumerate(corpus.words)},
    )
    rows = [f"| after steps | {' | '.join(ASKED)} |", "| ---: |" + " --- |" * len(ASKED)]
    for step in range(config.steps):
        learner.step(step)
        if step + 1 in MOMENTS:
            near = unit(learner.vectors)
            order = [np.argsort(-(near @ near[number[word]]))[1:4] for word in ASKED]
            found = (", ".join(corpus.words[i] for i in places) for places in order)
            rows.append(f"| {step + 1} | {' | '.join(found)} |")
    return rows


def main(weights: str, folder: str) -> None:
    checkpoint = read_checkpoint(room("word2vec"), Path(weights))
    found = ask.load(checkpoint)
    figure = word_map(list(found.words), np.asarray(found.vectors))
    keep(figure, Path(folder) / "word2vec-map.png")
    print(*as_it_learns(checkpoint.data), sep="\n")


if __name__ == "__main__":
    run_main(main)
