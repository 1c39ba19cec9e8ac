"""This room's side of the tests over all rooms and versions: see tests/exams.py."""

from papers.adam.version2.model import AdamW
from tests.exams import by_norm, of_groups, watched
from tests.sentiment import place_reviews, sentiment_part, tokenizer_of

MERGES = 40
FEW = {"merges": MERGES, "pretrain_steps": 9, "finetune_steps": 9}
WIDER = {"d_model": 64, "tune_rate": 0.005, "finetune_steps": 40}  # so that it learns something
CHANGES = {"version1": {**FEW, **WIDER}, "version2": FEW}
LONGER = {"merges": MERGES, "pretrain_steps": 30, "finetune_steps": 60}
OTHER = ("validation_error", "hidden_nats")
CLIPS = {"version2": by_norm}
SPECIALS = 5
part, place = sentiment_part, place_reviews


def scores(version, exam, given, parts):
    """Sentence by sentence, each alone in its batch. Version 1 forgets the first word's space."""
    found, tokenizer = {}, tokenizer_of(parts, MERGES)
    first = "" if version == "version1" else " "
    for count, judge in given.items():
        wrong, nats = 0, 0.0
        for text, label in parts["test"]:
            tokens = [SPECIALS + i for i in tokenizer.encode(first + text)][: exam.most]
            log_p = judge(*exam.padded([tokens]))[0].double().log_softmax(0)
            wrong, nats = wrong + int(log_p.argmax() != label), nats - log_p[label].item()
        name = "error" if count is None else f"error_{count}"
        found[name] = 100 * wrong / len(parts["test"])
        if count is None:
            found["nats"] = nats / len(parts["test"])
    return found


def watch(version, monkeypatch):
    return watched(monkeypatch, AdamW, "step", of_groups)


def rates(version, config):
    """Up along a line, then down along one to zero, in each phase."""
    tuning = [config.finetune_steps, *(round(p * config.finetune_steps) for p in (0.35, 0.15))]
    phases = [(config.learning_rate, config.warmup, config.pretrain_steps)]
    phases += [(config.tune_rate, config.tune_warmup * n, max(1, n)) for n in tuning]
    for peak, warmup, steps in phases:
        for i in range(steps):
            up, down = (i + 1) / max(1, warmup), (steps - i) / max(1, steps - warmup)
            yield [peak * min(up, down)]
