"""This room's side of the tests over all rooms and versions: see tests/exams.py."""

import random

import numpy as np
from scipy.stats import spearmanr

from common.data.word_tests import Question, Rated, WordTests
from common.exams import vectors as shared
from papers.word2vec.version1 import model as model1
from papers.word2vec.version2 import model as model2
from tests.exams import watched

SMALL = {"size": 8, "rate": 0.5, "steps": 12}
CHANGES = {
    "version1": {**SMALL, "batch": 32},
    "version2": {**SMALL, "subsample": 0.0, "epochs": 2},
}
LONGER = {"steps": 120, "rate": 1.0}
OTHER = (
    "validation_wordsim",
    "validation_simlex",
    "validation_analogies_rank",
)
WORDS = [a + b + c for a in "bdfg" for b in "aeiou" for c in "dst"]
ITEMS = {"validation": 20, "test": 40}  # of each test


def part(name, seed):
    """Lines of words, or items of the tests: what is rated, and what is asked."""
    rng = random.Random(f"{name} {seed}")
    if name == "train":
        return [rng.choices(WORDS, k=rng.randint(3, 12)) for _ in range(300)]
    pairs = [(*rng.sample(WORDS, 2), rng.random()) for _ in range(2 * ITEMS[name])]
    asked = [(rng.choice(["gram", "capital"]), *rng.sample(WORDS, 4)) for _ in range(ITEMS[name])]
    return pairs, asked


def place(parts, folder, monkeypatch):
    """The corpus as a user's own file, the tests in the place of the real ones."""
    (held, held_asked), (tested, tested_asked) = parts["validation"], parts["test"]
    count = ITEMS["validation"]

    def mixed(test, validation):
        """Two of the test, then one for validation, as the exam takes them apart again."""
        return [x for i in range(count) for x in (test[2 * i], test[2 * i + 1], validation[i])]

    related = mixed(tested[: 2 * count], held[:count])
    alike = mixed(tested[2 * count :], held[count:])
    tests = WordTests(
        "made",
        "0" * 64,
        tuple(Rated(*pair) for pair in related),
        tuple(Rated(*pair) for pair in alike),
        tuple(Question(*asked) for asked in mixed(tested_asked, held_asked)),
    )
    monkeypatch.setattr(shared, "load_word_tests", lambda name, report: tests)
    path = folder / "lines.txt"
    path.write_text("\n".join(" ".join(line) for line in parts["train"]), encoding="utf-8")
    return str(path)


def scores(version, exam, vectors, parts):
    """Pair by pair and question by question, from the vectors alone."""
    counts = {}
    for line in parts["train"]:
        for word in line:
            counts[word] = counts.get(word, 0) + 1
    order = sorted((w for w in counts if counts[w] >= 5), key=lambda w: (-counts[w], w))
    row = {word: np.array(vectors[i], dtype=float) for i, word in enumerate(order)}

    def cosine(x, y):
        return float(x @ y / np.linalg.norm(x) / np.linalg.norm(y))

    def correlation(pairs):
        known = [p for p in pairs if p[0] in row and p[1] in row]
        ours = [cosine(row[one], row[other]) for one, other, _ in known]
        return spearmanr(ours, [rating for _, _, rating in known])[0]

    def unit(word):
        return row[word] / np.linalg.norm(row[word])

    right, ranks = {"gram": [], "capital": []}, []
    pairs, asked = parts["test"]
    for section, a, b, c, d in asked:
        if not all(word in row for word in (a, b, c, d)):
            continue
        wanted = unit(b) - unit(a) + unit(c)
        near = {word: unit(word) @ wanted for word in order if word not in (a, b, c)}
        rank = 1 + sum(value > near[d] for value in near.values())
        right[section].append(rank == 1)
        ranks.append(1 / rank)
    return {
        "wordsim": correlation(pairs[: ITEMS["test"]]),
        "simlex": correlation(pairs[ITEMS["test"] :]),
        "analogies": np.mean(right["gram"] + right["capital"]),
        "semantic": np.mean(right["capital"]),
        "syntactic": np.mean(right["gram"]),
        "analogies_rank": np.mean(ranks),
    }


def watch(version, monkeypatch):
    if version == "version1":

        def read(table, change, rate):
            return [rate], [change], [table]

        return watched(monkeypatch, model1, "descend", read)

    def read_both(vectors, outer, batch, rate):
        return [rate], [], [vectors, outer]

    return watched(monkeypatch, model2, "learn", read_both)


def rates(version, config):
    """Both fall along a line that reaches zero after the last step."""
    for i in range(config.steps):
        yield [config.rate * (config.steps - i) / config.steps]
