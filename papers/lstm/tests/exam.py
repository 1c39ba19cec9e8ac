"""This room's side of the tests over all rooms and versions: see tests/exams.py."""

import math

import numpy as np
import torch

from papers.lstm.version1 import model as model1
from tests.exams import by_norm, of_groups, place_text, text_part, watched

CHANGES = {  # the whole training part is read, and what would stand behind it as well
    "version1": {"blocks": 12, "steps": 12, "sequence": 900},
    "version2": {"hidden": 12, "steps": 9, "batch": 64, "sequence": 20},
}
OTHER = ("validation_bits", "real_words", "largest_state")
CLIPS = {"version2": by_norm}
CONTEXT, STREAMS = 100, 64

part, place = text_part, place_text


def scores(version, exam, predict, parts):
    """Stream by stream: of at most 64, each of at least 100 characters, with 100 before it."""
    symbols = sorted(set("".join(parts.values())))
    test = np.array([symbols.index(c) for c in parts["test"]])
    targets = len(test) - 1
    count = min(STREAMS, max(1, targets // CONTEXT))
    length = -(-targets // count)
    nats, scored, letter = [], [], [symbols[i].isalpha() for i in test]
    for first in range(1, len(test), length):
        start = max(0, first - 1 - CONTEXT)
        end = min(first + length, len(test))
        log_p, _ = predict(test[None, start : end - 1], None)
        for target in range(first, end):
            scored.append(target)
            nats.append(-float(log_p[0, target - 1 - start, test[target]]))
    assert scored == list(range(1, len(test))) and count > 1
    bits = np.array(nats) / math.log(2)
    begins = [letter[t] and not letter[t - 1] for t in scored]
    inside = [letter[t] and letter[t - 1] for t in scored]
    return {
        "bits_per_character": bits.mean(),
        "word_start_bits": bits[begins].mean(),
        "word_inside_bits": bits[inside].mean(),
    }


def watch(version, monkeypatch):
    if version == "version1":

        def read(weights, gradients, rate):
            return [rate], gradients.values(), list(weights.values())

        return watched(monkeypatch, model1, "descend", read)
    return watched(monkeypatch, torch.optim.Adam, "step", of_groups)


def rates(version, config):
    """The paper's stays; version 2's falls along a line that reaches zero after the last."""
    for i in range(config.steps):
        left = (config.steps - i) / config.steps if version == "version2" else 1.0
        yield [config.learning_rate * left]
