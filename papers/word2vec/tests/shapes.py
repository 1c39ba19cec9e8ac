"""This room's side of tests/test_shapes.py."""

import numpy as np

from common.exams.vectors import corpus_of

CORPUS = corpus_of([[f"w{i}" for i in np.random.default_rng(s).permutation(29)] for s in range(6)])
SIZES = {"V": 29, "D": 11, "B": (7, 42), "K": (6, 1), "T": 7, "J": 6, "N": 31}


def run(version, load):
    """Both architectures; both objectives where the version has them."""
    model = load("model")
    if version == "version1":
        for architecture in ("cbow", "skipgram"):
            config = model.Config(architecture, size=11, window=3, batch=7, steps=4)
            model.Learner(config, CORPUS.tokens, 29, 0).step(1)
        return
    for objective in ("negative", "hierarchical"):
        config = model.Config("cbow", objective, size=11, negatives=3, subsample=0, steps=4)
        model.Learner(config, CORPUS, 0).step(1)
    model.pairs(CORPUS.tokens[:31], np.zeros(31), np.ones(31, dtype=int))
