"""The tasks of a window, how they are scored, and that a run learns them."""

import numpy as np
import pytest
import torch

from papers.gpt3 import task
from papers.gpt3.version1 import model as model1
from papers.gpt3.version2 import model as model2
from tests.exams import run_of, train, verse

SIZES = {"context": 24, "batch": 6, "tasks": 4}


@pytest.fixture
def exam(tmp_path):
    return task.Exam(verse(tmp_path), model2.Config(**SIZES), quick=True)


def pairs(row):
    return list(zip(row[::2], row[1::2], strict=True))


def test_recall_shows_one_value_for_each_letter(exam):
    rng = np.random.default_rng(0)
    tables = set()
    for row in exam.rows("recall", rng, 50, 12):
        shown = pairs(exam.vocabulary.decode(row))
        assert all(key in task.LETTERS and value in task.VALUES for key, value in shown)
        assert len(dict(shown)) == len(set(shown)) <= len(task.LETTERS)
        tables.add(frozenset(shown))
    assert len(tables) > 40


def test_frequent_values_are_frequent_in_training_and_no_longer_in_the_test(exam):
    for even, expected in ((False, 0.408), (True, 1 / 6)):
        weights = {"weights": np.ones(len(task.VALUES))} if even else {}
        values = task.recall(np.random.default_rng(1), 4_000, 1, **weights)[1]
        assert (values == 0).mean() == pytest.approx(expected, abs=0.02)


def test_linear_maps_multiply_modulo_five(exam):
    seen = set()
    for row in exam.rows("linear", np.random.default_rng(0), 50, 12):
        shown = [(int(x), int(y)) for x, y in pairs(exam.vocabulary.decode(row))]
        (factor,) = [a for a in range(1, 5) if all(a * x % 5 == y for x, y in shown)]
        seen.add(factor)
    assert seen == {1, 2, 3, 4}


def test_windows_of_tasks_are_a_function_of_seed_and_step(exam):
    first, again, later, other = (exam.tasks(*at) for at in ((0, 3), (0, 3), (0, 4), (1, 3)))
    assert first.shape == (4, 25) and torch.equal(first, again)
    assert not torch.equal(first, later) and not torch.equal(first, other)


def test_any_text_has_room_for_the_symbols_of_tasks(exam):
    assert exam.vocabulary.decode(exam.encode("fox αΓβΛ1")) == "fox αΓβΛ1"
    assert exam.symbols == len(set(exam.parts.train)) + 14


def knowing(exam):
    """A model that follows the examples of recall that it has read, and else says Γ."""
    values = exam.symbols_of["recall"][1]

    def predict(tokens, state):
        log_p = np.full((*tokens.shape, exam.symbols), -9.0)
        log_p[..., values] = -2.0 - 0.1 * np.arange(len(values))
        for row, scores in zip(tokens, log_p):
            known = {}
            for place in range(0, len(row), 2):
                if row[place] in known:
                    scores[place, known[row[place]]] = 0.0
                known[row[place]] = row[place + 1] if place + 1 < len(row) else None
        return log_p, state

    return predict


def test_answers_are_counted_by_how_much_was_shown(exam):
    exam.tested = 4_000
    found = exam.few_shot(knowing(exam), "recall", model2.score)
    for shots in task.SHOTS:
        seen = 1 - (1 - 1 / 4) ** shots
        expected = seen + (1 - seen) / 6  # Γ is right in one case of six
        assert found[f"recall_{shots}"] == pytest.approx(expected, abs=0.03)


def test_dividing_by_no_question_takes_a_habit_off(exam):
    """A model that has the right answer in mind, but Γ more so."""
    exam.tested = 500

    def predict(tokens, state):
        log_p = np.full((*tokens.shape, exam.symbols), -9.0)
        log_p[..., exam.symbols_of["recall"][1][0]] = -1.0
        for row, scores in zip(tokens, log_p):
            for place in range(2, len(row) - 1, 2):
                scores[place, row[place + 1]] += 3.0
        return log_p, state

    plain, scored = (exam.few_shot(predict, "recall", s) for s in (model1.score, model2.score))
    assert plain["recall_4"] == plain["recall_4_scored"] < 0.25
    assert scored["recall_4"] == plain["recall_4"] and scored["recall_4_scored"] == 1


def test_a_short_window_is_asked_only_what_fits(tmp_path):
    exam = task.Exam(verse(tmp_path), model2.Config(context=8, batch=2), quick=True)
    found = exam.few_shot(knowing(exam), "recall", model2.score)
    assert {"recall_0", "recall_2"} <= found.keys() and "recall_4" not in found


@pytest.mark.parametrize("version", ["version1", "version2"])
def test_a_version_learns_a_text_and_a_table(version, tmp_path):
    sizes = {"context": 16, "d_model": 32, "batch": 16, "tasks": 8, "learning_rate": 0.01}
    run = run_of("gpt3", version, verse(tmp_path), steps=150, **sizes)
    result = train("gpt3", version, run)
    assert result.metrics["bits_per_character"] < 3.5  # guessing costs 6
    assert result.curve.validation[-1] < result.curve.validation[0]
    assert result.metrics["parameters"] > 1_000


@pytest.mark.parametrize("model", [model1, model2], ids=["version1", "version2"])
def test_a_batch_is_text_and_tasks(model, monkeypatch):
    """The first rows are text, the last ones the tasks, of which answers are learned."""
    config = model.Config(context=5, d_model=8, heads=2, layers=1, batch=6, tasks=4, steps=9)
    seen, net = [], model.GPT3(config, 50)
    real = model.loss
    monkeypatch.setattr(model, "loss", lambda s, t: seen.append(t) or real(s, t))

    class Masters:
        masters = list(net.parameters())
        take_gradients = give_weights = staticmethod(lambda: None)

    learner = model.Learner(config, net, Masters, 0)
    net.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    learner.step(torch.arange(40), torch.arange(24).view(4, 6), 0)
    inputs, text, answers = seen
    assert torch.equal(inputs[2:], torch.arange(24).view(4, 6)[:, :-1])
    assert torch.equal(text, inputs[:2] + 1) and inputs.shape == (6, 5)
    assert torch.equal(answers, inputs[2:, ::2] + 1)


@pytest.mark.parametrize("model", [model1, model2], ids=["version1", "version2"])
@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"heads": 5}, "multiple of heads"), ({"band": 0}, "band"), ({"tasks": 9}, "rows of the")],
)
def test_sizes_that_cannot_be_are_refused(model, wrong, words):
    with pytest.raises(ValueError, match=words):
        model.Config(**{"d_model": 8, "heads": 2, "batch": 4, **wrong})
