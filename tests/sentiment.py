"""What the rooms that judge film reviews share in their `tests/exam.py`: small parts of the exam of
common/exams/sentiment.py, and its scores again, sentence by sentence."""

from __future__ import annotations

import random

import torch

from common.data.labelled import Labelled
from common.data.text import Text
from common.exams import documents, sentiment
from papers.bpe.version2 import model as bpe
from tests.exams import watched

SIZES = {"train": 150, "validation": 110, "test": 90}
WORDS = {0: ["dull", "slow", "weak", "flat"], 1: ["fine", "warm", "bold", "rich"]}
FILLING = ["the", "film", "a", "plot", "and", "is"]


def sentiment_part(name, seed, sizes=SIZES):
    """Sentences of 1 to 15 words; three in four say what they think. Each part has rare words."""
    rng, examples = random.Random(f"{name} {seed}"), []
    for i in range(sizes[name]):
        label = rng.randrange(2)
        words = rng.choices(FILLING, k=rng.randint(0, 12))
        words += rng.choices(
            WORDS[label if rng.random() < 0.75 else 1 - label], k=rng.randint(1, 3)
        )
        rng.shuffle(words)
        if i % 5 == 0:
            words[0] = f"{name}{i}"
        examples.append((" ".join(words), label))
    return tuple(examples)


def encyclopedia(count=40, seed=0):
    """Articles of two paragraphs of ten sentences, with titles."""
    rng, lines = random.Random(seed), []
    for article in range(count):
        lines.append(f"= Article {article} =")
        for _ in range(2):
            made = (" ".join(rng.choices(FILLING, k=8)).capitalize() + " here." for _ in range(10))
            lines.append(" ".join(made))
    return "\n\n".join(lines)


def place_reviews(parts, folder, monkeypatch):
    """In the place of SST-2, with a made encyclopedia to pre-train on."""
    made = Labelled("sst2", "0" * 64, None, **parts)
    text = Text("wikipedia_sample", "0" * 64, None, encyclopedia())
    monkeypatch.setattr(sentiment, "load_labelled", lambda name, report: made)
    monkeypatch.setattr(documents, "load_text", lambda name, report: text)
    for kept in (documents.documents_of, sentiment._learned):
        kept.cache_clear()
    return "sst2"


def tokenizer_of(parts, merges):
    """Byte pairs learned of what is read in training: all but the last twentieth of the text."""
    form = [documents.as_in_reviews(s) for line in encyclopedia().split("\n\n")
            if not line.startswith("=") for s in line.replace(". ", ".\n").split("\n")]  # fmt: skip
    read = form[: len(form) - len(form) // 20] + [text for text, _ in parts["train"]]
    return bpe.train(["".join(f" {word}" for word in text.split()) for text in read], 256 + merges)


def sentiment_scores(scores, parts, merges, special, padded=False):
    """Metrics by plain loops; with `padded` each sentence is filled up as its batch of 64 was."""
    tokenizer = tokenizer_of(parts, merges)

    def encode(text):
        spaced = "".join(f" {word}" for word in text.split())
        return [special + token for token in tokenizer.encode(spaced)]

    rows = [encode(text) for text, _ in parts["test"]]

    def asked(judge, i, _):
        longest = max(map(len, rows[i - i % 64 : i - i % 64 + 64])) if padded else len(rows[i])
        tokens = torch.tensor([rows[i] + [0] * (longest - len(rows[i]))])
        with torch.no_grad():
            return judge(tokens, torch.tensor([len(rows[i])]))

    return scores_alone(scores, parts, asked)


def scores_alone(scores, parts, asked):
    """Metrics by number of labels, sentence by sentence: `asked(judge, i, text)` gives the scores
    (1, C) of the i-th."""
    found = {}
    for count, judge in scores.items():
        wrong, nats = 0, 0.0
        for i, (text, label) in enumerate(parts["test"]):
            log_p = asked(judge, i, text).double().log_softmax(1)[0]
            wrong, nats = wrong + int(log_p.argmax() != label), nats - log_p[label].item()
        found["error" if count is None else f"error_{count}"] = 100 * wrong / len(parts["test"])
        if count is None:
            found["nats"] = nats / len(parts["test"])
    return found


def alone(version, exam, given, parts):
    """Metrics of a room whose networks read rows: each sentence alone in its batch."""
    asked = lambda judge, _, text: judge(*exam.padded([exam.encode(text)]))  # noqa: E731
    return scores_alone(given, parts, asked)


def moved(optimizer, *_):
    """Of what fine-tuning moves, rates, gradients and weights: heads of pre-training are left."""
    weights = [p for g in optimizer.param_groups for p in g["params"] if p.grad is not None]
    return [g["lr"] for g in optimizer.param_groups], [p.grad for p in weights], weights


def without_pretraining(monkeypatch, train):
    """`train` is a version's train.py: its first phase takes no steps."""
    real = train.train_torch

    def fitted(*given, phase, **rest):
        return None if phase == "pretrain" else real(*given, phase=phase, **rest)

    monkeypatch.setattr(train, "train_torch", fitted)


def watch_tuning(monkeypatch, train, exam, optimizer):
    """The fine-tuning with all labels alone: the rooms' own tests look at pre-training."""
    without_pretraining(monkeypatch, train)
    monkeypatch.setattr(exam, "tuned", lambda self, begin: {})
    return watched(monkeypatch, optimizer, "step", moved)


def up_and_down(config):
    """The rate at each step of fine-tuning: up along a line, then down along one to zero."""
    warmup = config.tune_warmup * config.steps
    for i in range(config.steps):
        up, down = (i + 1) / max(1, warmup), (config.steps - i) / (config.steps - warmup)
        yield config.tune_rate * min(up, down)


def reviews_file(folder, count=400):
    """A user's own file of labelled sentences."""
    path = folder / "reviews.tsv"
    lines = []
    for i in range(count):
        lines.append(f"the film is {WORDS[i % 2][i // 2 % 4]} and {i % 7}\t{i % 2}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)
