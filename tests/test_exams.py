"""The exam of every room: the headline is the score of exactly the test part, each symbol once,
and no part feeds another.

Each room says in its `tests/exam.py` how to make small parts and how to score them again, by plain
loops from the rule as it is written (`tests/exams.py` lists what such a file holds).
"""

import importlib
from functools import cache
from pathlib import Path

import pytest

from common.config import plan
from common.paper import find_root, rooms
from common.run import engine
from common.run.training import Run
from tests.exams import near

ROOT = find_root(Path(__file__).parent)
VERSIONS = [
    (name, version) for name, room in rooms(ROOT).items() for version in room.paper.versions
]
EVERY = pytest.mark.parametrize(("name", "version"), VERSIONS)
SEEDS = {"train": 1, "validation": 2, "test": 3}


@cache
def side(name):
    """The room's side of this test. There is no room without one."""
    return importlib.import_module(f"papers.{name}.tests.exam")


class Sat:
    """A run that sat its exam: its results, the bytes of its weights, and what it handed in."""

    def __init__(self, name, version, parts, folder, monkeypatch):
        room, given = rooms(ROOT)[name], []
        exam = room.module("task").Exam
        finish = exam.finish

        def handed(self, *arguments):
            given.append((self, arguments[0]))
            return finish(self, *arguments)

        made = plan(room, version, "smoke", side(name).CHANGES[version])
        with monkeypatch.context() as patch:
            patch.setattr(exam, "finish", handed)
            data = side(name).place(parts, folder, patch)
            run = Run(made.config, 0, engine.start(matmul="highest"), data, folder)
            self.result = room.module(f"{version}.train").train(run)
        assert len(given) == 1, "the exam is sat once"
        ((self.exam, self.given),) = given
        self.metrics, self.curve = self.result.metrics, self.result.curve
        self.weights = (folder / "weights.safetensors").read_bytes()


@pytest.fixture
def sit(name, version, tmp_path, monkeypatch):
    """Train and sit the exam, with other content in one of the parts if one is named."""

    def sit(changed=None):
        seeds = {part: seed + 10 * (part == changed) for part, seed in SEEDS.items()}
        parts = {part: side(name).part(part, seed) for part, seed in seeds.items()}
        folder = tmp_path / str(changed)
        folder.mkdir()
        return parts, Sat(name, version, parts, folder, monkeypatch)

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
    assert tested.curve.loss == sat.curve.loss == validated.curve.loss
    assert tested.curve.validation == sat.curve.validation != validated.curve.validation
    for metric, value in sat.metrics.items():
        judged_by = tested if metric in other else validated
        assert judged_by.metrics[metric] == value, metric
    assert tested.metrics[headline] != sat.metrics[headline]
    for metric in (m for m in sat.metrics if m.startswith("validation")):
        assert validated.metrics[metric] != sat.metrics[metric], metric


@EVERY
def test_training_data_counts(name, version, sit):
    assert sit()[1].weights != sit("train")[1].weights
