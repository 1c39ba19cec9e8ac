"""This room's side of the tests over all rooms and versions: see tests/exams.py."""

from papers.adam.version2.model import AdamW
from papers.bert.tests import exam as bert
from papers.bert.version1.model import Adam
from papers.electra.task import Exam
from papers.electra.version1 import train as train1
from papers.electra.version2 import train as train2
from tests.exams import by_norm, watched

CHANGES, LONGER, READS = bert.CHANGES, bert.LONGER, bert.READS
CLIPS = {"version2": by_norm}
OTHER = ("validation_error", "generator_nats", "discriminator_nats")
part, place, scores = bert.part, bert.place, bert.scores


def watch(version, monkeypatch):
    """The fine-tuning with all labels alone: test_model.py looks at pre-training."""
    train = train1 if version == "version1" else train2
    real = train.train_torch

    def fitted(*given, phase, **rest):
        return None if phase == "pretrain" else real(*given, phase=phase, **rest)

    monkeypatch.setattr(train, "train_torch", fitted)
    monkeypatch.setattr(Exam, "tuned", lambda exam, begin: {})
    optimizer = Adam if version == "version1" else AdamW
    return watched(monkeypatch, optimizer, "step", learning)


def learning(optimizer, *_):
    """Of what fine-tuning moves: the generator and the head that marks are left alone."""
    rates, gradients, weights = bert.learning(optimizer)
    return sorted(set(rates)), gradients, weights


def rates(version, config):
    """BERT's; in version 2 each is less by a factor from layer to layer."""
    for (rate,) in bert.rates(version, config):
        depths = range(config.layers + 2) if version == "version2" else [0]
        yield sorted(rate * (config.layer_decay**n if n else 1) for n in depths)
