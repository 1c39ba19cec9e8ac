"""A picture of what words weigh: a passage coloured by counts alone, and by counts and rarity.

`python -m papers.tfidf.evidence.pictures docs/pictures` indexes the articles with version 2 and
draws the beginning of one of them.
"""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

from common.reports import coloured, style
from common.reports.drawing import run_main
from papers.tfidf import PAPER
from papers.tfidf.task import SENTENCE, Exam
from papers.tfidf.version2.model import Config, Index

TITLE, LETTERS = "Apollo 11", 450  # of the passage
COLUMNS, SIZE = 78, 9
WEIGHTINGS = {
    "txc": "by how often the word is in the article",
    "tfc": "by that, times how few of the articles have it (tf-idf)",
}


def passage(exam: Exam) -> str:
    """How the article goes on after its first sentences, each line filled up with blanks."""
    text = SENTENCE.split(" ".join(exam.kept[exam.titles.index(TITLE)][:3]), 1)[1]
    lines = textwrap.wrap(textwrap.shorten(text, LETTERS, placeholder=" ..."), COLUMNS)
    return "".join(line.ljust(COLUMNS) for line in lines)


def weights(exam: Exam, weighting: str) -> dict[str, float]:
    """What each word of the article weighs in it."""
    index = Index(exam.texts, Config(documents=weighting))
    names = {number: term for term, number in index.numbers.items()}
    own = index.vectors.row == exam.titles.index(TITLE)
    pairs = zip(index.vectors.term[own].tolist(), index.vectors.weight[own].tolist())
    return {names[term]: weight for term, weight in pairs}


def main(folder: str) -> None:
    exam = Exam(PAPER.dataset)
    text = passage(exam)
    tokens = re.findall(r"\w+|\W+", text)
    with style.theme():
        rows = [0.19 * len(text) / COLUMNS] * len(WEIGHTINGS)
        figure, panels = style.canvas(rows, left=0.15, below=0.1)
        for axes, (weighting, says) in zip(panels, WEIGHTINGS.items()):
            of = weights(exam, weighting)
            values = [of.get(token.lower(), 0.0) for token in tokens]
            colours = {"cmap": coloured.RISING, "vmin": 0, "vmax": max(values)}
            coloured.text(axes, tokens, values, COLUMNS, SIZE, **colours)
            axes.set_title(f"What a word of {TITLE} weighs, {says}", fontsize=10)
        style.keep(figure, Path(folder) / "tfidf-weights.png")


if __name__ == "__main__":
    run_main(main)
