"""This room's side of the tests over all rooms and versions: see tests/exams.py."""

import random

import numpy as np
import sacrebleu
import torch

from common.data.translation import Pairs
from papers.bpe.version2 import model as bpe
from papers.transformer import task
from papers.transformer.version1 import model as model1
from papers.transformer.version2 import model as model2
from tests.exams import Step, copied, of_groups, watched

SMALL = {"d_model": 16, "d_ff": 16, "heads": 2, "layers": 2, "batch": 90, "warmup": 10}
CHANGES = {
    "version1": {**SMALL, "rate": 1.0, "steps": 40},
    "version2": {**SMALL, "rate": 1.0, "steps": 40, "averaged": 2, "apart": 3},
    "version3": {**SMALL, "rate": 0.02, "steps": 40, "averaged": 2, "apart": 3},
}
OTHER = ("validation_nats",)
CLIPS = {}
LEXICON = {"One": "Ein", "two": "zwei", "Dogs": "Hunde", "cat": "Katze", "see": "sehen"}
SIZES = {"train": 300, "validation": 60, "test": 60}
PAD, BEGIN, END = range(3)


def part(name, seed):
    """Sentences that are translated word for word. Every fourth has a word that no other part has;
    every tenth is long, and in training too long to be learned from."""
    rng, pairs = random.Random(f"{name} {seed}"), []
    for i in range(SIZES[name]):
        english = rng.choices(list(LEXICON), k=rng.randint(2, 5) + 40 * (i % 10 == 9))
        german = [LEXICON[word] for word in english]
        if i % 4 == 0:
            german[0] = f"{name.title()}{i // 12}"
        pairs.append((" ".join(english) + ".", " ".join(german) + "."))
    return tuple(pairs)


def place(parts, folder, monkeypatch):
    """In the place of Multi30k."""
    made = Pairs("multi30k", "0" * 64, None, **parts)
    monkeypatch.setattr(task, "load_pairs", lambda name, report: made)
    return "multi30k"


def scores(version, exam, net, parts):
    """Sentence by sentence and token by token, of all test sentences; BLEU by sacrebleu, against
    the sentences as given."""
    texts = [f" {side}" for e, g in parts["train"] for side in (e.lower(), g)]
    tokenizer = bpe.train(texts, 2_000)
    nats, count, found = 0.0, 0, {1: [], 4: []}
    for english, german in parts["test"]:
        source = [3 + i for i in tokenizer.encode(" " + english.lower())]
        target = [BEGIN, *(3 + i for i in tokenizer.encode(" " + german)), END]
        rows = torch.as_tensor(net.scores(np.array([source]), np.array([target[:-1]])))[0]
        for row, wanted in zip(rows.double(), target[1:], strict=True):
            nats += float(row.exp().sum().log() - row[wanted])
            count += 1
        for beam, sentences in found.items():
            (row,) = task.translate(net, np.array([source]), beam, 0.6)
            sentences.append(tokenizer.decode([i - 3 for i in row if i >= 3]).strip())
    references = [german for _, german in parts["test"]]
    return {
        "nats_per_token": nats / count,
        "bleu_greedy": bleu(found[1], references),
        "bleu": bleu(found[4], references),
    }


def bleu(ours, references):
    return sacrebleu.corpus_bleu(ours, [references]).score


def watch(version, monkeypatch):
    if version == "version3":
        return watched(monkeypatch, torch.optim.Adam, "step", of_groups)
    if version == "version2":

        def read(adam, t, rate):
            return [rate], [p.grad for p in adam.parameters], adam.parameters

        return watched(monkeypatch, model2.Adam, "step", read)
    return watch_by_hand(monkeypatch)


def watch_by_hand(monkeypatch):
    """Version 1's learner computes the rate within its step."""
    steps, given = [], []
    rate, step = model1.learning_rate, model1.Learner.step

    def noted(i, config):
        given.append(rate(i, config))
        return given[-1]

    def stepped(self, *arguments):
        given.clear()
        found = step(self, *arguments)
        weights = list(self.net.weights.values())
        steps.append(Step(list(given), [], list(map(copied, weights)), weights))
        return found

    monkeypatch.setattr(model1, "learning_rate", noted)
    monkeypatch.setattr(model1.Learner, "step", stepped)
    return steps


def rates(version, config):
    """Eq. 3, times `rate`; version 3's rises likewise and falls along a line, and would be zero
    one step after the last."""
    for step in range(1, config.steps + 1):
        rising = step / config.warmup
        if version == "version3":
            left = (config.steps + 1 - step) / (config.steps - config.warmup)
            yield [config.rate * (rising if step <= config.warmup else left)]
        else:
            falling = min(step**-0.5, step * config.warmup**-1.5)
            yield [config.rate * config.d_model**-0.5 * falling]
