"""This room's side of the tests over all rooms and versions: see tests/exams.py."""

from papers.adam.version2.model import AdamW
from papers.bert.version1.model import Adam
from papers.electra.task import Exam
from papers.electra.version1 import train as train1
from papers.electra.version2 import train as train2
from tests.exams import by_norm
from tests.sentiment import (
    alone,
    place_reviews,
    sentiment_part,
    up_and_down,
    watch_tuning,
)

FEW = {"pieces": 120, "pretrain_steps": 4, "steps": 60, "tune_rate": 0.01}
CHANGES = {"version1": {**FEW, "d_model": 64, "tune_rate": 0.001}, "version2": FEW}
LONGER = {"pieces": 120, "pretrain_steps": 4, "steps": 150, "d_model": 64, "tune_rate": 0.0005}
READS = "nats"
OTHER = ("validation_error", "generator_nats", "discriminator_nats")
CLIPS = {"version2": by_norm}
part, place, scores = sentiment_part, place_reviews, alone


def watch(version, monkeypatch):
    train = train1 if version == "version1" else train2
    optimizer = Adam if version == "version1" else AdamW
    return watch_tuning(monkeypatch, train, Exam, optimizer)


def rates(version, config):
    """In version 2 each is less by a factor from layer to layer."""
    depths = range(config.layers + 2) if version == "version2" else [0]
    for rate in up_and_down(config):
        yield [rate * config.layer_decay**n if n else rate for n in depths]
