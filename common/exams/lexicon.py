"""Word for word: the lexical translation of IBM model 1, which the networks must beat.

It learns from all training pairs and knows whole words, not byte pairs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

from common.data.translation import Pair
from common.exams.translation import bleu, sentences

ROUNDS = 10  # of expectation maximisation; with more, rare words collect too much
NULL = ""  # an English word that stands before each sentence and gives words without a source
WORD = re.compile(r"\w+(?:[-'’]\w+)*|[^\w\s]")


def words(sentence: str) -> list[str]:
    """Words, with inner hyphens and apostrophes, and single marks of punctuation."""
    return WORD.findall(sentence)


def join(tokens: Iterable[str]) -> str:
    """The text of a list of words: a space before each but closing punctuation."""
    return re.sub(r" ([.,!?;:)])", r"\1", " ".join(tokens))


def numbered(sentences: Iterable[Sequence[str]]) -> tuple[list[np.ndarray], list[str]]:
    """The sentences as numbers of words, and the words by number."""
    numbers: dict[str, int] = {}
    rows = [np.array([numbers.setdefault(w, len(numbers)) for w in s], int) for s in sentences]
    return rows, list(numbers)


def lexicon(pairs: Sequence[Pair]) -> dict[str, dict[str, float]]:
    """t(german | english) by expectation maximisation (Brown et al. 1993, Eq. 14-17).

    For each English word, in lower case, the German words of its sentences, the likeliest last.
    """
    english, sources = numbered([NULL, *words(side.lower())] for side, _ in pairs)
    german, targets = numbered(words(side) for _, side in pairs)
    # One link for each two words that may be aligned; `place` is the German one's in the corpus.
    e = np.concatenate([np.tile(s, len(t)) for s, t in zip(english, german)])
    g = np.concatenate([np.repeat(t, len(s)) for s, t in zip(english, german)])
    each = np.concatenate([np.full(len(t), len(s)) for s, t in zip(english, german)])
    place = np.repeat(np.arange(len(each)), each)
    kinds, kind = np.unique(e * len(targets) + g, return_inverse=True)
    source = kinds // len(targets)
    t = np.full(len(kinds), 1 / len(targets))
    for _ in range(ROUNDS):
        share = t[kind] / np.bincount(place, t[kind])[place]  # over the English words
        counts = np.bincount(kind, share)
        t = counts / np.bincount(source, counts)[source]
    found: dict[str, dict[str, float]] = {word: {} for word in sources}
    for i in np.argsort(t, kind="stable").tolist():
        found[sources[source[i]]][targets[kinds[i] % len(targets)]] = float(t[i])
    return found


def translations(train: Sequence[Pair], sources: Iterable[str]) -> list[str]:
    """Each English word replaced by its likeliest German word, in its order; words that the
    training pairs lack are left out."""
    best = {english: list(germans)[-1] for english, germans in lexicon(train).items()}
    sentences = (words(english.lower()) for english in sources)
    return [join(best[word] for word in sentence if word in best) for sentence in sentences]


def word_for_word_bleu(data: str) -> float:
    """BLEU of the test sentences translated word for word."""
    parts = sentences(data)
    sources, references = zip(*parts["test"])
    # pyrefly: ignore[bad-argument-type]  # zip(*pairs) loses the types
    return bleu(translations(parts["train"], sources), references)
