"""This room's side of the tests over all rooms and versions: see tests/exams.py."""

import math

from papers.adam.version2.model import AdamW
from tests.exams import by_norm, of_groups, place_text, stream_scores, text_part, watched

# The whole training part is read, and what would stand behind it as well.
SMALL = {"d_model": 8, "layers": 2, "states": 3, "steps": 9, "batch": 64, "sequence": 20}
CHANGES = {
    "version1": SMALL,
    "version2": {**SMALL, "warmup": 3},
    "version3": {**SMALL, "warmup": 3},
}
OTHER = ("validation_bits", "real_words")
CLIPS = {"version2": by_norm, "version3": by_norm}

part, place = text_part, place_text


def scores(version, exam, predict, parts):
    return stream_scores(predict, parts)


def watch(version, monkeypatch):
    return watched(monkeypatch, AdamW, "step", of_groups)


def rates(version, config):
    """Version 1's stays; the others rise in `warmup` steps and fall along half a cosine."""
    for i in range(config.steps):
        if version == "version1":
            yield [config.learning_rate]
        elif i < config.warmup:
            yield [config.learning_rate * (i + 1) / config.warmup]
        else:
            done = (i - config.warmup) / (config.steps - config.warmup)
            yield [config.learning_rate * (0.5 + 0.5 * math.cos(math.pi * done))]
