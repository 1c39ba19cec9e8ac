"""A character n-gram model with interpolated Kneser-Ney smoothing: what the networks must beat."""

from __future__ import annotations

import math
from collections import defaultdict

DISCOUNT = 0.75


def ngram_bits(train: str, test: str, order: int = 5) -> float:
    """Bits per character of `test` after counting `train` (Chen & Goodman 1998, interpolated).

    One fixed discount: characters have no singletons to estimate it from. Lower orders count in
    how many contexts an n-gram occurs, the highest how often; below all is a uniform distribution.
    """
    counts = _counts(train, order)
    totals = [_totals(level) for level in counts]
    uniform = 1 / len(set(train) | set(test))

    def probability(context: str, symbol: str) -> float:
        p = uniform
        for length in range(len(context) + 1):
            end = context[len(context) - length :]
            total, kinds = totals[length].get(end, (0, 0))
            if not total:
                return p
            count = counts[length].get(end + symbol, 0)
            p = max(count - DISCOUNT, 0) / total + DISCOUNT * kinds / total * p
        return p

    cache: dict[tuple[str, str], float] = {}
    bits = 0.0
    for i in range(1, len(test)):
        key = (test[max(0, i - order + 1) : i], test[i])
        if key not in cache:
            cache[key] = -math.log2(probability(*key))
        bits += cache[key]
    return bits / (len(test) - 1)


def _counts(text: str, order: int) -> list[dict[str, int]]:
    """counts[k]: n-grams of k context characters and one symbol."""
    highest: dict[str, int] = defaultdict(int)
    for i in range(len(text) - order + 1):
        highest[text[i : i + order]] += 1
    levels = [dict(highest)]
    while len(levels) < order:
        lower: dict[str, int] = defaultdict(int)
        for ngram in levels[-1]:
            lower[ngram[1:]] += 1  # once per distinct character before it
        levels.append(dict(lower))
    return levels[::-1]


def _totals(level: dict[str, int]) -> dict[str, tuple[int, int]]:
    """Context -> (sum of its counts, number of distinct symbols after it)."""
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for ngram, count in level.items():
        entry = found[ngram[:-1]]
        entry[0] += count
        entry[1] += 1
    return {context: (total, kinds) for context, (total, kinds) in found.items()}
