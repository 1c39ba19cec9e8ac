"""The vocabulary of words: nothing is lost, nothing is free, counts are what they say."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.ask.text import text_neighbours
from common.data.text import Characters
from common.errors import UserError
from common.exams.reading import Streams
from common.exams.text import TextExam
from common.exams.words import Words, word_perplexity

ALPHABET = "abAB' ,.\n1éß"
TEXT = "a ab ab, aba 'b\nAB ab's Éa éa ab.\nab's éa aba b b "
TEXTS = st.text(ALPHABET, max_size=120)


def words(most=50, text=TEXT):
    return Words(text, Characters(TEXT + ALPHABET), most)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(TEXTS, st.text(ALPHABET, min_size=1, max_size=200), st.integers(0, 20))
def test_any_text_comes_back(text, learned, most):
    vocabulary = words(most, learned)
    ids = vocabulary.encode(text)
    assert vocabulary.decode(ids) == text
    assert ids.dtype == np.int64 and len(ids) <= len(text)
    assert "".join(vocabulary.decode([i]) for i in ids) == text  # each token is its own text
    assert len(set(vocabulary.symbols)) == len(vocabulary) <= len(vocabulary.characters) + most


@settings(max_examples=100, deadline=None, derandomize=True)
@given(TEXTS)
def test_a_text_has_one_spelling(text):
    """Words are never cut, and one that is known is never spelled."""
    vocabulary = words()
    symbols = [vocabulary.symbols[i] for i in vocabulary.encode(text)]
    at = 0
    for symbol in symbols:
        if len(symbol) > 1:
            assert not text[at - 1 : at].isalpha() or at == 0 or symbol[0] == " "
            assert not text[at + len(symbol) : at + len(symbol) + 1].isalpha()
        at += len(symbol)


def test_the_most_frequent_words_are_tokens_and_the_rest_is_spelled():
    vocabulary = words(2, "ab ab aba aba aba b b, rare\nab 'a")
    assert vocabulary.symbols[-2:] == [" aba", " b"]  # thrice, twice; " ab" stands there once
    assert vocabulary.decode(vocabulary.encode(" aba ab")[:1]) == " aba"
    spelled = vocabulary.encode(" ab aba")
    assert [vocabulary.symbols[i] for i in spelled] == [" ", "a", "b", " aba"]
    assert words(50, "ab ab aba").symbols[-1] not in (" ab", " aba", "ab")  # each but once
    assert words(9, "don't don't").symbols[-1] != "'" and "don't" not in words().symbols
    with pytest.raises(UserError, match="'ü' is not in the vocabulary"):
        vocabulary.encode("aü")
    with pytest.raises(UserError, match="it has"):
        vocabulary.decode([len(vocabulary)])


def test_unknown_words_are_counted():
    vocabulary = words(1, " ab ab ab aba")
    assert vocabulary.unknown(" ab ab") == 0
    assert vocabulary.unknown(" ab aba, b") == pytest.approx(2 / 3)  # " b" is two characters
    assert vocabulary.unknown("b") == 0  # a character of its own
    assert vocabulary.unknown("., \n") == 0
    assert vocabulary.unknown("ab") == 1  # not after a blank: another token, which was never seen


@pytest.fixture
def exam(tmp_path):
    path = tmp_path / "own.txt"
    path.write_text("the cat sat on the mat.\nThe dog ran to the zebra, and a cat ran.\n" * 60)

    def vocabulary(text, characters):
        return Words(text, characters, 8)

    return TextExam(str(path), Streams(4, 10), vocabulary, measures=[word_perplexity])


def by_count(exam):
    """A predictor: each token by how often the training text has it, whatever came before."""
    counts = np.bincount(exam.train, minlength=exam.symbols) + 1.0
    log_p = np.log(counts / counts.sum())

    def predict(tokens, state):
        return np.broadcast_to(log_p, (*tokens.shape, exam.symbols)), state

    return predict, log_p


def test_the_score_is_that_of_a_plain_loop_and_each_spelled_letter_is_paid(exam):
    predict, log_p = by_count(exam)
    assert np.exp(log_p).sum() == pytest.approx(1)
    metrics, (sample,) = exam.finish(predict, seed=1)
    bits, at, test = 0.0, 0, exam.parts.test
    for i, number in enumerate(exam.vocabulary.encode(test)):
        symbol = exam.vocabulary.symbols[number]
        assert test[at : at + len(symbol)] == symbol
        at += len(symbol)
        if i:
            bits -= log_p[number] / math.log(2)
        else:
            unscored = len(symbol)
    assert at == len(test)
    assert metrics["bits_per_character"] == pytest.approx(bits / (len(test) - unscored))
    scored = test[unscored:]
    count = len(scored.replace(",", "").replace(".", "").split())
    assert metrics["word_perplexity"] == pytest.approx(2 ** (bits / count))
    assert 0 < metrics["unknown_share"] < 1 and len(sample) == 600


def test_probabilities_of_all_texts_do_not_exceed_one():
    """Summed over all texts of a length, each as it is encoded: what a text costs is never less."""
    vocabulary = Words("ab ab ab b", Characters("ab "), 9)
    p = np.arange(1.0, len(vocabulary) + 1)
    p /= p.sum()

    def texts(length):
        return [""] if not length else [t + c for t in texts(length - 1) for c in "ab "]

    for length in range(1, 6):
        whole = sum(p[vocabulary.encode(text)].prod() for text in texts(length))
        assert 0 < whole <= 1 + 1e-9


def test_vectors_are_of_words_where_there_are_some(exam):
    vectors = np.random.default_rng(0).normal(size=(exam.symbols, 5))
    found = text_neighbours(exam, vectors)
    assert {"the", "cat", "ran"} <= set(found.words) and "," not in found.words
    number = exam.vocabulary.encode(" the")[0]
    assert (found.vectors[found.words.index("the")] == vectors[number]).all()
    exam.vocabulary = Characters("abc")
    characters = text_neighbours(exam, vectors[:3])
    assert list(characters.words) == ["a", "b", "c"]
    with pytest.raises(UserError, match="'king' has no vector: .* single characters alone"):
        characters.near("king", 1)
