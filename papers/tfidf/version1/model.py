"""tf-idf and the cosine, Salton and Buckley 1988; version 1: dictionaries, nothing else.

Words: a term is a word in lower case; tf is how often a text has it, df how many texts have it.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

WORD = re.compile(r"\b\w\w+\b")
Vector = dict[str, float]  # term -> weight; a term that is not there weighs 0


@dataclass(frozen=True)
class Config:
    """Nothing can be chosen: there is one tf-idf."""


def count(text: str) -> Counter[str]:
    """tf of each term of a text."""
    return Counter(WORD.findall(text.lower()))


def idf(texts: Sequence[Mapping[str, int]]) -> Vector:
    """The weight of each term that the counted texts have: the fewer have it, the higher.

    One is added so that a term that all of them have does not vanish.
    """
    df = Counter(term for counts in texts for term in counts)
    return {term: math.log10(len(texts) / n) + 1 for term, n in df.items()}


def weigh(counts: Mapping[str, int], rarity: Mapping[str, float]) -> Vector:
    """tf times idf, as a vector of length 1 (Table 1: t, f and c)."""
    vector = {term: tf * rarity[term] for term, tf in counts.items()}
    length = math.sqrt(sum(weight * weight for weight in vector.values()))
    return {term: weight / length for term, weight in vector.items()}


def fit(texts: Iterable[str]) -> tuple[Vector, list[Vector]]:
    """idf of the terms of these texts, and the texts as vectors."""
    counts = [count(text) for text in texts]
    rarity = idf(counts)
    return rarity, [weigh(c, rarity) for c in counts]


def cosine(one: Vector, other: Vector) -> float:
    """The sum of products of the weights (Sec. 1), which for vectors of length 1 is the cosine."""
    return sum(weight * other[term] for term, weight in one.items() if term in other)


class Index:
    """A collection of documents, which queries are compared with one by one."""

    def __init__(self, documents: Iterable[str]):
        self.rarity, self.vectors = fit(documents)

    @property
    def terms(self) -> int:
        return len(self.rarity)

    @property
    def postings(self) -> int:
        """How many weights are kept."""
        return sum(map(len, self.vectors))

    def scores(self, queries: Iterable[str]) -> list[list[float]]:
        """For each query the cosine with each document."""
        _, vectors = fit(queries)
        return [[cosine(query, document) for document in self.vectors] for query in vectors]
