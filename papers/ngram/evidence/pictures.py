"""A picture of what tables of counts know: what may follow, and which words keep company with many.

`python -m papers.ngram.evidence.pictures docs/pictures` counts the training split with version 2.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from common.reports import style
from common.reports.drawing import run_main
from papers.ngram import PAPER
from papers.ngram.task import START, Exam
from papers.ngram.version2.model import Config, Model

CONTEXT = ("my", "good")
SHOWN = 8  # words of a table
FREQUENT = 40  # occurrences of a word that is drawn
NAMED = ("GLOUCESTER", "KING", "And", "lord", "upon", "the")


def next_words(axes, exam: Exam, text: np.ndarray, order: int) -> None:
    """The likeliest words after the last `order` - 1 of the context."""
    p = Model(text, exam.symbols, Config(order)).distribution(
        np.array([exam.numbers[word] for word in CONTEXT])
    )
    most = np.argsort(-p)[:SHOWN]
    names = [exam.words[i] for i in most]
    axes.barh(range(SHOWN), p[most], color=style.colour(f"version{order}"))
    axes.set_yticks(range(SHOWN), names, fontsize=9)
    axes.set_xlim(0, 0.5)
    axes.invert_yaxis()
    axes.grid(False, axis="y")
    after = " ".join(CONTEXT[len(CONTEXT) - order + 1 :])
    style.finish(axes, f'After "{after}"' if after else "After anything", "probability")


def companions(axes, exam: Exam, text: np.ndarray) -> None:
    """How often each word occurs, and after how many different ones."""
    _, pairs = Model(text, exam.symbols, Config(2)).levels
    counts = np.bincount(text, minlength=exam.symbols)
    kinds = np.bincount(pairs.suffixes, minlength=exam.symbols)
    often = np.flatnonzero((counts >= FREQUENT) & (np.arange(exam.symbols) != START))
    axes.loglog(counts[often], kinds[often], ".", ms=3, c=style.PALETTE[7])
    for word in NAMED:
        i = exam.numbers[word]
        axes.plot(counts[i], kinds[i], ".", ms=8, c=style.PALETTE[3])
        place = {"textcoords": "offset points", "fontsize": 9, "color": style.PALETTE[3]}
        axes.annotate(word, (counts[i], kinds[i]), (5, -3), **place)
    for side in (axes.xaxis, axes.yaxis):
        side.set_major_formatter("{x:,.0f}")
    style.finish(
        axes, "What a word comes after", "occurrences of the word", "different words before it"
    )


def main(folder: str) -> None:
    exam = Exam(PAPER.dataset)
    text = exam.encode(exam.lines)
    with style.theme():
        figure, panels = style.canvas([1.8, 1.8], columns=2, left=0.85, gap=0.9)
        for order, axes in enumerate(panels[:-1], 1):
            next_words(axes, exam, text, order)
        companions(panels[-1], exam, text)
        style.keep(figure, Path(folder) / "ngram-tables.svg")


if __name__ == "__main__":
    run_main(main)
