"""This room's side of the tests over all rooms and versions: see tests/exams.py."""

import torch

from papers.lstm.version1 import model as model1
from tests.exams import by_norm, of_groups, place_text, stream_scores, text_part, watched

CHANGES = {  # the whole training part is read, and what would stand behind it as well
    "version1": {"blocks": 12, "steps": 12, "sequence": 900},
    "version2": {"hidden": 12, "steps": 9, "batch": 64, "sequence": 20},
    "fused": {"hidden": 12, "steps": 9, "batch": 64, "sequence": 20},
}
OTHER = ("validation_bits", "real_words", "largest_state")
CLIPS = {"version2": by_norm, "fused": by_norm}

part, place = text_part, place_text


def scores(version, exam, predict, parts):
    return stream_scores(predict, parts)


def watch(version, monkeypatch):
    if version == "version1":

        def read(weights, gradients, rate):
            return [rate], gradients.values(), list(weights.values())

        return watched(monkeypatch, model1, "descend", read)
    return watched(monkeypatch, torch.optim.Adam, "step", of_groups)


def rates(version, config):
    """The paper's stays; the others' falls along a line that reaches zero after the last."""
    for i in range(config.steps):
        left = (config.steps - i) / config.steps if version != "version1" else 1.0
        yield [config.learning_rate * left]
