"""This room's side of the tests over all rooms and versions: see tests/exams.py."""

import torch

from tests.exams import by_norm, of_groups, watched
from tests.translation import Filled, place_pairs, translation_part, translation_scores

SMALL = {"hidden": 16, "width": 12, "batch": 90, "steps": 40, "clip": 0.2}
CHANGES = {
    "version1": {**SMALL, "places": 20},
    "version2": {**SMALL, "aligned": 10, "maxout": 8, "rate": 0.02, "warmup": 10},
}
OTHER = ("validation_nats",)
CLIPS = {"version1": by_norm, "version2": by_norm}

part, place = translation_part, place_pairs


def scores(version, exam, net, parts):
    net = Filled(net, exam) if version == "version1" else net  # it reads padding
    return translation_scores(net, parts)


def watch(version, monkeypatch):
    kind = {"version1": torch.optim.Adadelta, "version2": torch.optim.Adam}[version]
    return watched(monkeypatch, kind, "step", of_groups)


def rates(version, config):
    """Version 1's stays; version 2's rises and falls along lines, and would be zero one step after
    the last."""
    for step in range(1, config.steps + 1):
        left = (config.steps + 1 - step) / (config.steps - getattr(config, "warmup", 0))
        if version == "version1":
            yield [1.0]
        else:
            yield [config.rate * (step / config.warmup if step <= config.warmup else left)]
