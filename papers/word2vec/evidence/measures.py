"""How the claims of claims.py are measured."""

from __future__ import annotations

import numpy as np

from common.data.word_tests import load_word_tests
from common.evidence.claims import Equal, Exact
from common.evidence.measuring import equal
from common.exams.vectors import Corpus, corpus_of, mean
from papers.word2vec import PAPER
from papers.word2vec.evidence import experiments, twins
from papers.word2vec.version2 import model

WORDS, REPEATED = 64, 8  # of a language whose words are all as frequent
DRAWN = 1_000_000  # negatives
SIZE = 10
COMPARED = (0, 1)  # seeds of gensim


# -- exact --------------------------------------------------------------------------------------


def questions() -> Exact:
    """Semantic questions of the test; the syntactic ones in the note."""
    found = load_word_tests(PAPER.more_data["tests"], report=lambda line: None).questions
    syntactic = sum(question.syntactic for question in found)
    return Exact(len(found) - syntactic, 8_869, note=f"{syntactic:,} syntactic (paper: 10,675)")


def two_tables() -> Exact:
    corpus, size = experiments.exam().corpus, 3
    own = model.Learner(model.Config(size=size), corpus, 0)
    return Exact(own.vectors.size + own.outer.size, 2 * len(corpus.words) * size)


def level() -> Corpus:
    """Words of equal frequency, in long lines: their tree is level, log2(V) high."""
    rng = np.random.default_rng(0)
    return corpus_of([[f"w{i}" for i in rng.permutation(WORDS)] for _ in range(REPEATED)])


def read_by_a_word(architecture: str, window: int) -> float:
    """How many numbers the examples of a word in the middle of a line read, each once."""
    corpus = level()
    config = model.Config(architecture, "hierarchical", SIZE, window, subsample=0.0)
    own = model.Learner(config, corpus, 0)
    middle, place = own.tokens[: 2 * window + 1], window
    found = model.pairs(middle, np.zeros(len(middle)), np.full(len(middle), window))
    found = model.Pairs(*(part[found.place == place] for part in found))
    batch = model.examples(architecture, found, own.asking, np.random.default_rng(0))
    return float(SIZE * (len(batch.inputs) + len(batch.outputs)))


def cost_of_cbow() -> Exact:
    """With N = 8 words around and V = 64."""
    return Exact(read_by_a_word("cbow", 4), 8 * SIZE + SIZE * np.log2(WORDS))


def cost_of_skipgram() -> Exact:
    """With ten words around, five on each side."""
    note = "the paper's C is the farthest distance; windows drawn up to it hold C + 1 on average"
    cost = 10 * (SIZE + SIZE * np.log2(WORDS))
    return Exact(read_by_a_word("skipgram", 5), cost, note=note)


def _lengths() -> tuple[np.ndarray, np.ndarray]:
    """Counts of the corpus, and how many nodes are on the way to each word."""
    counts = experiments.exam().corpus.counts
    return counts, model.Tree(counts).length


def huffman_length() -> Exact:
    """The mean way of a word of the text, beside the entropy: between it and one more."""
    counts, length = _lengths()
    share = counts / counts.sum()
    entropy = float(-(share * np.log2(share)).sum())
    note = f"log2(V) = {np.log2(len(counts)):.2f}"
    return Exact(float((share * length).sum()), entropy, tolerance=1.0, note=note)


def huffman_best() -> Exact:
    counts, length = _lengths()
    return Exact(int((counts * length).sum()), twins.huffman_cost(counts))


def noise() -> Exact:
    """Chi-square of drawn negatives against the formula, as standard errors from its mean."""
    counts = experiments.exam().corpus.counts
    asking = model.Negatives(counts, 5, 0.75)
    drawn = np.bincount(asking.draw(np.random.default_rng(0), DRAWN), minlength=len(counts))
    expected = DRAWN * counts**0.75 / (counts**0.75).sum()
    statistic = ((drawn - expected) ** 2 / expected).sum()
    freedom = len(counts) - 1
    return Exact(float((statistic - freedom) / np.sqrt(2 * freedom)), 0.0, tolerance=4.0)


# -- equivalence --------------------------------------------------------------------------------


def autograd() -> Equal:
    """Tables and losses after a step of each architecture with each objective."""
    lines = [[f"w{(i * j) % 13}" for j in range(1, 9)] for i in range(1, 20)]
    pairs, corpus = [], corpus_of(lines)
    for architecture in ("skipgram", "cbow"):
        for objective in ("negative", "hierarchical"):
            config = model.Config(architecture, objective, 6, negatives=3, subsample=0.0, steps=9)
            own = model.Learner(config, corpus, 0)
            own.outer += np.random.default_rng(1).normal(size=own.outer.shape).astype("f4")
            batch = own.batch(0)
            *theirs, cost = twins.torch_step(own.vectors, own.outer, batch, 0.1)
            loss = model.learn(own.vectors, own.outer, batch, 0.1)
            examples = len(batch.input_starts) - 1
            pairs += [(own.vectors, theirs[0]), (own.outer, theirs[1])]
            pairs.append((loss / examples, cost / examples))
    return equal(pairs, 1e-4)


def gensim_noise() -> Equal:
    return Equal(twins.gensim_noise(experiments.exam().corpus), 1e-8)


def gensim_step() -> Equal:
    """Every vector after a pass over a made corpus."""
    exact = twins.gensim_step(level(), model.sigmoid)
    note = f"with the exact sigmoid in place of gensim's table {exact:.2g}"
    return Equal(twins.gensim_step(level()), 2e-3, note=note)


def gensim_quality() -> Equal:
    """How far the mean of WordSim-353 is from gensim's, over some seeds."""
    exam, config = experiments.exam(), experiments.settings()

    def score(vectors: np.ndarray) -> float:
        return mean(exam.results(vectors).related)

    theirs = [score(twins.gensim_trained(exam.corpus, config, s).wv.vectors) for s in COMPARED]
    ours = [score(experiments.trained(exam.corpus, config, s).vectors) for s in COMPARED]
    note = f"ours {np.mean(ours):.3f}, gensim's {np.mean(theirs):.3f}"
    return Equal(float(abs(np.mean(ours) - np.mean(theirs))), 0.03, note=note)
