"""Tables of counts with smoothing: the simple rival that a language model must beat."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Literal

from common.data.text import load_text, split

DISCOUNT = 0.75  # of Kneser and Ney: characters have no singletons to estimate it from

Smoothing = Literal["kneser-ney", "witten-bell"]


@cache
def ngram_baseline(dataset: str, order: int, smoothing: Smoothing) -> float:
    """Bits per character of the dataset's test split after counting its training split."""
    parts = split(load_text(dataset, report=lambda line: None))
    return ngram_bits(parts.train, parts.test, order, smoothing)


def ngram_bits(train: Sequence, test: Sequence, order: int, smoothing: Smoothing) -> float:
    """Bits per symbol of `test` but the first, after counting `train`; texts, or tuples of words.

    Each context of up to order - 1 symbols keeps back a part of the probability, which the context
    that is one symbol shorter shares out; below all is a uniform distribution. After a context
    seen n times and followed by k different symbols, a symbol seen c times there gets, with the
    part p that the shorter context gives it,

        Kneser-Ney (Chen and Goodman 1998, interpolated)   (max(c - D, 0) + D k p) / n
        Witten-Bell (Witten and Bell 1991, interpolated)   (c + k p) / (n + k)

    Kneser-Ney's lower orders count in how many contexts an n-gram occurs, not how often.
    """
    counts = _continuations(train, order) if smoothing == "kneser-ney" else _all(train, order)
    contexts = [_contexts(level) for level in counts]
    uniform = 1 / len(set(train) | set(test))

    def probability(ngram: Sequence) -> float:
        """Of its last symbol after the others."""
        p = uniform
        for length in range(len(ngram)):
            tail = ngram[len(ngram) - 1 - length :]
            n, k = contexts[length].get(tail[:-1], (0, 0))
            if not n:
                break
            c = counts[length].get(tail, 0)
            if smoothing == "kneser-ney":
                p = max(c - DISCOUNT, 0) / n + DISCOUNT * k / n * p
            else:
                p = (c + k * p) / (n + k)
        return p

    ends = range(2, len(test) + 1)
    found = Counter(test[max(0, end - order) : end] for end in ends)  # each computed once
    return -sum(times * math.log2(probability(ngram)) for ngram, times in found.items()) / len(ends)


def _all(text: Sequence, order: int) -> list[Counter]:
    """[k]: how often each run of k context symbols and one more occurs."""
    return [_runs(text, length) for length in range(1, order + 1)]


def _continuations(text: Sequence, order: int) -> list[Counter]:
    """The same for the highest order; below, after how many different symbols a run occurs."""
    levels = [_runs(text, order)]
    while len(levels) < order:
        levels.append(Counter(ngram[1:] for ngram in levels[-1]))
    return levels[::-1]


def _runs(text: Sequence, length: int) -> Counter:
    return Counter(text[i : i + length] for i in range(len(text) - length + 1))


def _contexts(level: Counter) -> dict[Sequence, tuple[int, int]]:
    """Context -> (sum of its counts, number of different symbols after it)."""
    totals: Counter = Counter()
    for ngram, count in level.items():
        totals[ngram[:-1]] += count
    kinds = Counter(ngram[:-1] for ngram in level)
    return {context: (total, kinds[context]) for context, total in totals.items()}
