"""The simple rivals: tables of counts, factored. That of mutual information is in common/exams/."""

from __future__ import annotations

from functools import cache

import numpy as np

from common.config import plan
from common.exams.counted import counted_vectors
from common.exams.vectors import mean
from common.paper import room
from papers.glove import PAPER
from papers.glove.task import Exam
from papers.glove.version2 import model


@cache
def settings() -> model.Config:
    """Those of version 2: the rivals get its words, window and size."""
    return plan(room("glove"), PAPER.newest, "cpu").config


@cache
def exam() -> Exam:
    return Exam(PAPER.dataset, PAPER.more_data["tests"], settings().least)


@cache
def table() -> np.ndarray:
    """X (V, V) of the corpus, as version 2 counts it."""
    corpus = exam().corpus
    return model.count(corpus.tokens, corpus.starts, len(corpus.words), settings().window)


@cache
def logarithms() -> np.ndarray:
    """SVD-L (Sec. 4.3): the largest singular directions of log(1 + X)."""
    from sklearn.utils.extmath import randomized_svd

    u, s, _ = randomized_svd(np.log1p(table()), settings().size, random_state=0)
    return u * s


@cache
def information() -> np.ndarray:
    """Positive mutual information, factored (Levy, Goldberg and Dagan 2015)."""
    return counted_vectors(exam().corpus, settings().window, settings().size)


def rank(vectors: np.ndarray) -> float:
    """The paper's metric of such vectors."""
    return mean(exam().results(vectors).questions)
