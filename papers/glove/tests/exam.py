"""This room's side of the tests over all rooms and versions: see tests/exams.py."""

from papers.glove.version1 import model as model1
from papers.glove.version2 import model as model2
from tests.exams import by_value, watched
from tests.vectors import place_vectors, vectors_part, vectors_scores

CHANGES = {
    "version1": {"size": 6, "least": 1, "steps": 45},
    "version2": {"size": 6, "least": 1, "steps": 12},
}
LONGER = {"steps": 180}
OTHER = ("validation_wordsim", "validation_simlex", "validation_analogies_rank")
CLIPS = {"version2": by_value}

part, place = vectors_part, place_vectors


def scores(version, exam, table, parts):
    return vectors_scores(table, parts)


def watch(version, monkeypatch):
    if version == "version1":

        def read(weights, squares, rows, gradients, rate):
            return [rate], list(gradients.values()), list(weights.values())

        return watched(monkeypatch, model1, "descend", read)

    def read(optimizer, rates, gradients, places):
        return rates, gradients, optimizer.parameters

    return watched(monkeypatch, model2.AdaGrad, "step", read)


def rates(version, config):
    """The paper's rate does not change."""
    return [[config.learning_rate]] * config.steps
