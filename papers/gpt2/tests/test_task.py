"""The exam: every token scored once, by one context rule; and the table of counts."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from papers.gpt2 import task
from papers.gpt2.evidence.baseline import ngram_bits
from papers.gpt2.version2 import model as model2


def counting(tokens, state):
    """A predictor whose certainty says how many tokens it has before it."""
    places = np.broadcast_to(np.arange(1, tokens.shape[1] + 1), tokens.shape)
    return np.repeat((-places * math.log(2.0))[..., None], 7, axis=2), state


def literal_contexts(size, context):
    """How many tokens stand before each target in its window, from the rule as it is written."""
    step, found = max(1, context // 2), []
    for target in range(1, size):
        start = 0
        while target - start > context:
            start += step
        found.append(target - start)
    return found


@settings(max_examples=60, deadline=None, derandomize=True)
@given(size=st.integers(2, 90), context=st.integers(1, 17))
def test_every_token_is_scored_once_with_half_a_window_before_it(size, context):
    tokens = np.arange(size) % 7
    scores = task.bits(counting, tokens, context)
    assert scores.tolist() == pytest.approx(literal_contexts(size, context))
    assert (scores[context:] >= context / 2).all() and (scores <= context).all()


def test_guessing_costs_log2_of_the_vocabulary():
    def guess(tokens, state):
        return np.full((*tokens.shape, 8), -math.log(8)), state

    assert task.bits(guess, np.arange(500) % 8, 20) == pytest.approx(np.full(499, 3.0))


def test_windows_from_nothing_are_whole_and_do_not_overlap():
    scores = task.fresh_bits(counting, np.arange(25) % 7, 8)
    assert scores.tolist() == [list(range(1, 9))] * 3
    assert task.fresh_bits(counting, np.arange(8) % 7, 8).shape == (0, 8)


@pytest.fixture(scope="module")
def verse(tmp_path_factory):
    path = tmp_path_factory.mktemp("text") / "verse.txt"
    path.write_text("the quick brown fox jumps over the lazy dog and runs away.\n" * 120)
    return str(path)


@pytest.mark.parametrize("merges", [None, 40])
def test_bits_are_per_character_whatever_the_tokens(verse, merges):
    """A predictor that guesses among V tokens spends log2 V for each token, not for a character."""
    config = model2.Config(merges=merges)
    exam = task.Exam(verse, 8, lambda *text: model2.vocabulary(*text, config))

    def guess(tokens, state):
        return np.full((*tokens.shape, exam.symbols), -math.log(exam.symbols)), state

    text = exam.parts.test
    ids = exam.vocabulary.encode(text)
    first = len(exam.vocabulary.decode(ids[:1]))
    expected = math.log2(exam.symbols) * (len(ids) - 1) / (len(text) - first)
    assert exam.score(guess, text) == pytest.approx(expected)
    assert len(exam.sample(guess, 0)) == task.SAMPLE_CHARACTERS


def test_ngram_distributions_sum_to_one():
    """Over all continuations 2^-bits sums to 1, after contexts seen and never seen."""
    train, alphabet = "abracadabra, abracadabra", "abrcd, "
    for start in ("br", "zz"):
        letters = [*alphabet, "z"] if "z" in start else alphabet
        first = ngram_bits(train, start, order=3)
        total = sum(2 ** -(2 * ngram_bits(train, start + c, order=3) - first) for c in letters)
        assert total == pytest.approx(1)


def test_ngram_learns_what_repeats():
    assert ngram_bits("abcd" * 200, "abcd" * 20) < 0.1 < 1.9 < ngram_bits("abcd" * 200, "dbca" * 20)
