"""How the claims of claims.py are measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from common.evidence.claims import Equal, Exact, Pair, View
from common.evidence.measuring import equal, parameters
from common.exams.vectors import corpus_of, read_corpus
from papers.glove import PAPER
from papers.glove.evidence import baseline, experiments, twins
from papers.glove.version1 import model as model1
from papers.glove.version2 import model as model2

PAPERS_WORDS, PAPERS_SIZE = 400_000, 300  # Sec. 4.2
PROBES = {"solid": "ice", "gas": "steam", "water": "both", "fashion": "neither"}  # Table 1
CLEAR = 4.0  # a ratio that is large; one over it is small
HALVINGS = 4  # of the corpus, for the growth of X


# -- exact ---------------------------------------------------------------------------------------


def weight_function() -> Exact:
    """The largest difference of f from Eq. 9, at counts around x_max = 100."""
    counts = [0.0, 1 / 10, 1.0, 50.0, 99.9, 100.0, 1e6]
    theirs = [(x / 100) ** 0.75 if x < 100 else 1.0 for x in counts]
    ours = model2.weight(torch.tensor(counts, dtype=torch.float64), 100.0, 0.75)
    return Exact(float(np.abs(ours.numpy() - theirs).max()), 0.0, tolerance=1e-12)


def parameter_count() -> Exact:
    """2 V D + 2 V: two tables of vectors, two of biases."""
    config = model2.Config(size=PAPERS_SIZE)
    found = parameters(lambda: model2.GloVe(config, PAPERS_WORDS))
    return Exact(found, 2 * PAPERS_WORDS * (PAPERS_SIZE + 1))


def ice_and_steam(lines: int = 4_000) -> np.ndarray:
    """Ratios P(k | ice) / P(k | steam) in a made text, for the four words k of Table 1.

    Each line has one of the two, and one of the words: mostly its own, else one of both or neither.
    """
    rng = np.random.default_rng(0)
    own = {"ice": "solid", "steam": "gas"}
    text = []
    for _ in range(lines):
        about = ("ice", "steam")[rng.integers(2)]
        other = own["steam" if about == "ice" else "ice"]
        beside = rng.choice([own[about], other, "water", "fashion"], p=[0.4, 0.02, 0.5, 0.08])
        text.append([about, str(beside)])
    corpus = corpus_of(text)
    x = model2.count(corpus.tokens, corpus.starts, len(corpus.words), window=10)
    p = x / x.sum(1, keepdims=True)
    row = corpus.numbers
    return np.array([p[row["ice"], row[k]] / p[row["steam"], row[k]] for k in PROBES])


def table1() -> Exact:
    """How many of the four ratios are as in Table 1: large, small, and twice near 1."""
    ratios = ice_and_steam()
    low, high = np.array([CLEAR, 0, 1 / 1.5, 1 / 1.5]), np.array([np.inf, 1 / CLEAR, 1.5, 1.5])
    told = ", ".join(f"{k} {ratio:.2f}" for k, ratio in zip(PROBES, ratios))
    return Exact(int(((low < ratios) & (ratios < high)).sum()), len(PROBES), note=told)


def nonzeros() -> Exact:
    """Pairs that training visits, beside those that version 1's loops find."""
    x, corpus = baseline.table(), baseline.exam().corpus
    plain = model1.count(corpus.lines(), baseline.settings().window)
    return Exact(int((x > 0).sum()), len(plain), note=f"{len(plain) / x.size:.1%} of the table")


def growth() -> Exact:
    """The exponent with which the nonzeros grow with the corpus, all its words counted."""
    corpus = read_corpus(PAPER.dataset, least=1)
    sizes, found = [], []
    for halving in range(HALVINGS + 1):
        tokens = corpus.tokens[: len(corpus.tokens) >> halving]
        pairs = [
            np.unique(tokens[:-d] * len(corpus.words) + tokens[d:])
            for d in range(1, baseline.settings().window + 1)
        ]
        sizes.append(len(tokens))
        found.append(len(np.unique(np.concatenate(pairs))))
    exponent = float(np.polyfit(np.log(sizes), np.log(found), 1)[0])
    return Exact(exponent, 0.8, tolerance=0.15, note=f"{sizes[-1]:,} to {sizes[0]:,} words")


# -- equivalence ---------------------------------------------------------------------------------


def autograd() -> Equal:
    return equal(twins.by_autograd(), 1e-5)


def adagrad() -> Equal:
    return equal(twins.by_adagrad(), 1e-5, note="50 steps, with clipping")


def released_code() -> Equal:
    return equal(twins.by_glove_c(), 1e-12, note="3 passes over all pairs")


def counting() -> Equal:
    """Version 1's loops, each time divided by the distance, and version 2's arrays."""
    rng = np.random.default_rng(0)
    lines = [rng.integers(0, 9, size=size) for size in (7, 1, 12, 4)]
    literal = np.zeros((9, 9))
    for line in lines:
        for i in range(len(line)):
            for j in range(len(line)):
                if 0 < abs(i - j) <= 5:
                    literal[line[i], line[j]] += 1 / abs(i - j)
    starts = np.cumsum([0, *map(len, lines)])
    return equal([(model2.count(np.concatenate(lines), starts, 9, 5), literal)], 1e-12)


# -- directions ----------------------------------------------------------------------------------


def over_questions(rival: Callable[[], np.ndarray]) -> Callable[[View], Pair]:
    """1 / rank of the right word, of version 2 and a rival, question by question."""

    def measure(view: View) -> Pair:
        exam, net = baseline.exam(), experiments.on_wikipedia()
        ours = exam.results(model2.vectors(net)).questions
        return Pair(ours, exam.results(rival()).questions, sign=+1)

    return measure


def on_grid(better: str, worse: str) -> Callable[[Sequence[int]], Pair]:
    """The share of right analogies of the made language, by two kinds of vectors."""

    def experiment(seeds: Sequence[int]) -> Pair:
        found = {seed: experiments.on_grid(seed) for seed in seeds}
        sides = ({seed: one[side] for seed, one in found.items()} for side in (better, worse))
        return Pair(*sides, sign=+1)

    return experiment
