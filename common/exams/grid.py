"""A made language with known analogies: what no small corpus of real text can show.

Its nouns stand in a grid, as king, queen, man, woman do: each has one of KINDS (royal, common, ...)
and one of FORMS (male, female, ...), and each kind and each form has words of its own that stand
near its nouns. A line holds one noun with two words of its kind, two of its form, and words that
say nothing, in any order. So noun b differs from noun a in the form alone, as d from c, and nothing
but the words around them can tell.
"""

from __future__ import annotations

from itertools import permutations

import numpy as np

from common.data.word_tests import Question, WordTests
from common.exams.vectors import Corpus, corpus_of

KINDS, FORMS = 8, 3
NEAR = 12  # words that stand near the nouns of a kind, and of a form
NOISE = 150  # words that say nothing, the r-th of which occurs as 1 / r
TOLD, UNTOLD = 2, 3  # words of a line that say the kind, likewise the form; that say nothing
LINES = 6_000


def noun(kind: int, form: int) -> str:
    return f"noun{kind}_{form}"


def grid_corpus(seed: int, lines: int = LINES) -> Corpus:
    """Lines of the made language, drawn by the seed."""
    rng = np.random.default_rng(seed)
    kinds, forms = rng.integers(KINDS, size=lines), rng.integers(FORMS, size=lines)
    shares = 1 / np.arange(1, NOISE + 1)
    noise = rng.choice(NOISE, size=(lines, UNTOLD), p=shares / shares.sum())
    near = rng.integers(NEAR, size=(lines, 2 * TOLD))
    made = []
    for k, f, said, silent in zip(kinds, forms, near, noise):
        line = [noun(k, f), *(f"kind{k}_{n}" for n in said[:TOLD])]
        line += [*(f"form{f}_{n}" for n in said[TOLD:]), *(f"word{n}" for n in silent)]
        made.append([line[i] for i in rng.permutation(len(line))])
    return corpus_of(made)


def grid_questions() -> WordTests:
    """All analogies of two kinds and two forms; there are no ratings."""
    questions = tuple(
        Question("grid", noun(k, f), noun(k, g), noun(m, f), noun(m, g))
        for k, m in permutations(range(KINDS), 2)
        for f, g in permutations(range(FORMS), 2)
    )
    return WordTests("grid", "", (), (), questions)
