"""This room's side of the tests over all rooms and versions: see tests/exams.py."""

import math

import numpy as np
import torch

from tests.exams import by_norm, of_groups, place_text, text_part, watched

CHANGES = {  # the whole training part is read, and what would stand behind it as well
    "version1": {"hidden": 12, "steps": 12, "sequence": 900},
    "version2": {"hidden": 12, "layers": 2, "steps": 9, "batch": 64, "sequence": 20},
}
OTHER = ("validation_bits",)
CLIPS = {"version2": by_norm}
CONTEXT, STREAMS = 100, 64

part, place = text_part, place_text


def scores(version, exam, predict, parts):
    """Stream by stream: of at most 64, each of at least 100 characters, with 100 before it."""
    symbols = sorted(set("".join(parts.values())))
    test = [symbols.index(c) for c in parts["test"]]
    targets = len(test) - 1
    count = min(STREAMS, max(1, targets // CONTEXT))
    length, nats = -(-targets // count), {}
    for first in range(1, len(test), length):
        start, end = max(0, first - 1 - CONTEXT), min(first + length, len(test))
        log_p, _ = predict(np.array([test[start : end - 1]]), None)
        for target in range(first, end):
            nats[target] = -float(log_p[0, target - 1 - start, test[target]])
    assert list(nats) == list(range(1, len(test))) and count > 1
    return {"bits_per_character": sum(nats.values()) / len(nats) / math.log(2)}


def watch(version, monkeypatch):
    assert version == "version2"  # Adadelta has no rate and version 1 does not clip
    return watched(monkeypatch, torch.optim.Adam, "step", of_groups)


def rates(version, config):
    """Version 2's falls along a line that reaches zero after the last step."""
    for i in range(config.steps):
        yield [config.learning_rate * (config.steps - i) / config.steps]
