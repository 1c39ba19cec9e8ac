"""Counts without weights: how often the words of the query are in the document, by the cosine."""

from __future__ import annotations

from papers.tfidf import PAPER
from papers.tfidf.task import Exam, reciprocal
from papers.tfidf.version2 import model


def raw_counts(seed: int) -> float:
    """The mean reciprocal rank of a fold by the cosine of counts (txc, Table 1)."""
    exam = Exam(PAPER.dataset, seed)
    index = model.Index(exam.texts, model.Config("txc", "txx"))
    return reciprocal(exam.ranks(index, exam.test))
