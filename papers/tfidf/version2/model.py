"""Term weighting, Salton and Buckley 1988, on an inverted index, and BM25; version 2.

Words:  a term is a word in lower case; a posting is a term of a text and how often it is there.
Letters of a weighting such as "tfc", as in Table 1: how often a term is in the text, in how many
documents it is, whether vectors get length 1.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

WORD = re.compile(r"\w+")
AT_ONCE = 64  # queries: what is in memory at a time grows with it
LETTERS = ("btln", "xfpks", "xc")
BM25 = "bm25"


@dataclass(frozen=True)
class Config:
    """Defaults: the weighting that Table 2 calls best, for documents and for queries."""

    documents: str = "tfc"
    queries: str = "nfx"
    k1: float = 1.2  # BM25: how soon a repeated term is worth no more
    b: float = 0.75  # BM25: how much a long document is held back, from 0 to 1

    def __post_init__(self):
        if self.documents != BM25:
            check(self.documents)
        check(self.queries)
        if self.k1 < 0 or not 0 <= self.b <= 1:
            raise ValueError("k1 must not be negative, and b lies between 0 and 1")


def check(weighting: str) -> None:
    """ValueError if these are no three letters of Table 1."""
    if len(weighting) != 3 or any(w not in known for w, known in zip(weighting, LETTERS)):
        kinds = ", ".join(LETTERS)
        raise ValueError(f"{weighting!r} is no weighting: it takes a letter of each of {kinds}")


class Texts(NamedTuple):
    """The postings of some texts, text by text; all arrays are as long as there are postings."""

    row: np.ndarray  # number of the text
    term: np.ndarray  # number of the term
    weight: np.ndarray  # how often it is there, or what was made of that
    rows: int  # how many texts


def terms(text: str) -> list[str]:
    """The words of a text, of one letter or more."""
    return WORD.findall(text.lower())


def count(texts: Iterable[str], numbers: dict[str, int], grow: bool = False) -> Texts:
    """Count the terms of texts. Terms without a number get the next one, or are left out."""
    found, lengths = [], []
    number = numbers.__getitem__ if grow else lambda term: numbers.get(term, -1)
    for text in texts:
        ids = list(map(number, terms(text)))
        found += ids
        lengths.append(len(ids))
    term = np.array(found, dtype=np.int64)
    row = np.repeat(np.arange(len(lengths)), lengths)[term >= 0]
    size = max(1, len(numbers))
    cell, times = np.unique(row * size + term[term >= 0], return_counts=True)
    return Texts(cell // size, cell % size, times.astype(float), len(lengths))


def document_frequency(texts: Texts, terms: int) -> np.ndarray:
    """df of each term: how many of the texts have it, however often."""
    return np.bincount(texts.term, minlength=terms)


# -- what a term weighs: Table 1 ------------------------------------------------------------------


def frequency(letter: str, texts: Texts) -> np.ndarray:
    """By how often the term is in the text, tf."""
    tf = texts.weight
    if letter == "b":
        return np.ones_like(tf)
    if letter == "l":  # later than the paper: Manning et al. 2008, Sec. 6.4.1
        return 1 + np.log(tf)
    if letter == "n":  # augmented: between 0.5 and 1
        most = np.zeros(texts.rows)
        np.maximum.at(most, texts.row, tf)
        return 0.5 + 0.5 * tf / most[texts.row]
    return tf


def rarity(letter: str, df: np.ndarray, documents: int) -> np.ndarray:
    """By how many of the documents have the term, df: the fewer, the more it tells."""
    if letter == "f":
        return np.log(documents / df)
    if letter == "p":  # negative for terms of more than half of the documents
        with np.errstate(divide="ignore"):
            return np.log((documents - df) / df)
    if letter == "k":  # scikit-learn with smooth_idf=False
        return np.log(documents / df) + 1
    if letter == "s":  # scikit-learn as it comes
        return np.log((1 + documents) / (1 + df)) + 1
    return np.ones(len(df))


def normalised(letter: str, texts: Texts) -> Texts:
    """Each text's weights divided by their Euclidean length."""
    if letter == "x":
        return texts
    length = np.sqrt(np.bincount(texts.row, texts.weight**2, texts.rows))
    return texts._replace(weight=texts.weight / np.maximum(length[texts.row], 1e-300))


def weigh(weighting: str, texts: Texts, df: np.ndarray, documents: int) -> Texts:
    """Counts become weights."""
    for_text, for_collection, length = weighting
    weight = frequency(for_text, texts) * rarity(for_collection, df, documents)[texts.term]
    return normalised(length, texts._replace(weight=weight))


# -- BM25 -----------------------------------------------------------------------------------------


def bm25_rarity(df: np.ndarray, documents: int) -> np.ndarray:
    """Robertson and Sparck Jones' weight, with 1 inside the logarithm: never negative."""
    return np.log1p((documents - df + 0.5) / (df + 0.5))


def bm25(texts: Texts, df: np.ndarray, k1: float, b: float) -> Texts:
    """Okapi's weights: tf counts ever less, and less in a document longer than the mean."""
    length = np.bincount(texts.row, texts.weight, texts.rows)
    slack = k1 * (1 - b + b * length / max(length.mean(), 1e-300))
    tf = texts.weight * (k1 + 1) / (texts.weight + slack[texts.row])
    return texts._replace(weight=tf * bm25_rarity(df, texts.rows)[texts.term])


# -- the index ------------------------------------------------------------------------------------


class Index:
    """A collection of documents by term, for each of which the documents that have it.

    Fitted once, on the documents; a query takes the df of the collection, and its terms that no
    document has are left out.
    """

    def __init__(self, documents: Sequence[str], config: Config):
        self.numbers: dict[str, int] = defaultdict(lambda: len(self.numbers))
        self.counted = count(documents, self.numbers, grow=True)
        self.documents = self.counted.rows
        self.df = document_frequency(self.counted, len(self.numbers))
        self._weigh(config)

    def _weigh(self, config: Config) -> None:
        self.config = config
        if config.documents == BM25:
            self.vectors = bm25(self.counted, self.df, config.k1, config.b)
        else:
            self.vectors = weigh(config.documents, self.counted, self.df, self.documents)
        order = np.argsort(self.vectors.term, kind="stable")
        self.row, self.weight = self.vectors.row[order], self.vectors.weight[order]
        self.size = np.bincount(self.vectors.term, minlength=self.terms)  # of a term's list
        self.start = np.cumsum(self.size) - self.size  # where it begins

    def weighted(self, config: Config) -> "Index":
        """The same documents by another weighting; nothing is counted again."""
        other = copy(self)
        other._weigh(config)
        return other

    @property
    def terms(self) -> int:
        return len(self.df)

    @property
    def postings(self) -> int:
        """How many weights are kept: one for each term of each document, and no zeros."""
        return len(self.weight)

    def query(self, texts: Sequence[str]) -> Texts:
        """Queries, or any other texts, as vectors."""
        counted = count(texts, self.numbers)
        return weigh(self.config.queries, counted, self.df, self.documents)

    def scores(self, queries: Sequence[str]) -> np.ndarray:
        """For each query and document the sum of products of their weights (Sec. 1)."""
        parts = range(0, len(queries), AT_ONCE)
        return np.concatenate([self._scores(queries[i : i + AT_ONCE]) for i in parts])

    def _scores(self, queries: Sequence[str]) -> np.ndarray:
        asked = self.query(queries)
        sizes = self.size[asked.term]  # of the lists to read, one after the other
        before = np.cumsum(sizes) - sizes
        place = np.repeat(self.start[asked.term] - before, sizes) + np.arange(sizes.sum())
        cell = np.repeat(asked.row, sizes) * self.documents + self.row[place]
        product = np.repeat(asked.weight, sizes) * self.weight[place]
        flat = np.bincount(cell, product, len(queries) * self.documents)
        return flat.reshape(len(queries), self.documents)


def specificity(df: int, documents: int) -> int:
    """The weight as it was first defined, in whole numbers (Sparck Jones 1972).

    f(N) - f(n) + 1, where f(n) is the smallest m with n <= 2^m.
    """
    return math.ceil(math.log2(documents)) - math.ceil(math.log2(df)) + 1
