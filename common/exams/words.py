"""What a model of characters knows of words: a measure for common/exams/text.py."""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np

from common.exams.text import Sat, TextExam, mean


def word_bits(exam: TextExam, sat: Sat) -> dict[str, float]:
    """Bits of first letters of words and of letters inside them; real words in the sample.

    The exam's tokens must be characters.
    """
    letter = np.array([c.isalpha() for c in exam.vocabulary.decode(sat.tokens)])
    return {
        "word_start_bits": mean(sat.bits[letter[1:] & ~letter[:-1]]),
        "word_inside_bits": mean(sat.bits[letter[1:] & letter[:-1]]),
        "real_words": real_words(exam.parts.train, sat.sample),
    }


def real_words(train: str, sample: str) -> float:
    """The share of the sample's words, but for the cut last, that the training text has."""
    known, found = _known(train), words(sample)[:-1]
    return sum(word in known for word in found) / max(1, len(found))


def words(text: str) -> list[str]:
    """Runs of letters, lower-cased."""
    return re.findall(r"[a-z]+", text.lower())


@lru_cache(maxsize=2)
def _known(text: str) -> frozenset[str]:
    return frozenset(words(text))
