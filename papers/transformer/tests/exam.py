"""This room's side of tests/test_exams.py and tests/test_training_rules.py."""

import random

import numpy as np
import sacrebleu
import torch

from common.data.translation import Pairs
from papers.transformer import task
from papers.transformer.version1 import model as model1
from papers.transformer.version2 import model as model2
from tests.exams import Step, copied, of_groups, watched

SMALL = {"d_model": 16, "d_ff": 16, "heads": 2, "layers": 2, "batch": 16, "warmup": 10}
CHANGES = {
    "version1": {**SMALL, "rate": 1.0, "steps": 40},
    "version2": {**SMALL, "rate": 1.0, "steps": 40, "averaged": 2, "apart": 3},
    "version3": {**SMALL, "rate": 0.02, "steps": 40, "averaged": 2, "apart": 3},
}
OTHER = ("validation_nats",)
CLIPS = {}
LEXICON = {"One": "Ein", "two": "zwei", "Dogs": "Hunde", "cat": "Katze", "see": "sehen"}
SIZES = {"train": 300, "validation": 60, "test": 60}
PAD, BEGIN, END, UNKNOWN = range(4)


def part(name, seed):
    """Sentences that are translated word for word. In every fourth a word is rare: each part has it
    three times, too few for one to know it and enough for two; every tenth has more than ten words
    and is no part of the exam."""
    rng, pairs = random.Random(f"{name} {seed}"), []
    for i in range(SIZES[name]):
        english = rng.choices(list(LEXICON), k=rng.randint(2, 5) + 9 * (i % 10 == 9))
        german = [LEXICON[word] for word in english]
        if i % 4 == 0:
            german[0] = f"Selten{i // 12}"
        pairs.append((" ".join(english) + ".", " ".join(german) + "."))
    return tuple(pairs)


def place(parts, folder, monkeypatch):
    """In the place of Multi30k."""
    made = Pairs("multi30k", "0" * 64, None, **parts)
    monkeypatch.setattr(task, "load_pairs", lambda name, report: made)
    return "multi30k"


def words(sentence):
    return sentence.replace(".", " .").split()


def short(pairs):
    return [pair for pair in pairs if all(len(words(side)) <= 10 for side in pair)]


def scores(version, exam, net, parts):
    """Sentence by sentence and word by word; BLEU by sacrebleu, against the sentences as given."""
    trained = [w for e, g in short(parts["train"]) for w in [*words(e.lower()), *words(g)]]
    known = sorted(word for word in set(trained) if trained.count(word) >= 5)
    number = {word: i for i, word in enumerate(known, 4)}
    test, nats, count = short(parts["test"]), 0.0, 0
    assert 40 < len(test) < len(parts["test"])
    sources = []
    for english, german in test:
        source = [number.get(word, UNKNOWN) for word in words(english.lower())]
        target = [BEGIN, *(number.get(word, UNKNOWN) for word in words(german)), END]
        found = torch.as_tensor(net.scores(np.array([source]), np.array([target[:-1]])))[0]
        for row, wanted in zip(found.double(), target[1:], strict=True):
            nats += float(row.exp().sum().log() - row[wanted])
            count += 1
        sources.append(source)
    longest = max(map(len, sources))
    padded = np.array([row + [PAD] * (longest - len(row)) for row in sources])
    again = {"nats_per_token": nats / count}
    for metric, beam in (("bleu_greedy", 1), ("bleu", 4)):
        ours = [
            [known[i - 4] for i in row if i >= 4] for row in task.translate(net, padded, beam, 0.6)
        ]
        ours = [" ".join(row).replace(" .", ".") for row in ours]
        again[metric] = bleu(ours, [german for _, german in test])
        cut = [" ".join(w for w in words(g) if w in number) for _, g in test]
        if version == "version3":  # the others have hardly begun to translate
            assert abs(again[metric] - bleu(ours, cut)) > 0.1, "rare words count"
    return again


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
