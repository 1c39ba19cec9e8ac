"""A table of counts with Witten-Bell smoothing: what the networks must beat."""

from __future__ import annotations

import math
from collections import Counter


def ngram_bits(train: str, test: str, order: int = 6) -> float:
    """Bits per character of `test` after counting `train` (Witten and Bell 1991, interpolated).

    After a context seen n times and followed by k different symbols, new symbols get k / (n + k)
    of the probability, shared out by the context that is one character shorter.
    """
    counts = Counter(
        train[i : i + length]
        for length in range(1, order + 1)
        for i in range(len(train) - length + 1)
    )
    kinds = Counter(ngram[:-1] for ngram in counts)
    totals: Counter[str] = Counter()
    for ngram, count in counts.items():
        totals[ngram[:-1]] += count
    uniform = 1 / len(set(train) | set(test))

    def probability(ngram: str) -> float:
        """Of its last character after the others."""
        p = uniform
        for start in range(len(ngram) - 1, -1, -1):
            context = ngram[start:-1]
            if context not in totals:
                break
            n, k = totals[context], kinds[context]
            p = (counts[ngram[start:]] + k * p) / (n + k)
        return p

    ends = range(2, len(test) + 1)
    found = Counter(test[max(0, end - order) : end] for end in ends)  # each computed once
    bits = -sum(times * math.log2(probability(ngram)) for ngram, times in found.items())
    return bits / len(ends)
