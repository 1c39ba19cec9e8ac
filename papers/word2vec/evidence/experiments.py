"""Short trainings on the spot: a made language, and the rival on the room's own corpus."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from common.config import plan
from common.evidence.claims import Pair
from common.exams.counted import counted_vectors, together
from common.exams.grid import grid_corpus, grid_questions
from common.exams.vectors import Corpus, mean, results
from common.paper import room
from common.run.compiled import compiled
from papers.word2vec import PAPER
from papers.word2vec.task import Exam
from papers.word2vec.version2 import kernel, model

MADE = model.Config(size=50, negatives=5, subsample=0.0, rate=0.05, epochs=12, steps=24)
SEEN = 5  # how often a pair must be there, for its mutual information to be told


@cache
def settings() -> model.Config:
    """Those of version 2: the rivals get its window and size."""
    return plan(room("word2vec"), PAPER.newest, "cpu").config


@cache
def exam() -> Exam:
    return Exam(PAPER.dataset)


@cache
def counted() -> float:
    """What a table of counts, factored, gets in WordSim-353."""
    vectors = counted_vectors(exam().corpus, settings().window, settings().size)
    return mean(exam().results(vectors).related)


def trained(corpus: Corpus, config: model.Config, seed: int) -> model.Learner:
    """Version 2 after all its steps, in C++ where that can be built."""
    built = compiled(kernel.CPP, *kernel.FLAGS)
    model.FUSED = built and kernel.learn(built)
    learner = model.Learner(config, corpus, seed)
    for i in range(config.steps):
        learner.step(i)
    return learner


def analogies(seed: int) -> float:
    """The share of the made language's analogies that version 2 gets right."""
    corpus = grid_corpus(seed)
    learner = trained(corpus, MADE, seed)
    return mean(results(corpus, learner.vectors, grid_questions()).right)


def factorization(seeds: Sequence[int]) -> Pair:
    """How the products of vectors go with mutual information, and with how often words meet."""
    sides = {seed: _correlations(seed) for seed in seeds}
    return Pair(
        {seed: both[0] for seed, both in sides.items()},
        {seed: both[1] for seed, both in sides.items()},
        sign=+1,
        note=f"pairs that meet {SEEN} times or more; products are on average "
        f"{np.mean([both[2] for both in sides.values()]):.2f} below mutual information, "
        f"and log k is {np.log(MADE.negatives):.2f}",
    )


def _correlations(seed: int) -> tuple[float, float, float]:
    """Over the pairs that meet often, of v(w) v'(c): with PMI, with the log of the count; and how
    far it is below PMI on average, which no correlation tells.
    """
    corpus = grid_corpus(seed)
    learner = trained(corpus, MADE, seed)
    table = together(corpus, MADE.window)
    meet = table.tocoo()
    word, context = (side[meet.data >= SEEN] for side in meet.coords)
    count = meet.data[meet.data >= SEEN]
    drawn = model.noise(corpus.counts, MADE.power)[context]  # not P(c), but what is drawn for it
    information = np.log(count / (table.sum(1)[word] * drawn))
    product = (learner.vectors[word] * learner.outer[context]).sum(1)
    pairs = ((product, information), (product, np.log(count)))
    first, second = (float(np.corrcoef(*pair)[0, 1]) for pair in pairs)
    return first, second, float((information - product).mean())
