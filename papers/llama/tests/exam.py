"""This room's side of the tests over all rooms and versions: see tests/exams.py."""

import math

import numpy as np

from papers.adam.version2.model import AdamW
from tests.exams import by_norm, of_groups, place_text, text_part, watched

SMALL = {"context": 8, "d_model": 8, "heads": 2, "layers": 2, "multiple": 4, "steps": 9}
CHANGES = {"version1": {**SMALL, "warmup": 3}, "version2": {**SMALL, "warmup": 3}}
OTHER = ("validation_bits",)
CLIPS = {"version1": by_norm, "version2": by_norm}

part, place = text_part, place_text


def scores(version, exam, predict, parts):
    """Token by token: windows begin every half window, and a token is scored in the first window
    that reaches it. The first token has nothing before it."""
    text, context = parts["test"], CHANGES[version]["context"]
    tokens = np.array(exam.vocabulary.encode(text))
    assert exam.vocabulary.decode(tokens) == text
    nats, found = 0.0, {}
    for target in range(1, len(tokens)):
        start = 0
        while start + context < target:
            start += context // 2
        found[target] = nats_of(predict, tokens, start, target)
        nats += found[target]
    windows = (len(tokens) - 1) // (2 * context)
    late = [2 * context * w + context + t + 1 for w in range(windows) for t in range(context)]
    return {
        "bits_per_character": nats / math.log(2) / (len(text) - 1),
        "within_bits": np.mean([found[target] for target in late]) / math.log(2),
        **by_quarters(predict, tokens, context),
    }


def nats_of(predict, tokens, start, target):
    log_p, _ = predict(tokens[None, start:target], None)
    return -float(log_p[0, -1, tokens[target]])


def by_quarters(predict, tokens, context):
    """Bits per token in parts of windows that begin from nothing."""
    second, last = [], []
    for start in range(0, len(tokens) - context, context):
        for place in range(context):
            found = nats_of(predict, tokens, start, start + place + 1) / math.log(2)
            quarter = 4 * place // context
            (second if quarter == 1 else last if quarter == 3 else []).append(found)
    halves = [
        nats_of(predict, tokens, start, start + place + 1) / math.log(2)
        for start in range(0, len(tokens) - context, context)
        for place in range(context // 2, context)
    ]
    return {
        "second_quarter_bits": np.mean(second),
        "last_quarter_bits": np.mean(last),
        "at_once_bits": np.mean(halves),
    }


def watch(version, monkeypatch):
    return watched(monkeypatch, AdamW, "step", of_groups)


def rates(version, config):
    """Up in `warmup` steps, then along half a cosine: version 1 to zero, version 2 to a tenth."""
    least = 0.1 if version == "version2" else 0.0
    for i in range(config.steps):
        if i < config.warmup:
            yield [config.learning_rate * (i + 1) / config.warmup]
        else:
            done = (i - config.warmup) / (config.steps - config.warmup)
            falling = 0.5 + 0.5 * math.cos(math.pi * done)
            yield [config.learning_rate * (least + (1 - least) * falling)]
