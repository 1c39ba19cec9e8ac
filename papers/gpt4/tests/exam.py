"""This room's side of the tests over all rooms and versions: see tests/exams.py."""

import math

import numpy as np

from papers.adam.version2.model import AdamW
from papers.gpt4.task import GRADES
from papers.gpt4.version1 import train as train1
from papers.gpt4.version2 import train as train2
from tests.exams import by_norm, of_groups, place_text, text_part, watched

SMALL = {
    **{"context": 8, "d_model": 8, "heads": 2, "layers": 2, "warmup": 3, "steps": 9},
    **{"batch": 8, "asked": 4, "tune_steps": 8},
}
CHANGES = {"version1": SMALL, "version2": SMALL}
JUDGED = [f"{name}{end}" for name in ("calibration_error", "accuracy") for end in ("", "_tuned")]
PASSED = [f"pass_{part}" for part in ("all", "clean", "dirty")]
ASKED = ["pass_rate", "log_pass", *(f"log_pass_{grade}" for grade in GRADES), *PASSED, *JUDGED]
OTHER = ("validation_bits", "compute", *ASKED)  # questions are drawn, not read
LONGER = {"steps": 40, "tune_steps": 20, "tune_rate": 0.003}
CLIPS = {"version2": by_norm}
PIECES = 22  # letters and answers of questions

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
    """Pre-training alone: the room's own tests look at tuning."""
    train = train1 if version == "version1" else train2
    monkeypatch.setattr(train.model.Tuner, "learn", lambda self, value, rate: value.detach())
    return watched(monkeypatch, AdamW, "step", of_groups)


def rates(version, config):
    """Up in `warmup` steps; version 1 stays there, version 2 goes down along half a cosine."""
    for i in range(config.steps):
        if i < config.warmup:
            yield [config.learning_rate * (i + 1) / config.warmup]
        elif version == "version1":
            yield [config.learning_rate]
        else:
            done = (i - config.warmup) / (config.steps - config.warmup)
            yield [config.learning_rate * (0.5 + 0.5 * math.cos(math.pi * done))]
