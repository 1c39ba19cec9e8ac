# Decide here: what do small parts of the data look like, and what is the metric when plain loops
#   compute it?
"""This room's side of the tests over all rooms and versions: see tests/exams.py."""

import math

import numpy as np

from papers.adam.version2.model import AdamW
from papers.llama.speedrun import model as speedrun
from tests.exams import Step, by_norm, copied, of_groups, place_text, text_part, watched

SMALL = {"context": 8, "d_model": 8, "layers": 2, "steps": 9}
CHANGES = {
    "version1": {**SMALL, "merges": 12},
    "version2": {**SMALL, "warmup": 3},
    "speedrun": {**SMALL, "buckets": 64},
}
OTHER = ("validation_bits",)
CLIPS = {"version2": by_norm}

part, place = text_part, place_text


def scores(version, exam, predict, parts):
    """Token by token: windows begin every half window, and a token is scored in the first window
    that reaches it. The first token has nothing before it."""
    text, context = parts["test"], CHANGES[version]["context"]
    tokens = np.array(exam.vocabulary.encode(text))
    assert exam.vocabulary.decode(tokens) == text
    nats = 0.0
    for target in range(1, len(tokens)):
        start = 0
        while start + context < target:
            start += context // 2
        log_p, _ = predict(tokens[None, start:target], None)
        nats -= float(log_p[0, -1, tokens[target]])
    first = len(exam.vocabulary.decode(tokens[:1]))
    return {
        "bits_per_character": nats / math.log(2) / (len(text) - first),
        **by_quarters(predict, tokens, context),
    }


def by_quarters(predict, tokens, context):
    """Bits per token in the second and in the last quarter of windows that begin from nothing."""
    second, last = [], []
    for start in range(0, len(tokens) - context, context):
        log_p, _ = predict(tokens[None, start : start + context], None)
        for place in range(context):
            found = -float(log_p[0, place, tokens[start + place + 1]]) / math.log(2)
            quarter = 4 * place // context
            (second if quarter == 1 else last if quarter == 3 else []).append(found)
    return {"second_quarter_bits": np.mean(second), "last_quarter_bits": np.mean(last)}


def watch(version, monkeypatch):
    if version != "speedrun":
        return watched(monkeypatch, AdamW, "step", of_groups)
    steps, found = [], []
    for name in ("muon", "adam", "rows"):  # each part of a step has a rate of its own
        real = getattr(speedrun.Optimizer, name)

        def noted(self, p, rate, *rest, real=real):
            found.append((p, rate))
            real(self, p, rate, *rest)

        monkeypatch.setattr(speedrun.Optimizer, name, noted)
    real_step = speedrun.Optimizer.step

    def step(self, i):
        found.clear()
        real_step(self, i)
        weights = [p for p, _ in found]
        assert len(weights) == len(list(self.net.parameters()))
        rates = sorted({rate for _, rate in found})
        steps.append(Step(rates, [], list(map(copied, weights)), weights))

    monkeypatch.setattr(speedrun.Optimizer, "step", step)
    return steps


def rates(version, config):
    """Version 1's stays. Version 2's rises in `warmup` steps and falls along half a cosine, as
    GPT-1's; the speedrun's fall along lines that reach zero after the last step."""
    for i in range(config.steps):
        left = (config.steps - i) / config.steps
        if version == "speedrun":
            own = (config.matrix_rate, config.embedding_rate, config.gram_rate, config.head_rate)
            yield [rate * left for rate in own]
        elif version == "version1":
            yield [config.learning_rate]
        elif i < config.warmup:
            yield [config.learning_rate * (i + 1) / config.warmup]
        else:
            done = (i - config.warmup) / (config.steps - config.warmup)
            yield [config.learning_rate * (0.5 + 0.5 * math.cos(math.pi * done))]
