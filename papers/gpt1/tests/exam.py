"""This room's side of the tests over all rooms and versions: see tests/exams.py."""

from papers.adam.version2.model import AdamW
from papers.gpt1.task import SPECIAL
from papers.gpt1.version1 import train as train1
from papers.gpt1.version2 import train as train2
from tests.exams import by_norm, of_groups, watched
from tests.sentiment import place_reviews, sentiment_part, sentiment_scores, without_pretraining

MERGES = 60
SMALL = {
    "merges": MERGES,
    "context": 96,
    "d_model": 8,
    "layers": 2,
    "steps": 9,
    "tuning_rate": 0.02,
}
CHANGES = {name: {**SMALL, "pretrain_steps": 4, "steps": 9} for name in ("version1", "version2")}
LONGER = {"steps": 60, "tuning_rate": 0.01}
OTHER = ("validation_error", "pretrain_nats")
READS = "nats"
CLIPS = {"version2": by_norm}

part, place = sentiment_part, place_reviews


def scores(version, exam, given, parts):
    """Sentence by sentence. Version 1 reads the padding of a batch of 64, version 2 has none."""
    return sentiment_scores(given, parts, MERGES, len(SPECIAL), padded=version == "version1")


def watch(version, monkeypatch):
    """The fine-tuning on all labels alone: test_training.py looks at pre-training."""
    without_pretraining(monkeypatch, train1 if version == "version1" else train2)
    monkeypatch.setattr(train1 if version == "version1" else train2, "tuned", lambda net, *_: net)
    return watched(monkeypatch, AdamW, "step", of_groups)


def rates(version, config):
    """Up along a line in a share of the steps, then down along one that reaches zero at the end."""
    warmup = max(1, round(config.tuning_warmup * config.steps))
    for i in range(config.steps):
        falling = (config.steps - i) / (config.steps - warmup)
        yield [config.tuning_rate * ((i + 1) / warmup if i < warmup else falling)]
