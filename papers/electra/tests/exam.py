"""This room's side of the tests over all rooms and versions: see tests/exams.py."""

from papers.adam.version2.model import AdamW
from papers.bert.version1.model import Adam
from papers.electra.task import Exam
from papers.electra.version1 import train as train1
from papers.electra.version2 import train as train2
from tests.exams import by_norm, watched
from tests.sentiment import place_reviews, sentiment_part

FEW = {"pieces": 120, "pretrain_steps": 4, "steps": 60, "tune_rate": 0.01}
CHANGES = {"version1": {**FEW, "d_model": 64, "tune_rate": 0.001}, "version2": FEW}
LONGER = {"pieces": 120, "pretrain_steps": 4, "steps": 150, "d_model": 64, "tune_rate": 0.0005}
READS = "nats"
OTHER = ("validation_error", "generator_nats", "discriminator_nats")
CLIPS = {"version2": by_norm}
part, place = sentiment_part, place_reviews


def scores(version, exam, given, parts):
    """Sentence by sentence, each alone in its batch."""
    found = {}
    for count, judge in given.items():
        wrong, nats = 0, 0.0
        for text, label in parts["test"]:
            log_p = judge(*exam.padded([exam.encode(text)]))[0].double().log_softmax(0)
            wrong, nats = wrong + int(log_p.argmax() != label), nats - log_p[label].item()
        name = "error" if count is None else f"error_{count}"
        found[name] = 100 * wrong / len(parts["test"])
        if count is None:
            found["nats"] = nats / len(parts["test"])
    return found


def learning(optimizer, *_):
    """Of what fine-tuning moves: the generator and the head that marks are left alone."""
    weights = [p for g in optimizer.param_groups for p in g["params"] if p.grad is not None]
    return [g["lr"] for g in optimizer.param_groups], [p.grad for p in weights], weights


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


def rates(version, config):
    """Up along a line, then down along one to zero; in version 2 each is less by a factor from
    layer to layer."""
    warmup = config.tune_warmup * config.steps
    for i in range(config.steps):
        up, down = (i + 1) / max(1, warmup), (config.steps - i) / (config.steps - warmup)
        rate = config.tune_rate * min(up, down)
        depths = range(config.layers + 2) if version == "version2" else [0]
        yield [rate * config.layer_decay**n if n else rate for n in depths]
