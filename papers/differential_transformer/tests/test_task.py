"""The exam: what stretches are made of, and that what it measures inside is what it says."""

import re

import pytest
import torch

from common.data.text import Characters
from common.errors import UserError
from papers.differential_transformer import task
from papers.differential_transformer.evidence import baseline
from tests.exams import verse


@pytest.fixture
def exam(tmp_path):
    return task.Exam(verse(tmp_path), quick=True)


def test_needles_questions_and_answers_are_a_token_each():
    words = task.Vocabulary(Characters("ab <=>?c5"))
    assert len(words) == 9 + 16 * 8 + 16 + 8
    tokens = words.encode("ab<c=5> <c?><5>")
    assert words.decode(tokens) == "ab<c=5> <c?><5>"
    shown = [words.decode([token]) for token in tokens]
    assert shown == ["a", "b", "<c=5>", " ", "<c?>", "<5>"]
    assert len({*words.pieces}) == len(words.pieces)


def test_what_is_almost_a_needle_is_text_and_strange_characters_are_named():
    words = task.Vocabulary(Characters("abc<=>?5"))
    assert [words.decode([t]) for t in words.encode("<c=5<c?>")] == [*"<c=5", "<c?>"]
    with pytest.raises(UserError, match="'x'"):
        words.encode("a<c=5>x")


def test_a_question_follows_its_needle_and_no_key_stands_twice(exam):
    for row, asked, found in zip(*(getattr(exam.test, n) for n in ("tokens", "asked", "found"))):
        shown = [exam.vocabulary.decode([token]) for token in row.tolist()]
        keys = [s[1] for s in shown if re.fullmatch(r"<\w=\d>", s)]
        assert len(keys) == len(set(keys)) == task.NEEDLES
        for place, needle in zip(asked.tolist(), found.tolist(), strict=True):
            key, value = re.fullmatch(r"<(\w)=(\d)>", shown[needle]).groups()
            assert shown[place : place + 2] == [f"<{key}?>", f"<{value}>"] and needle < place


def test_batches_differ_by_step_and_seed_and_held_out_stretches_do_not(tmp_path):
    one, other = (task.Exam(verse(tmp_path), seed=seed) for seed in (0, 1))
    assert torch.equal(one.batch(3, 4).tokens, one.batch(3, 4).tokens)
    assert not torch.equal(one.batch(3, 4).tokens, one.batch(4, 4).tokens)
    assert not torch.equal(one.batch(3, 4).tokens, other.batch(3, 4).tokens)
    assert torch.equal(one.test.tokens, other.test.tokens)


def test_who_knows_the_answers_has_none_wrong_and_who_guesses_has_most(exam):
    def knowing(tokens):
        rest = exam.test.tokens[:, 1:]
        at = [int((exam.test.tokens[:, :-1] == row).all(1).nonzero()[0]) for row in tokens]
        return 50.0 * torch.nn.functional.one_hot(rest[at], exam.symbols)

    assert exam.judge(knowing, exam.test)["wrong_answers"] == 0
    guess = exam.judge(lambda tokens: torch.zeros(*tokens.shape, exam.symbols), exam.test)
    assert guess["answer_bits"] == pytest.approx(torch.tensor(float(exam.symbols)).log2().item())
    assert guess["text_bits"] == pytest.approx(guess["answer_bits"])


def test_attention_on_the_needle_is_a_share_of_absolute_weights(exam):
    """One map looks at the needle with half of its weight and takes a quarter from two others."""

    def look(tokens):
        count, length = tokens.shape
        weights = torch.zeros(count, 2, length, length)
        at = [int((exam.test.tokens == row).all(1).nonzero()[0]) for row in tokens]
        for b, (asked, found) in enumerate(zip(exam.test.asked[at], exam.test.found[at])):
            weights[b, 0, asked, found] = 0.5
            weights[b, 0, asked, asked] = -0.25
            weights[b, 0, asked, asked - 1] = -0.25
            weights[b, 1, asked, asked] = 1.0
        scores = torch.full_like(weights, 3.0).triu(1) - 2.0 * torch.eye(length)
        yield scores, weights, torch.full((count, length, 4), -7.0)

    found = exam.inside(look, exam.test)
    assert found["needle_share"] == pytest.approx(25, abs=1e-4)
    assert found["best_needle_share"] == pytest.approx(50, abs=1e-4)
    assert found["largest_score"] == 2 and found["largest_state"] == 7


def test_the_commonest_value_is_a_guess_better_than_chance(tmp_path):
    wrong = baseline.commonest_value(verse(tmp_path))
    assert 60 < wrong < 100 * (1 - 1 / len(task.VALUES))
