"""This room's side of the tests over all rooms and versions: see tests/exams.py."""

import torch

from papers.transformer.version1 import model as model1
from papers.transformer.version2 import model as model2
from tests.exams import Step, copied, of_groups, watched
from tests.translation import place_pairs, translation_part, translation_scores

part, place = translation_part, place_pairs

SMALL = {"d_model": 16, "d_ff": 16, "heads": 2, "layers": 2, "batch": 90, "warmup": 10}
CHANGES = {
    "version1": {**SMALL, "rate": 1.0, "steps": 40},
    "version2": {**SMALL, "rate": 1.0, "steps": 40, "averaged": 2, "apart": 3},
    "version3": {**SMALL, "rate": 0.02, "steps": 40, "averaged": 2, "apart": 3},
}
OTHER = ("validation_nats",)
CLIPS = {}


def scores(version, exam, net, parts):
    return translation_scores(net, parts)


def watch(version, monkeypatch):
    if version == "version3":
        return watched(monkeypatch, torch.optim.Adam, "step", of_groups)
    if version == "version2":

        def read(adam, t, rate):
            return [rate], [p.grad for p in adam.parameters], adam.parameters

        return watched(monkeypatch, model2.Adam, "step", read)
    return watch_by_hand(monkeypatch)


def watch_by_hand(monkeypatch):
    """Version 1's learner computes the rate within its step."""
    steps, given = [], []
    rate, step = model1.learning_rate, model1.Learner.step

    def noted(i, config):
        given.append(rate(i, config))
        return given[-1]

    def stepped(self, *arguments):
        given.clear()
        found = step(self, *arguments)
        weights = list(self.net.weights.values())
        steps.append(Step(list(given), [], list(map(copied, weights)), weights))
        return found

    monkeypatch.setattr(model1, "learning_rate", noted)
    monkeypatch.setattr(model1.Learner, "step", stepped)
    return steps


def rates(version, config):
    """Eq. 3, times `rate`; version 3's rises likewise and falls along a line, and would be zero
    one step after the last."""
    for step in range(1, config.steps + 1):
        rising = step / config.warmup
        if version == "version3":
            left = (config.steps + 1 - step) / (config.steps - config.warmup)
            yield [config.rate * (rising if step <= config.warmup else left)]
        else:
            falling = min(step**-0.5, step * config.warmup**-1.5)
            yield [config.rate * config.d_model**-0.5 * falling]
