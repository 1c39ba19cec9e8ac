"""Pairs of sentences as arrays: filled up to one length, and batch after batch.

Shapes: B pairs of a batch, N all pairs, S source, T target tokens.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

PAD, BEGIN, END = range(3)
AT_ONCE = 128  # sentences per call when scoring and translating


def padded(rows: Sequence[list[int]]) -> np.ndarray:
    """Rows of unequal length as one array, filled up with PAD to the longest."""
    array = np.full((len(rows), max(map(len, rows))), PAD, dtype=np.int64)
    for i, row in enumerate(rows):
        array[i, : len(row)] = row
    return array


def trimmed(rows: np.ndarray) -> np.ndarray:
    """Without the columns that are padding in all rows."""
    return rows[:, : (rows != PAD).sum(1).max()]


def by_likeness(rows: np.ndarray) -> list[np.ndarray]:
    """Which of `rows` (N, T) to take together: AT_ONCE of like length at a time."""
    order = np.argsort((rows != PAD).sum(1), kind="stable")
    return np.split(order, range(AT_ONCE, len(order), AT_ONCE))


class Batches:
    """Pairs of like length side by side; batch i is a function of seed and i alone.

    A batch holds as many pairs as fit in `size` tokens on either side, padding included.
    """

    def __init__(self, sources: np.ndarray, targets: np.ndarray, size: int, seed: int):
        self.sources, self.targets, self.seed = sources, targets, seed
        self.lengths = (targets != PAD).sum(1), (sources != PAD).sum(1)
        self.cuts = self._cuts(size)  # the same in each pass: only equal lengths change places
        self.count = len(self.cuts) + 1  # per pass
        self.tokens = round((targets > BEGIN).sum() / self.count)  # per batch, on average
        self._pass, self._batches = -1, []

    def __call__(self, i: int) -> tuple[np.ndarray, np.ndarray]:
        """Sources (B, S) and targets (B, T) of the i-th batch."""
        if i // self.count != self._pass:
            self._pass = i // self.count
            self._batches = self._shuffled(np.random.default_rng([self.seed, self._pass]))
        rows = self._batches[i % self.count]
        return trimmed(self.sources[rows]), trimmed(self.targets[rows])

    def _cuts(self, size: int) -> list[int]:
        """Where in the order of lengths a new batch begins."""
        sizes = np.maximum(*self.lengths)[np.lexsort(self.lengths[::-1])]
        start, widest, cuts = 0, 0, []
        for i, tokens in enumerate(sizes.tolist()):
            widest = max(widest, tokens)
            if i > start and widest * (i + 1 - start) > size:
                start, widest = i, tokens
                cuts.append(i)
        if len(cuts) > 1:  # the last two share their pairs: processes cannot share a single one
            pairs, widest = len(sizes) - cuts[-2], sizes[cuts[-2] :].max()
            cuts[-1] = min(cuts[-1], len(sizes) - min(pairs // 2, size // widest))
        return cuts

    def _shuffled(self, rng: np.random.Generator) -> list[np.ndarray]:
        """Rows by batch: sorted by length, equal lengths in random order, batches shuffled."""
        rows = rng.permutation(len(self.sources))
        targets, sources = self.lengths
        batches = np.split(rows[np.lexsort((sources[rows], targets[rows]))], self.cuts)
        return [batches[i] for i in rng.permutation(len(batches))]


def made_pairs(
    task: str, count: int, lengths: range, symbols: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """`count` sources and targets of a made language: random words to "copy" or to "reverse".

    Words are numbered after END, up to `symbols`; targets stand between BEGIN and END.
    """
    order = {"copy": 1, "reverse": -1}[task]
    sources = [rng.integers(END + 1, symbols, rng.choice(lengths)).tolist() for _ in range(count)]
    return padded(sources), padded([[BEGIN, *words[::order], END] for words in sources])
