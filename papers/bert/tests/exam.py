"""This room's side of the tests over all rooms and versions: see tests/exams.py."""

from papers.adam.version2.model import AdamW
from papers.bert.task import Exam
from papers.bert.version1 import train as train1
from papers.bert.version1.model import Adam
from papers.bert.version2 import train as train2
from tests.exams import by_norm, watched
from tests.sentiment import (
    alone,
    moved,
    place_reviews,
    sentiment_part,
    up_and_down,
    without_pretraining,
)

FEW = {"pieces": 120, "pretrain_steps": 4, "steps": 60, "tune_rate": 0.01}
CHANGES = {"version1": {**FEW, "steps": 120, "tune_rate": 0.003}, "version2": FEW}
LONGER = {"pieces": 120, "steps": 150, "tune_rate": 0.01}
READS = "nats"
OTHER = ("validation_error", "hidden_nats")
CLIPS = {"version2": by_norm}
part, place, scores = sentiment_part, place_reviews, alone


def watch(version, monkeypatch):
    """The fine-tuning with all labels alone: test_model.py looks at pre-training."""
    without_pretraining(monkeypatch, train1 if version == "version1" else train2)
    monkeypatch.setattr(Exam, "tuned", lambda exam, begin: {})
    optimizer = Adam if version == "version1" else AdamW
    return watched(monkeypatch, optimizer, "step", moved)


def rates(version, config):
    return ([rate] for rate in up_and_down(config))
