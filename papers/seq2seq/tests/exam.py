"""This room's side of the tests over all rooms and versions: see tests/exams.py."""

import torch

from tests.exams import by_norm, of_groups, watched
from tests.translation import Filled, place_pairs, translation_part, translation_scores

SMALL = {"hidden": 16, "width": 12, "layers": 2, "batch": 90, "steps": 40}
CHANGES = {
    "version1": {**SMALL, "clip": 0.5},
    "version2": {**SMALL, "rate": 0.02, "warmup": 10, "clip": 0.5},
}
OTHER = ("validation_nats",)

part, place = translation_part, place_pairs


def each_by_norm(gradients, limit):
    """Version 1's slip: every matrix is shortened by itself."""
    return [by_norm([gradient], limit)[0] for gradient in gradients]


CLIPS = {"version1": each_by_norm, "version2": by_norm}


def scores(version, exam, net, parts):
    """Version 1 reads padding, so its answers depend on it."""
    return translation_scores(Filled(net, exam) if version == "version1" else net, parts)


def watch(version, monkeypatch):
    kind = {"version1": torch.optim.SGD, "version2": torch.optim.Adam}[version]
    return watched(monkeypatch, kind, "step", of_groups)


def rates(version, config):
    """Version 1 halves its rate at 5, 5.5, 6, 6.5 and 7 of 7.5 passes; version 2's rises and falls
    along lines, and would be zero one step after the last."""
    for step in range(1, config.steps + 1):
        if version == "version1":
            halvings = sum(7.5 * (step - 1) >= at * config.steps for at in (5, 5.5, 6, 6.5, 7))
            yield [config.rate / 2**halvings]
        else:
            left = (config.steps + 1 - step) / (config.steps - config.warmup)
            yield [config.rate * (step / config.warmup if step <= config.warmup else left)]
