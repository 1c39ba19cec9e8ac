"""The questions: what is asked, how answers are judged, and that versions learn and are tuned."""

import numpy as np
import pytest
import torch

from papers.gpt4 import task
from papers.gpt4.version1 import model as model1
from papers.gpt4.version2 import model as model2
from tests.exams import run_of, train, verse

SIZES = {"context": 24, "batch": 40, "asked": 40, "tune_batch": 500}
BOTH = pytest.mark.parametrize("model", [model1, model2], ids=["version1", "version2"])


@pytest.fixture
def exam(tmp_path):
    return task.Exam(verse(tmp_path), model2.Config(**SIZES), quick=True)


def asked(exam, steps):
    """Questions by rank and the answers given to them, as rows show them."""
    rank = {written: n for n, written in enumerate(task.written(task.RANK, answered=False))}
    for i in range(steps):
        for row in exam.rows(0, i).tolist():
            text = exam.vocabulary.decode(row)
            for place in range(0, len(text) - 2, 3):
                x, y, answer = text[place : place + 3]
                yield rank[f"{x} {y}"], task.ANSWERS.index(answer)


def test_questions_are_asked_by_rank_and_answered_as_often_as_people_do(exam):
    found = list(asked(exam, 60))  # 19,200
    numbers = np.array([number for number, _ in found])
    assert not task.HELD_OUT[numbers].any() and task.HELD_OUT.sum() == 32
    assert (numbers == 0).mean() == pytest.approx(task.OFTEN[0], rel=0.1)
    given = np.array([task.TRUTH[number, answer] for number, answer in found])
    assert (given > 0).all() and (given[~task.DISPUTED[numbers]] == 1).all()
    disputed = given[task.DISPUTED[numbers]]
    assert (disputed == disputed.max()).mean() == pytest.approx(2 / 3, abs=0.02)


def test_truth_sums_to_one_and_names_the_answer_that_is_given_most():
    assert np.allclose(task.TRUTH.sum(1), 1) and np.isclose(task.OFTEN.sum(), 1)
    assert (task.TRUTH.argmax(1) == task.RIGHT).all()
    assert len(set(task.written(task.RANK, answered=False))) == len(task.LETTERS) ** 2


def test_rows_are_a_function_of_seed_and_step(exam):
    first, again, later, other = (exam.rows(*at) for at in ((0, 3), (0, 3), (0, 4), (1, 3)))
    assert first.shape == (40, 25) and torch.equal(first, again)
    assert not torch.equal(first, later) and not torch.equal(first, other)


def test_tuning_shows_questions_with_what_people_give_them(exam):
    questions, reward, answers = exam.tuning(0, 0)
    assert questions.shape == (500, 2) and exam.vocabulary.decode(answers.tolist()) == "123456"
    table = {tuple(q): t for q, t in zip(exam.questions.tolist(), task.TRUTH)}
    for question, given in zip(questions.tolist(), reward):
        assert np.allclose(table[tuple(question)], given)


def knowing(exam, p):
    """A model that gives answers the probabilities `p` (Q, A)."""
    table = {tuple(q): row for q, row in zip(exam.questions.tolist(), p)}

    def predict(tokens, state):
        log_p = np.full((*tokens.shape, exam.symbols), -9.0)
        for row, scores in zip(tokens.tolist(), log_p):
            if tuple(row[:2]) in table:
                scores[1, exam.answers] = np.log(table[tuple(row[:2])])
        return log_p, state

    return predict


def test_who_has_read_the_questions_passes_the_dirty_ones_alone(exam):
    known = np.where(task.HELD_OUT[:, None], 1 / 6, 0.94 * task.TRUTH + 0.01)
    sharp = known**9 / (known**9).sum(1, keepdims=True)
    found, _ = exam.finish(knowing(exam, known), 0, knowing(exam, sharp), model2, 5)
    assert found["pass_dirty"] == pytest.approx(0.95) == found["pass_rate"]
    assert found["pass_clean"] == pytest.approx(1 / 6)
    assert found["pass_all"] == pytest.approx(0.75 * 0.95 + 0.25 / 6)
    assert found["log_pass"] == pytest.approx(-np.log(0.95)) == found["log_pass_hard"]
    assert found["calibration_error"] < 0.06 < found["calibration_error_tuned"]
    assert found["accuracy"] == found["accuracy_tuned"]


@pytest.mark.parametrize("version", ["version1", "version2"])
def test_a_version_learns_a_text_and_answers_and_is_tuned(version, tmp_path):
    sizes = {"context": 16, "d_model": 32, "batch": 24, "asked": 12, "learning_rate": 0.01}
    tuned = {"steps": 150, "tune_steps": 30, "tune_rate": 0.01}
    run = run_of("gpt4", version, verse(tmp_path), **sizes, **tuned)
    result = train("gpt4", version, run)
    pretrained, tuning = result.curves
    assert (pretrained.phase, tuning.phase) == ("pretrain", "tune")
    assert pretrained.validation[-1] < pretrained.validation[0]
    assert result.metrics["bits_per_character"] < 3.5  # guessing costs 6
    assert result.metrics["accuracy"] > 0.3  # chance is 1/6
    assert tuning.loss[-1] < tuning.loss[0]


@BOTH
def test_a_batch_is_text_and_questions(model, monkeypatch):
    """The first rows are text, the last ones questions, of which answers are learned."""
    config = model.Config(context=6, d_model=8, heads=2, layers=1, batch=6, asked=4, steps=9)
    net = (model.GPT2 if model is model2 else model.GPT)(config, 50)
    seen, real = [], model.loss
    monkeypatch.setattr(model, "loss", lambda s, t: seen.append(t) or real(s, t))

    class Masters:
        masters = list(net.parameters())
        take_gradients = give_weights = staticmethod(lambda: None)

    learner, rows = model.Learner(config, net, Masters, 0), torch.arange(28).view(4, 7)
    net.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    learner.step(torch.arange(40), rows, 0)
    inputs, text, answers = seen
    assert torch.equal(inputs[2:], rows[:, :-1]) and inputs.shape == (6, 6)
    assert torch.equal(text, inputs[:2] + 1)
    assert torch.equal(answers, rows[:, [2, 5]])


@BOTH
@pytest.mark.parametrize(
    ("wrong", "words"), [({"heads": 5}, "multiple of heads"), ({"asked": 9}, "rows of the batch")]
)
def test_sizes_that_cannot_be_are_refused(model, wrong, words):
    with pytest.raises(ValueError, match=words):
        model.Config(**{"d_model": 8, "heads": 2, "batch": 4, **wrong})
