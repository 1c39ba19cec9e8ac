"""The exam of every room: the headline is the score of exactly the test part, each symbol once,
and no part feeds another.

Each room says in its `tests/exam.py` how to make small parts and how to score them again, by plain
loops from the rule as it is written (`tests/exams.py` lists what such a file holds).
"""

import pytest

from common.paper import rooms
from tests.exams import EVERY, ROOT, near, parts_of, run_of, side, train


class Sat:
    """A run that sat its exam: its results, the bytes of its weights, and what it handed in."""

    def __init__(self, name, version, parts, folder, monkeypatch):
        exam, given = rooms(ROOT)[name].module("task").Exam, []
        finish = exam.finish

        def handed(self, *arguments):
            given.append((self, arguments[0]))
            return finish(self, *arguments)

        with monkeypatch.context() as patch:
            patch.setattr(exam, "finish", handed)
            data = side(name).place(parts, folder, patch)
            run = run_of(name, version, data, **side(name).CHANGES[version])
            run.folder = folder
            self.result = train(name, version, run)
        assert len(given) == 1, "the exam is sat once"
        ((self.exam, self.given),) = given
        self.metrics, self.curve = self.result.metrics, self.result.curve
        self.weights = (folder / "weights.safetensors").read_bytes()


@pytest.fixture(scope="module")
def unchanged():
    """The runs in which nothing was changed, by version: one for all tests."""
    return {}


@pytest.fixture
def sit(name, version, unchanged, tmp_path, monkeypatch):
    """Train and sit the exam, with other content in one of the parts if one is named."""

    def sit(changed=None):
        if changed is None and (name, version) in unchanged:
            return unchanged[name, version]
        parts, folder = parts_of(name, changed), tmp_path / str(changed)
        folder.mkdir()
        found = parts, Sat(name, version, parts, folder, monkeypatch)
        if changed is None:
            unchanged[name, version] = found
        return found

    return sit


@EVERY
def test_the_headline_is_the_score_of_exactly_the_test_part(name, version, sit):
    parts, sat = sit()
    again = side(name).scores(version, sat.exam, sat.given, parts)
    assert rooms(ROOT)[name].paper.metric.name in again
    assert {metric: sat.metrics[metric] for metric in again} == {
        metric: near(value) for metric, value in again.items()
    }


@EVERY
def test_no_part_feeds_another(name, version, sit):
    """Other test data changes scores of the test and nothing else; validation data, likewise."""
    headline, other = rooms(ROOT)[name].paper.metric.name, side(name).OTHER
    sat = sit()[1]
    assert headline not in other
    tested, validated = sit("test")[1], sit("validation")[1]
    assert tested.weights == sat.weights == validated.weights
    if sat.curve:  # a version that takes no steps has none
        assert tested.curve.loss == sat.curve.loss == validated.curve.loss
        assert tested.curve.validation == sat.curve.validation != validated.curve.validation
    for metric, value in sat.metrics.items():
        judged_by = tested if metric in other else validated
        assert judged_by.metrics[metric] == value, metric
    read = getattr(side(name), "READS", headline)
    assert tested.metrics[read] != sat.metrics[read]
    held_out = [m for m in sat.metrics if m.startswith("validation")]
    for metric in held_out if read == headline else []:  # else the curve's validation, above
        assert validated.metrics[metric] != sat.metrics[metric], metric


@EVERY
def test_training_data_counts(name, version, sit):
    assert sit()[1].weights != sit("train")[1].weights
