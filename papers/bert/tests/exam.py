"""This room's side of the tests over all rooms and versions: see tests/exams.py."""

from papers.adam.version2.model import AdamW
from papers.bert.version1.model import Adam
from tests.exams import by_norm, of_groups, watched
from tests.sentiment import place_reviews, sentiment_part

FEW = {"pieces": 120, "pretrain_steps": 9, "finetune_steps": 9}
CHANGES = {"version1": FEW, "version2": FEW}
LONGER = {"pieces": 120, "pretrain_steps": 30, "finetune_steps": 60}
OTHER = ("validation_error", "hidden_nats")
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


def watch(version, monkeypatch):
    optimizer = Adam if version == "version1" else AdamW
    return watched(monkeypatch, optimizer, "step", of_groups)


def rates(version, config):
    """Up along a line, then down along one to zero, in each phase."""
    tuning = [config.finetune_steps, *(round(p * config.finetune_steps) for p in (0.35, 0.15))]
    phases = [(config.learning_rate, config.warmup, config.pretrain_steps)]
    phases += [(config.tune_rate, config.tune_warmup * n, max(1, n)) for n in tuning]
    for peak, warmup, steps in phases:
        for i in range(steps):
            up, down = (i + 1) / max(1, warmup), (steps - i) / max(1, steps - warmup)
            yield [peak * min(up, down)]
