"""This room's side of the tests over all rooms and versions: see tests/exams.py."""

import torch

from tests.exams import by_norm, of_groups, place_text, stream_scores, text_part, watched

CHANGES = {  # the whole training part is read, and what would stand behind it as well
    "version1": {"hidden": 12, "steps": 12, "sequence": 900},
    "version2": {"hidden": 12, "layers": 2, "steps": 9, "batch": 64, "sequence": 20},
}
OTHER = ("validation_bits",)
CLIPS = {"version2": by_norm}

part, place = text_part, place_text


def scores(version, exam, predict, parts):
    found = stream_scores(predict, parts)
    return {"bits_per_character": found["bits_per_character"]}


def watch(version, monkeypatch):
    assert version == "version2"  # Adadelta has no rate and version 1 does not clip
    return watched(monkeypatch, torch.optim.Adam, "step", of_groups)


def rates(version, config):
    """Version 2's falls along a line that reaches zero after the last step."""
    for i in range(config.steps):
        yield [config.learning_rate * (config.steps - i) / config.steps]
