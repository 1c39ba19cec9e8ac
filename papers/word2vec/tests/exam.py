"""This room's side of the tests over all rooms and versions: see tests/exams.py."""

from papers.word2vec.version1 import model as model1
from papers.word2vec.version2 import model as model2
from tests.exams import watched
from tests.vectors import place_vectors, vectors_part, vectors_scores

SMALL = {"size": 8, "rate": 0.5, "steps": 12}
CHANGES = {
    "version1": {**SMALL, "batch": 32},
    "version2": {**SMALL, "subsample": 0.0, "epochs": 2},
}
LONGER = {"steps": 120, "rate": 0.5}
OTHER = (
    "validation_wordsim",
    "validation_simlex",
    "validation_analogies_rank",
)

part, place = vectors_part, place_vectors


def scores(version, exam, table, parts):
    return vectors_scores(table, parts)


def watch(version, monkeypatch):
    if version == "version1":

        def read(table, change, rate):
            return [rate], [change], [table]

        return watched(monkeypatch, model1, "descend", read)

    def read_both(vectors, outer, batch, rate):
        return [rate], [], [vectors, outer]

    return watched(monkeypatch, model2, "learn", read_both)


def rates(version, config):
    """Both fall along a line that reaches zero after the last step."""
    for i in range(config.steps):
        yield [config.rate * (config.steps - i) / config.steps]
