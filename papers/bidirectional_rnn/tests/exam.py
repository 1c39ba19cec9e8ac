"""This room's side of the tests over all rooms and versions: see tests/exams.py."""

import math
from collections import Counter
from functools import partial

import torch

from common.data.labelled import Labelled
from papers.bidirectional_rnn import task
from tests.exams import by_norm, of_groups, watched
from tests.sentiment import sentiment_part

SMALL = {"embedding": 6, "hidden": 8, "batch": 20, "learning_rate": 0.02}
CHANGES = {"version1": {**SMALL, "steps": 9}, "version2": {**SMALL, "steps": 9, "clip": 0.5}}
LONGER = {"steps": 120, "learning_rate": 0.02}
OTHER = ("validation_error",)
CLIPS = {"version2": by_norm}
STILL = {"version1": 1}  # the backward recurrence: an answer at the last word never comes to it
SIZES = {"train": 120, "validation": 110, "test": 90}
part = partial(sentiment_part, sizes=SIZES)


def place(parts, folder, monkeypatch):
    """In the place of SST-2."""
    made = Labelled("sst2", "0" * 64, None, **parts)
    monkeypatch.setattr(task, "load_labelled", lambda name, report: made)
    return "sst2"


def scores(version, exam, given, parts):
    """Sentence by sentence. Version 1 hears the padding of a batch of 64, version 2 has none."""
    counts = Counter(word for text, _ in parts["train"] for word in text.split())
    known = [word for word, count in counts.most_common() if count >= task.RARE]
    assert exam.symbols == 2 + len(known)
    rows = [
        [2 + known.index(word) if word in known else 1 for word in text.split()]
        for text, _ in parts["test"]
    ]
    nats, wrong, swayed = 0.0, 0, 0
    for i, (row, (_, label)) in enumerate(zip(rows, parts["test"], strict=True)):
        start = i - i % 64
        longest = max(map(len, rows[start : start + 64]))
        padded = row + [0] * (longest - len(row)) if version == "version1" else row
        with torch.no_grad():
            log_p, alone = (
                given(torch.tensor([tokens]), torch.tensor([len(row)])).double().log_softmax(1)[0]
                for tokens in (padded, row)
            )
        nats -= log_p[label].item()
        wrong += int(log_p.argmax() != label)
        swayed += int(log_p.argmax() != alone.argmax())
    assert len(rows) <= task.ALONE and math.isfinite(nats)
    count = len(rows)
    return {
        "test_error": 100 * wrong / count,
        "test_nats": nats / count,
        "swayed": 100 * swayed / count,
    }


def watch(version, monkeypatch):
    kind = torch.optim.AdamW if version == "version2" else torch.optim.Adam
    return watched(monkeypatch, kind, "step", of_groups)


def rates(version, config):
    """Version 1's stays; version 2's falls along a line that reaches zero after the last step."""
    for i in range(config.steps):
        left = (config.steps - i) / config.steps if version == "version2" else 1.0
        yield [config.learning_rate * left]
