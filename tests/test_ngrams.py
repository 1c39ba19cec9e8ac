"""Tables of counts: their distributions sum to one, and they know what repeats."""

import math
from collections import Counter

import pytest

from common.exams.ngrams import DISCOUNT, ngram_baseline, ngram_bits

BOTH = pytest.mark.parametrize("smoothing", ["kneser-ney", "witten-bell"])
TRAIN = "abracadabra, abracadabra"


def continued(start, symbol, smoothing, order=3):
    """P(symbol | start), from the bits of a text and of that text with one symbol more."""
    before = (len(start) - 1) * ngram_bits(TRAIN, start, order, smoothing)
    return 2 ** -(len(start) * ngram_bits(TRAIN, start + symbol, order, smoothing) - before)


@BOTH
@pytest.mark.parametrize(("start", "alphabet"), [("br", "abrcd, "), ("zz", "abrcd, z")])
def test_distributions_sum_to_one(smoothing, start, alphabet):
    """After contexts seen and never seen."""
    assert sum(continued(start, c, smoothing) for c in alphabet) == pytest.approx(1)


@BOTH
def test_what_repeats_is_cheap_and_what_does_not_is_dear(smoothing):
    repeated, other = (ngram_bits("abcd" * 200, t * 20, 5, smoothing) for t in ("abcd", "dbca"))
    assert repeated < 0.1 < 1.9 < other


@BOTH
def test_a_bigram_is_what_its_formula_gives(smoothing):
    """P(r | b) and P(a | a), by hand: b is followed by r alone, a by b, c, d and ','."""
    pairs, kinds = Counter(zip(TRAIN, TRAIN[1:])), len(set(zip(TRAIN, TRAIN[1:])))
    uniform = 1 / len(set(TRAIN))
    for left, right in ("br", "aa"):
        n = sum(count for (a, _), count in pairs.items() if a == left)
        k = len([pair for pair in pairs if pair[0] == left])
        c = pairs[left, right]
        if smoothing == "kneser-ney":
            before = len([pair for pair in pairs if pair[1] == right])
            ends = len({pair[1] for pair in pairs})
            p = max(before - DISCOUNT, 0) / kinds + DISCOUNT * ends / kinds * uniform
            p = max(c - DISCOUNT, 0) / n + DISCOUNT * k / n * p
        else:
            seen = len(set(TRAIN))
            p = (TRAIN.count(right) + seen * uniform) / (len(TRAIN) + seen)
            p = (c + k * p) / (n + k)
        found = ngram_bits(TRAIN, left + right, 2, smoothing)
        assert found == pytest.approx(-math.log2(p))


@BOTH
def test_words_are_counted_like_characters(smoothing):
    words = ("to", "be", "or", "not", "to", "be")
    letters = "tbontb"
    assert ngram_bits(words, words[:3], 3, smoothing) == ngram_bits(
        letters, letters[:3], 3, smoothing
    )


def test_the_tables_of_tiny_shakespeare_are_as_good_as_they_were():
    assert ngram_baseline("tinyshakespeare", 5, "kneser-ney") == pytest.approx(2.34313, abs=1e-5)
    assert ngram_baseline("tinyshakespeare", 5, "witten-bell") == pytest.approx(2.55004, abs=1e-5)
