"""This room's side of tests/test_shapes.py."""

import numpy as np

from common.exams.vectors import corpus_of

CORPUS = corpus_of([[f"w{i}" for i in np.random.default_rng(s).permutation(29)] for s in range(6)])
SIZES = {"V": 29, "D": 11, "B": (7, 42), "K": (6, 1), "N": (31, 131), "R": (17, 16, 15, 14, 5, 4)}


def run(version, load):
    """Both architectures; both objectives where the version has them."""
    model = load("model")
    if version == "version1":
        for architecture in ("cbow", "skipgram"):
            config = model.Config(architecture, size=11, window=3, batch=7, steps=4)
            model.Learner(config, CORPUS.tokens, 29, 0).step(1)
        return
    for objective in ("negative", "hierarchical"):
        config = model.Config("cbow", objective, size=11, negatives=16, subsample=0, steps=4)
        own = model.Learner(config, CORPUS, 0)
        model.learn(own.vectors, own.outer, first(own.batch(1)), 0.1)
    model.pairs(CORPUS.tokens[:31], np.zeros(31), np.ones(31, dtype=int))


def first(batch):
    """The first example alone: others ask other numbers of rows."""
    inputs, outputs = batch.input_starts[1], batch.output_starts[1]
    return type(batch)(
        batch.inputs[:inputs],
        batch.input_starts[:2],
        batch.outputs[:outputs],
        batch.labels[:outputs],
        batch.output_starts[:2],
    )
