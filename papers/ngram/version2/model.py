"""Modified Kneser-Ney smoothing, Chen and Goodman 1998 (TR-10-98), version 2: sorted arrays.

The n-grams of a text form a tree: a node of level k is an n-gram of k words, its parent the n-gram
without the last word, its suffix the n-gram without the first. A level is kept as sorted integers,
parent * V + word, so that counting is sorting and asking is binary search. A text is one row of
word numbers; where it has sentences, each begins with the number START, which nothing predicts.

Shapes: N words of a text, V words of the vocabulary.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

START = 0  # <s>: what stands before a sentence; given, never predicted
FALLBACK = (0.5, 1.0, 1.5)  # discounts where a text has none of its own: those of lmplz
HALF = 0.5  # the discount of one-discount Kneser-Ney where a text has none of its own

Smoothing = Literal["modified", "kneser-ney", "witten-bell", "add-one"]


@dataclass(frozen=True)
class Config:  # defaults: Sec. 5, trigrams
    order: int = 3
    smoothing: Smoothing = "modified"
    share: float = 1.0  # of the training lines that are counted
    steps: int = 20  # parts in which they are read; each is predicted before it is counted


@dataclass
class Level:
    """The n-grams of one length, in the order of their keys."""

    keys: np.ndarray  # parent * V + word
    parents: np.ndarray  # nodes of the level above, without the last word
    suffixes: np.ndarray  # nodes of the level above, without the first word
    counts: np.ndarray  # how often each occurs
    first: np.ndarray  # whether it begins with START


# -- counting -------------------------------------------------------------------------------------


def count(text: np.ndarray, order: int, symbols: int, sentences: bool = True) -> list[Level]:
    """All n-grams of `text` (N,) up to `order`, whose words are numbers below `symbols`.

    N-grams do not reach over the beginning of a sentence. Without `sentences` the text is one row
    of words, START an ordinary one.
    """
    size = len(text)
    begins = text == START if sentences else np.zeros(size, dtype=bool)
    where = np.arange(size)
    place = where - np.maximum.accumulate(np.where(begins, where, 0))  # (N,): in the sentence
    node = text.astype(np.int64)  # (N,): that ends here, level by level
    every = np.arange(symbols)
    none = np.zeros(symbols, dtype=np.int64)
    counted = np.bincount(node[~begins], minlength=symbols)
    levels = [Level(every, none, none, counted, np.zeros(symbols, dtype=bool))]
    for length in range(2, order + 1):
        ends = np.flatnonzero(place >= length - 1)
        found = node[ends - 1] * symbols + text[ends]
        keys, which, counts = distinct(found)
        suffixes = np.empty(len(keys), dtype=np.int64)
        suffixes[which] = node[ends]
        first = np.zeros(len(keys), dtype=bool)
        first[which] = begins[ends - length + 1]
        levels.append(Level(keys, keys // symbols, suffixes, counts, first))
        node = np.full(size, -1)
        node[ends] = which
    return levels


def distinct(found: np.ndarray):
    """The different numbers in order, which of them each one is, and how often each occurs."""
    order = np.argsort(found)  # several times as fast as the stable sort of np.unique
    keys = found[order]
    new = np.append(True, keys[1:] != keys[:-1])[: len(keys)]
    which = np.empty(len(found), dtype=np.int64)
    which[order] = np.cumsum(new) - 1
    starts = np.flatnonzero(new)
    return keys[starts], which, np.diff(np.append(starts, len(keys)))


def continuations(levels: Sequence[Level]) -> list[np.ndarray]:
    """Each level's counts for Kneser-Ney: below the highest, after how many different words an
    n-gram occurs, N1+(. w) of Sec. 2.7; nothing stands before START, so there it is the count."""
    adjusted = [level.counts for level in levels]
    for k, above in enumerate(levels[1:]):
        kinds = np.bincount(above.suffixes, minlength=len(levels[k].keys))
        adjusted[k] = np.where(levels[k].first, levels[k].counts, kinds)
    return adjusted


# -- discounts ------------------------------------------------------------------------------------


def discounts(counts: np.ndarray, smoothing: Smoothing = "modified") -> np.ndarray:
    """(3,): what is taken from counts of one, of two, of more, by counts of counts.

    Modified: Eq. 26. One discount for all: n1 / (n1 + 2 n2), Sec. 2.6. Where a text lacks one of
    the four, or gives a discount below nothing or above the count itself, the fallback.
    """
    n = [float(np.count_nonzero(counts == j)) for j in range(1, 5)]
    y = n[0] / (n[0] + 2 * n[1]) if n[0] else 0.0
    if smoothing == "kneser-ney":
        return np.full(3, y if 0 < y < 1 else HALF)
    if min(n) == 0:
        return np.array(FALLBACK)
    found = np.array([j - (j + 1) * y * n[j] / n[j - 1] for j in (1, 2, 3)])
    return found if usable(found) else np.array(FALLBACK)


def usable(found: np.ndarray) -> bool:
    """Whether no count is discounted below zero, or made larger."""
    return bool(((found >= 0) & (found <= [1, 2, 3])).all())


def taken(counts: np.ndarray, discount: np.ndarray) -> np.ndarray:
    """D(c) of Sec. 3, count by count: nothing from nothing."""
    return np.concatenate([[0.0], discount])[np.minimum(counts, 3)]


# -- from counts to probabilities -----------------------------------------------------------------


def spread(counts: np.ndarray, parents: np.ndarray, above: int, discount: np.ndarray):
    """Each n-gram's own part, and what each of the `above` contexts leaves to shorter ones.

    p(w | h) = (c - D(c)) / n(h) + g(h) p(w | h'), and g(h) is what was taken, over n(h): Sec. 3.
    A context never seen, or that nothing follows, leaves all.
    """
    less = taken(counts, discount)
    total = np.bincount(parents, counts, above)
    left = np.bincount(parents, less, above)
    safe = np.maximum(total, 1)
    return (counts - less) / safe[parents], np.where(total > 0, left / safe, 1.0)


def spread_witten_bell(counts, parents, above, discount):
    """(c + k p) / (n + k) for a context that n words follow, k of them different: Sec. 2.5."""
    total = np.bincount(parents, counts, above) + np.bincount(parents, counts > 0, above)
    kinds = np.bincount(parents, counts > 0, above)
    safe = np.maximum(total, 1)
    return counts / safe[parents], np.where(total > 0, kinds / safe, 1.0)


def add_one(level: Level, above: int, whole: np.ndarray, words: int):
    """(c + 1) / (n + V) after a `whole` context, Sec. 2.1, V words that can follow: one of order
    - 1 words, or all that the sentence has so far. Shorter ones leave all to the uniform."""
    counts = np.where(whole, level.counts, 0)
    total = np.bincount(level.parents, counts, above)
    return counts / (total + words)[level.parents], words / (total + words)


def lowest(symbols: int, sentences: bool) -> np.ndarray:
    """What the unigrams fall back to, (V,): every word alike, but never START."""
    return np.where((np.arange(symbols) == START) & sentences, 0.0, 1 / (symbols - sentences))


def mix(own: np.ndarray, left: np.ndarray, below: np.ndarray, parents: np.ndarray):
    """P of a level's n-grams, and what each context leaves to those never seen.

    Interpolation, Sec. 3: the seen ones get their share of `below` as well.
    """
    return own + left[parents] * below, left


class Model:
    """N-gram probabilities: `log2(text)` of a text's words, `distribution(context)` of the next."""

    def __init__(
        self,
        text: np.ndarray,
        symbols: int,
        config: Config,
        sentences: bool = True,
        fixed: np.ndarray | None = None,
    ):
        """Count `text` (N,). `fixed` (order, 3): discounts from elsewhere, level by level."""
        self.symbols, smoothing = symbols, config.smoothing
        self.levels = count(text, config.order, symbols, sentences)
        raw = smoothing in ("witten-bell", "add-one")
        counts = [level.counts for level in self.levels] if raw else continuations(self.levels)
        self.discounts = np.zeros((config.order, 3))
        self.p, self.left = [], []  # of each level's n-grams; what contexts leave to shorter ones
        below = lowest(symbols, sentences)
        for k, level in enumerate(self.levels):
            above = len(self.levels[k - 1].keys) if k else 1
            if not raw:
                self.discounts[k] = discounts(counts[k], smoothing) if fixed is None else fixed[k]
            if smoothing == "add-one":
                whole = level.first | (k == config.order - 1)
                own, left = add_one(level, above, whole, symbols - sentences)
            else:
                by = spread_witten_bell if raw else spread
                own, left = by(counts[k], level.parents, above, self.discounts[k])
            if k:
                below = self.p[-1][level.suffixes]
            p, left = mix(own, left, below, level.parents)
            self.p.append(p)
            self.left.append(left)

    def __len__(self) -> int:
        """How many n-grams there are."""
        return sum(int((level.counts > 0).sum()) for level in self.levels)

    def log2(self, text: np.ndarray) -> np.ndarray:
        """log2 P of each word after those before it in its sentence, (N,); of START -inf."""
        p, node = self.p[0][text], text.astype(np.int64)
        for level, known, left in zip(self.levels[1:], self.p[1:], self.left[1:]):
            rows = np.flatnonzero(node[:-1] >= 0) + 1  # only after a context that was seen
            before = node[rows - 1]
            key = before * self.symbols + text[rows]
            node = np.full(len(text), -1)
            p[rows] *= left[before]
            if len(level.keys):
                at = np.minimum(np.searchsorted(level.keys, key), len(level.keys) - 1)
                hit = level.keys[at] == key
                node[rows[hit]], p[rows[hit]] = at[hit], known[at[hit]]
        with np.errstate(divide="ignore"):
            return np.log2(p)

    def distribution(self, context: np.ndarray) -> np.ndarray:
        """P of every word, (V,), after a sentence that began with `context`, START among it."""
        p = self.p[0].copy()
        for k in range(1, len(self.levels)):
            node = self.find(context[len(context) - k :]) if len(context) >= k else -1
            if node < 0:
                break
            keys = self.levels[k].keys
            start, end = np.searchsorted(keys, [node * self.symbols, (node + 1) * self.symbols])
            p *= self.left[k][node]
            p[keys[start:end] % self.symbols] = self.p[k][start:end]
        return p

    def find(self, ngram: np.ndarray) -> int:
        """The n-gram's node in the level of its length; -1 for one that was not seen."""
        node = int(ngram[0])
        for level, word in zip(self.levels[1:], ngram[1:]):
            key = node * self.symbols + int(word)
            node = int(np.searchsorted(level.keys, key))
            if node == len(level.keys) or level.keys[node] != key:
                return -1
        return node


def arpa(model: Model, words: Sequence[str]) -> str:
    """The model in ARPA format, which other toolkits read: log10 of P and of what is left."""
    names = [[word] for word in words]
    lines = ["\\data\\", *(f"ngram {k}={len(x.keys)}" for k, x in enumerate(model.levels, 1))]
    highest = len(model.levels) - 1
    for k, level in enumerate(model.levels):
        if k:
            ends = (level.keys % model.symbols).tolist()
            names = [[*names[c], words[w]] for c, w in zip(level.parents.tolist(), ends)]
        p = np.log10(np.maximum(model.p[k], 1e-99))
        left = np.log10(np.maximum(model.left[k + 1], 1e-99)) if k < highest else None
        lines += ["", f"\\{k + 1}-grams:"]
        for i, name in enumerate(names):
            tail = "" if left is None else f"\t{left[i]:.7f}"
            lines.append(f"{p[i]:.7f}\t{' '.join(name)}{tail}")
    return "\n".join([*lines, "", "\\end\\", ""])
