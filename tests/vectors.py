"""What the rooms of word vectors share in their `tests/exam.py`: small parts of the exam of
common/exams/vectors.py, and its scores again, by plain loops."""

from __future__ import annotations

import math
import random
from collections import Counter

from common.data.word_tests import Question, Rated, WordTests
from common.exams import vectors as exam

WORDS = [a + b + c for a in "bdgkm" for b in "aeo" for c in "lnt"]
LINES, LENGTH = 400, 12
ITEMS = {"validation": 6, "test": 12}  # of each test: every third is for validation


def vectors_part(name: str, seed: int):
    """Lines of words, of which some like each other; or pairs with ratings, and questions."""
    rng = random.Random(f"{name} {seed}")
    if name == "train":
        first = [rng.randrange(len(WORDS)) for _ in range(LINES)]
        return [[WORDS[(k + rng.randrange(9)) % len(WORDS)] for _ in range(LENGTH)] for k in first]
    related, alike = ([_rated(rng) for _ in range(ITEMS[name])] for _ in range(2))
    asked = [Question(("gram", "sense")[n % 2], *rng.sample(WORDS, 4)) for n in range(ITEMS[name])]
    return WordTests(name, "", tuple(related), tuple(alike), tuple(asked))


def _rated(rng: random.Random) -> Rated:
    return Rated(*rng.sample(WORDS, 2), rng.random())


def place_vectors(parts: dict, folder, monkeypatch) -> str:
    """The lines as a user's own file, the tests in the place of those that people made."""
    mixed = {}
    for kind in ("related", "alike", "questions"):
        test, held = iter(getattr(parts["test"], kind)), getattr(parts["validation"], kind)
        mixed[kind] = tuple(item for one in held for item in (next(test), next(test), one))
    tests = WordTests("made", "", **mixed)
    monkeypatch.setattr(exam, "load_word_tests", lambda name, report: tests)
    path = folder / "lines.txt"
    path.write_text("\n".join(" ".join(line) for line in parts["train"]), encoding="utf-8")
    return str(path)


def vectors_scores(table, parts: dict) -> dict[str, float]:
    """Pair by pair and question by question, from the vectors that were handed in."""
    counts = Counter(word for line in parts["train"] for word in line)
    known = sorted(counts, key=lambda word: (-counts[word], word))
    row = dict(zip(known, table.tolist(), strict=True))

    def spearman(pairs):
        cosines = [_cosine(row[one], row[other]) for one, other, _ in pairs]
        return _pearson(_ranks(cosines), _ranks([rating for *_, rating in pairs]))

    def rank(_, a, b, c, d):
        ends = [[x / math.hypot(*row[w]) for x in row[w]] for w in (a, b, c)]
        wanted = [y - x + z for x, y, z in zip(*ends)]
        near = {w: _cosine(row[w], wanted) for w in known if w not in (a, b, c)}
        return sum(value >= near[d] - 1e-12 for value in near.values())

    ranks = [(question.section, rank(*question)) for question in parts["test"].questions]

    def right(*sections):
        asked = [r == 1 for section, r in ranks if section in sections]
        return sum(asked) / len(asked)

    return {
        "wordsim": spearman(parts["test"].related),
        "simlex": spearman(parts["test"].alike),
        "analogies": right("gram", "sense"),
        "semantic": right("sense"),
        "syntactic": right("gram"),
        "analogies_rank": sum(1 / r for _, r in ranks) / len(ranks),
    }


def _cosine(one, other):
    return sum(x * y for x, y in zip(one, other)) / (math.hypot(*one) * math.hypot(*other))


def _ranks(values):
    return [sum(other < value for other in values) for value in values]  # none is there twice


def _pearson(one, other):
    one, other = ([x - sum(side) / len(side) for x in side] for side in (one, other))
    return sum(x * y for x, y in zip(one, other)) / (math.hypot(*one) * math.hypot(*other))
