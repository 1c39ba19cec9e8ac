"""Version 2 against scikit-learn, rank_bm25 and gensim; the comparisons notice what is wrong."""

import numpy as np
import pytest

from papers.tfidf.evidence import injections, twins
from papers.tfidf.version2 import model

TEXTS = [
    "The cat sat on the mat, a cat.",
    "A dog and a dog and 7 dogs ran",
    "the dog, the cat, the mat; naïve façade",
    "Vitamin C is not vitamin D",
    "what the cat saw was a dog",
]
HELD_OUT = ["a zebra and a cat", "", "C C C", "the THE the dog"]


@pytest.mark.parametrize("weighting", twins.SCIKIT)
def test_weights_are_those_of_scikit_learn(weighting):
    pytest.importorskip("sklearn")
    assert max(twins.scikit(weighting, TEXTS, HELD_OUT)) < 1e-12


def test_the_comparison_notices_another_idf(monkeypatch):
    pytest.importorskip("sklearn")
    plain = model.rarity
    monkeypatch.setattr(model, "rarity", lambda letter, df, n: plain(letter, df, n + 1))
    assert max(twins.scikit("tsc", TEXTS, HELD_OUT)) > 1e-3


def test_scores_are_those_of_rank_bm25():
    pytest.importorskip("rank_bm25")
    assert np.abs(twins.rank_bm25(TEXTS, HELD_OUT)).max() < 1e-12
    assert np.abs(twins.rank_bm25(TEXTS, HELD_OUT, own_idf=True)).max() > 0.1


def test_the_floor_put_back_gives_the_scores_of_rank_bm25(monkeypatch):
    pytest.importorskip("rank_bm25")
    for name, value in injections.floor_of_the_mean(model).items():
        monkeypatch.setattr(model, name, value)
    assert np.abs(twins.rank_bm25(TEXTS, HELD_OUT, own_idf=True)).max() < 1e-12


def test_weights_are_those_of_gensim():
    assert twins.gensim(TEXTS) < 1e-12


def test_fitted_on_counts_gensim_takes_another_mean_length(monkeypatch):
    assert twins.gensim(TEXTS, whole=False) > 1e-3
    for name, value in injections.distinct_words_for_length(model).items():
        monkeypatch.setattr(model, name, value)
    assert twins.gensim(TEXTS, whole=False) < 1e-12
