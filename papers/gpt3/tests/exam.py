"""This room's side of the tests over all rooms and versions: see tests/exams.py."""

import math

import numpy as np

from papers.adam.version2.model import AdamW
from tests.exams import by_norm, of_groups, place_text, text_part, watched

SMALL = {
    **{"context": 8, "band": 3, "d_model": 8, "heads": 2, "layers": 2, "warmup": 3, "steps": 9},
    **{"batch": 8, "tasks": 4},
}
CHANGES = {"version1": SMALL, "version2": SMALL}
TASKS = [f"{kind}_{n}{by}" for kind in ("recall", "linear") for n in (0, 1, 2, 4, 8)
         for by in ("", "_scored")]  # fmt: skip
OTHER = ("validation_bits", "parameters", *TASKS)  # tasks are drawn, not read
CLIPS = {"version2": by_norm}
PIECES = 14  # letters, values and numbers of tasks

part, place = text_part, place_text


def scores(version, exam, predict, parts):
    """Token by token: windows begin every half window, and a token is scored in the first window
    that reaches it. The first token has nothing before it."""
    text, context, nats = parts["test"], SMALL["context"], 0.0
    tokens = np.array(exam.vocabulary.encode(text))
    assert exam.vocabulary.decode(tokens) == text
    for target in range(1, len(tokens)):
        start = 0
        while start + context < target:
            start += context // 2
        log_p, _ = predict(tokens[None, start:target], None)
        nats -= float(log_p[0, -1, tokens[target]])
    return {"bits_per_character": nats / math.log(2) / (len(text) - 1)}


def watch(version, monkeypatch):
    return watched(monkeypatch, AdamW, "step", of_groups)


def rates(version, config):
    """Up in `warmup` steps, then along half a cosine: version 1 to zero, version 2 to a tenth after
    13 of 15 parts, and on at that."""
    for i in range(config.steps):
        if i < config.warmup:
            yield [config.learning_rate * (i + 1) / config.warmup]
            continue
        least, end = (0.1, config.steps * 13 / 15) if version == "version2" else (0, config.steps)
        done = min(1, (i - config.warmup) / max(1, end - config.warmup))
        falling = 0.5 + 0.5 * math.cos(math.pi * done)
        yield [config.learning_rate * (least + (1 - least) * falling)]
