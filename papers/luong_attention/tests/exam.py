"""This room's side of the tests over all rooms and versions: see tests/exams.py."""

import torch

from tests.exams import by_norm, of_groups, watched
from tests.translation import Filled, place_pairs, translation_part, translation_scores

SMALL = {"hidden": 16, "width": 12, "layers": 2, "span": 3, "batch": 90, "steps": 40, "clip": 0.5}
CHANGES = {"version1": SMALL, "version2": {**SMALL, "rate": 0.02, "warmup": 10}}
OTHER = ("validation_nats",)
CLIPS = {"version1": by_norm, "version2": by_norm}
STILL = {"version1": 2}  # W_p and v_p: no gradient comes through the floor of p_t

part, place = translation_part, place_pairs


def scores(version, exam, net, parts):
    net = Filled(net, exam) if version == "version1" else net  # it looks at padding
    return translation_scores(net, parts)


def watch(version, monkeypatch):
    kind = {"version1": torch.optim.SGD, "version2": torch.optim.Adam}[version]
    return watched(monkeypatch, kind, "step", of_groups)


def rates(version, config):
    """Version 1 halves its rate at 8, 9, 10 and 11 of 12 passes; version 2's rises and falls along
    lines, and would be zero one step after the last."""
    for step in range(1, config.steps + 1):
        if version == "version1":
            halvings = sum(12 * (step - 1) >= at * config.steps for at in (8, 9, 10, 11))
            yield [config.rate / 2**halvings]
        else:
            left = (config.steps + 1 - step) / (config.steps - config.warmup)
            yield [config.rate * (step / config.warmup if step <= config.warmup else left)]
