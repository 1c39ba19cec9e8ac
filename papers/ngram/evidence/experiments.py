"""Countings on the spot: methods compared article by article on the Wikipedia sample.

Every fourth article is held out, the others are counted. Nothing is drawn; the pairs are articles.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import numpy as np

from common.data.text import load_text
from common.evidence.claims import Pair
from papers.ngram.task import END, SPECIAL, START, UNKNOWN, words_of
from papers.ngram.version2 import model

HEADING = re.compile(r"(?m)^= ([^=\n]+) =$")
HELD_OUT = 4  # one article in so many
CHARACTERS = 12_000  # of each article, where characters are the words


@cache
def articles() -> dict[str, str]:
    """Title -> text."""
    text = load_text("wikipedia_sample", report=lambda line: None).text
    pieces = HEADING.split(text)
    return dict(zip(pieces[1::2], pieces[2::2]))


@cache
def texts(unit: str) -> tuple[np.ndarray, dict[str, np.ndarray], int]:
    """The counted text (N,), each held-out article's (N,), and how many words there are.

    `unit`: "words", or "characters" of the beginnings of articles, where each line is a sentence.
    """
    cut = words_of if unit == "words" else list
    whole = None if unit == "words" else CHARACTERS
    lines = {
        title: [cut(line) for line in text[:whole].split("\n") if line.strip()]
        for title, text in articles().items()
    }
    held = set(list(lines)[HELD_OUT - 1 :: HELD_OUT])
    known = {word for title in lines if title not in held for line in lines[title] for word in line}
    numbers = {word: i for i, word in enumerate(SPECIAL + sorted(known))}

    def encode(chosen: Sequence[str]) -> np.ndarray:
        ids = []
        for title in chosen:
            for line in lines[title]:
                ids += [START, *(numbers.get(word, UNKNOWN) for word in line), END]
        return np.array(ids)

    counted = encode([title for title in lines if title not in held])
    return counted, {title: encode([title]) for title in lines if title in held}, len(numbers)


@cache
def bits(unit: str, order: int, smoothing: str) -> dict[str, float]:
    """Held-out article -> bits per word, or per character."""
    counted, held, symbols = texts(unit)
    net = model.Model(counted, symbols, model.Config(order=order, smoothing=smoothing))
    return {title: float(-net.log2(text)[text != START].mean()) for title, text in held.items()}


def compared(unit: str, better: tuple[int, str], worse: tuple[int, str]):
    """An experiment: two (order, smoothing), article by article; fewer bits are better."""

    def experiment(seeds: Sequence[int]) -> Pair:
        return Pair(bits(unit, *better), bits(unit, *worse), sign=-1)

    return experiment


def mean_bits(unit: str, order: int, smoothing: str) -> float:
    """The mean over the held-out articles."""
    return float(np.mean(list(bits(unit, order, smoothing).values())))
