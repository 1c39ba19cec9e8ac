"""The exam: every character scored once, by one context rule, and the baseline's arithmetic."""

import math

import numpy as np
import pytest

from papers.rnn import task
from papers.rnn.evidence.baseline import ngram_bits


def remembering(length, symbols=7):
    """A predictor that guesses the symbol seen `length` characters ago, nine times in ten."""

    def predict(tokens, state):
        seen = np.full((len(tokens), length), -1) if state is None else state
        joined = np.concatenate([seen, tokens], axis=1)
        guess = joined[:, 1 : tokens.shape[1] + 1]
        p = np.full((*tokens.shape, symbols), 0.1 / (symbols - 1))
        known = guess >= 0
        np.put_along_axis(p, np.maximum(guess, 0)[..., None], 0.9, axis=2)
        p[~known] = 1 / symbols
        return np.log(p), joined[:, -length:]

    return predict


def literal_bits(predict, tokens, context):
    """Character by character, from the rule as it is written."""
    _, length = task.stream_shape(len(tokens))
    found = []
    for target in range(1, len(tokens)):
        start = (target - 1) // length * length  # of the target's stream
        read = tokens[max(0, start - context) : target]
        log_p, _ = predict(read[None], None)
        found.append(-log_p[0, -1, tokens[target]] / math.log(2))
    return np.array(found)


@pytest.mark.parametrize("size", [2, 65, 199, 202, 1000, 1281])
def test_every_character_is_scored_once_by_the_rule(size):
    tokens = np.random.default_rng(size).integers(7, size=size)
    predict = remembering(3)
    expected = literal_bits(predict, tokens, task.CONTEXT)
    assert task.bits(predict, tokens) == pytest.approx(expected)


def test_streams_have_context():
    """A predictor that needs 50 characters of context has them in every stream but the first."""
    tokens = np.tile(np.random.default_rng(0).integers(7, size=50), 40)
    scores = task.bits(remembering(50), tokens)
    assert scores[50:].max() == pytest.approx(-math.log2(0.9))


def test_guessing_costs_log2_of_the_alphabet():
    def guess(tokens, state):
        return np.full((*tokens.shape, 8), -math.log(8)), state

    assert task.bits(guess, np.arange(500) % 8) == pytest.approx(np.full(499, 3.0))


def test_ngram_distributions_sum_to_one():
    """Bits of a text are those of a distribution: over all continuations, 2^-bits sums to 1."""
    train, alphabet = "abracadabra, abracadabra", "abrcd, "
    total = sum(2 ** -(2 * ngram_bits(train, "br" + c, order=3) - first) for c in alphabet
                for first in [ngram_bits(train, "br", order=3)])  # fmt: skip
    assert total == pytest.approx(1)


def test_ngram_learns_what_repeats():
    assert ngram_bits("abcd" * 200, "abcd" * 20) < 0.1 < 1.9 < ngram_bits("abcd" * 200, "dbca" * 20)


def test_real_words_counts_only_known_words():
    exam = object.__new__(task.Exam)
    exam.words = {"to", "be", "or"}
    assert exam.real_words("to be, zzyx or be") == 0.75
    assert exam.real_words("") == 0
