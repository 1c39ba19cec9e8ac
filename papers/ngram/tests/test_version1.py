"""Version 1 is Kneser-Ney as one writes it first, mistakes and all."""

import numpy as np
import pytest

from papers.ngram.evidence import twins
from papers.ngram.version1 import model

TEXT, SYMBOLS = twins.toy_text(12, 300, 5)


@pytest.fixture(scope="module")
def net():
    made = model.Model(3, 0.75, SYMBOLS)
    made.count(TEXT)
    return made


def test_it_sums_to_more_than_one(net):
    """yandexdataschool/nlp_course#12."""
    assert net.distribution(np.array([0, 4])).sum() > 1.1


def test_a_word_after_nothing_known_is_like_any_other(net):
    """nltk/nltk#2599."""
    np.testing.assert_allclose(net.distribution(np.array([0, 1, 2])), 1 / SYMBOLS)


def test_start_follows_start(net):
    """nltk/nltk#3065: padding is counted, so <s> is a word after <s>."""
    assert net.probability((0,), 0) > net.probability((4,), 0)


def test_a_text_is_scored_as_its_distributions_say(net):
    found, start = net.log2(TEXT[:60]), 0
    for i, word in enumerate(TEXT[:60]):
        start = i if word == 0 else start
        if i > start:
            p = net.distribution(TEXT[start:i])[word]
            assert found[i] == pytest.approx(np.log2(p))


@pytest.mark.parametrize("order", [1, 2, 6])
def test_any_order_scores_each_word_once(order):
    made = model.Model(order, 0.75, SYMBOLS)
    made.count(TEXT)
    found = made.log2(TEXT)
    assert len(found) == len(TEXT) and np.isneginf(found).tolist() == (TEXT == 0).tolist()


def test_counting_in_parts_is_counting(net):
    cut = int(np.flatnonzero(TEXT == 0)[7])
    parts = model.Model(3, 0.75, SYMBOLS)
    parts.count(TEXT[:cut])
    parts.count(TEXT[cut:])
    assert parts.counts == net.counts and len(parts) == len(net)
