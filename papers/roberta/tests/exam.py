"""This room's side of the tests over all rooms and versions: see tests/exams.py."""

from papers.adam.version2.model import AdamW
from papers.roberta.task import Exam
from papers.roberta.version1 import train as train1
from papers.roberta.version2 import train as train2
from tests.exams import by_norm
from tests.sentiment import (
    place_reviews,
    scores_alone,
    sentiment_part,
    tokenizer_of,
    up_and_down,
    watch_tuning,
)

MERGES, SPECIALS = 40, 5
FEW = {"merges": MERGES, "pretrain_steps": 4, "steps": 60, "tune_rate": 0.01}
CHANGES = {"version1": {**FEW, "d_model": 64, "tune_rate": 0.005}, "version2": FEW}
LONGER = {"merges": MERGES, "steps": 250, "tune_rate": 0.005}
READS = "nats"
OTHER = ("validation_error", "hidden_nats")
CLIPS = {"version2": by_norm}
part, place = sentiment_part, place_reviews


def scores(version, exam, given, parts):
    """Sentence by sentence, each alone in its batch. Version 1 forgets the first word's space."""
    tokenizer, first = tokenizer_of(parts, MERGES), "" if version == "version1" else " "

    def asked(judge, _, text):
        tokens = [SPECIALS + i for i in tokenizer.encode(first + text)][: exam.most]
        return judge(*exam.padded([tokens]))

    return scores_alone(given, parts, asked)


def watch(version, monkeypatch):
    train = train1 if version == "version1" else train2
    return watch_tuning(monkeypatch, train, Exam, AdamW)


def rates(version, config):
    return ([rate] for rate in up_and_down(config))
