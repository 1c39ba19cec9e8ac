"""Searches and classifications on the spot: weightings compared over the same queries."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from common.data.labelled import Example, Labelled, load_labelled
from papers.tfidf import PAPER
from papers.tfidf.task import Exam
from papers.tfidf.version2 import model

ASKED = 5  # folds of the ten, whose queries the weightings are compared on
STRENGTHS = (0.1, 0.3, 1.0, 3.0, 10.0)  # of the classifier, one chosen on the validation split


@cache
def exam(unit: str = "article", fold: int = 0) -> Exam:
    return Exam(PAPER.dataset, fold, unit)


@cache
def counted(unit: str = "article", fold: int = 0) -> model.Index:
    return model.Index(exam(unit, fold).texts, model.Config())


def index(documents: str, queries: str, unit: str = "article", fold: int = 0) -> model.Index:
    """The documents of a fold by a weighting."""
    return counted(unit, fold).weighted(model.Config(documents, queries))


@cache
def found(
    documents: str, queries: str, unit: str = "article", whole: bool = False
) -> dict[str, float]:
    """1 / rank of each test query's document, by the query's name.

    Over the first folds, in each of which other paragraphs are taken out.
    """
    ranks: dict[str, float] = {}
    for fold in range(ASKED):
        asked = exam(unit, fold)
        own = asked.ranks(index(documents, queries, unit, fold), asked.test, whole)
        for i, (query, rank) in enumerate(zip(asked.test, own)):
            ranks[f"{asked.titles[query.document]} {fold}.{i}"] = 1 / float(rank)
    return ranks


def by_article(values: dict[str, float], alike: bool = False) -> dict[str, float]:
    """What the queries of each article found, so that relatives are one observation.

    Where articles count `alike`, the mean over an article's queries, be they few or many. Else
    their sum, scaled so that the mean over the articles is the mean over all queries.
    """
    articles: dict[str, list[float]] = {}
    for name, value in values.items():
        articles.setdefault(name.rpartition(" ")[0], []).append(value)
    mean = len(values) / len(articles)  # queries of an article
    return {t: sum(own) / (len(own) if alike else mean) for t, own in articles.items()}


def matrix(texts: model.Texts, terms: int) -> sparse.csr_array:
    """The weights of texts as a sparse matrix (texts, terms)."""
    return sparse.csr_array((texts.weight, (texts.row, texts.term)), (texts.rows, terms))


# -- the base of the logarithm --------------------------------------------------------------------


@dataclass(frozen=True)
class Based:
    """tfc on both sides, with a logarithm to another base, and with something added to it."""

    base: float
    plus: float = 0.0

    def weigh(self, texts: model.Texts, own: model.Index) -> sparse.csr_array:
        idf = model.rarity("f", own.df, own.documents) / math.log(self.base) + self.plus
        weighed = texts._replace(weight=texts.weight * idf[texts.term])
        return matrix(model.normalised("c", weighed), own.terms)

    def scores(self, queries: Sequence[str]) -> np.ndarray:
        own = index("txx", "txx")
        sides = own.query(queries), own.vectors
        asked, documents = (self.weigh(side, own) for side in sides)
        return (asked @ documents.T).toarray()


def moved(plus: float) -> int:
    """Test queries whose document gets another rank with log10 than with the natural logarithm."""
    ranks = [exam().ranks(Based(base, plus), exam().test) for base in (math.e, 10.0)]
    return int((ranks[0] != ranks[1]).sum())


# -- sentiment ------------------------------------------------------------------------------------


@cache
def sentences() -> Labelled:
    return load_labelled("sst2", report=lambda line: None)


def note() -> str:
    """What to say of the data: nothing, or that it is a stand-in."""
    data = sentences()
    return f"on {data.name} in place of {data.stand_in_for}" if data.stand_in_for else ""


@cache
def judged(weighting: str) -> dict[str, float]:
    """1 for each test sentence whose sentiment a logistic regression on the weights gets right."""
    data = sentences()
    own = model.Index([text for text, _ in data.train], model.Config(weighting, weighting))

    def sides(part: Sequence[Example]) -> tuple[sparse.csr_array, np.ndarray]:
        vectors = own.query([text for text, _ in part])
        return matrix(vectors, own.terms), np.array([label for _, label in part])

    train, validation, test = map(sides, (data.train, data.validation, data.test))
    fitted = [LogisticRegression(C=c, max_iter=2_000).fit(*train) for c in STRENGTHS]
    best = max(fitted, key=lambda one: one.score(*validation))
    right = best.predict(test[0]) == test[1]
    return {f"sentence {i}": float(x) for i, x in enumerate(right)}
