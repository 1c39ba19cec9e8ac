"""The exam: words, lines, what a seed draws, and the charge for sums above 1."""

import numpy as np
import pytest

from common.errors import UserError
from papers.ngram.task import END, START, UNKNOWN, Exam, words_of, written
from papers.ngram.version2 import model
from tests.exams import verse


@pytest.fixture(scope="module")
def exam(tmp_path_factory):
    return Exam(verse(tmp_path_factory.mktemp("text")))


class Inflated:
    """A model whose probabilities are all doubled."""

    def __init__(self, real):
        self.real = real

    def log2(self, text):
        return self.real.log2(text) + 1

    def distribution(self, context):
        return 2 * self.real.distribution(context)

    def __len__(self):
        return len(self.real)


def test_words_and_signs():
    line = "O, that's 3 o'clock -- \"Straße\"_"
    words = ["O", ",", "that's", "3", "o'clock", "-", "-", '"', "Straße", '"', "_"]
    assert words_of(line) == words
    assert written(["Hear", "me", ",", "friends", "!"]) == "Hear me, friends!"


def test_a_line_is_a_sentence(exam):
    text = exam.encode(["the fox", "a zebra"])
    fox, the = exam.numbers["fox"], exam.numbers["the"]
    assert text.tolist() == [START, the, fox, END, START, UNKNOWN, UNKNOWN, END]


def test_a_seed_draws_lines_once_each(exam):
    drawn = exam.draw(0, 0.5)
    assert len(drawn) == len(set(drawn.tolist())) == round(len(exam.lines) / 2)
    assert drawn.tolist() != exam.draw(1, 0.5).tolist()
    assert exam.mask(drawn).sum() == len(drawn)


@pytest.mark.parametrize("share", [0.0, 1.5, -1.0, float("nan"), 1e-9])
def test_a_share_that_is_none_is_named(exam, share):
    with pytest.raises(UserError, match="share"):
        exam.draw(0, share)


def test_a_part_without_words_is_named(tmp_path):
    path = tmp_path / "mine.txt"
    path.write_text("the fox runs\n" * 100 + "\n" * 190, encoding="utf-8")
    with pytest.raises(UserError, match="validation split has no words"):
        Exam(str(path))


def test_what_sums_above_one_is_charged(exam):
    net = model.Model(exam.part(exam.draw(0, 1.0)), exam.symbols, model.Config())
    honest, inflated = (exam.finish(each, 0)[0] for each in (net, Inflated(net)))
    assert inflated["uncharged_bits"] == pytest.approx(honest["uncharged_bits"] - 1)
    assert inflated["sum_of_p"] == pytest.approx(2)
    assert inflated["bits_per_word"] == pytest.approx(honest["bits_per_word"])


def test_bits_are_of_words_and_ends_alone(exam):
    class Even:
        def log2(self, text):
            return np.where(text == START, -np.inf, -3.0)

    assert exam.bits(Even(), exam.test) == 3
