"""This room's side of tests/test_shapes.py."""

import numpy as np

from papers.ngram.evidence import twins

TEXT, SYMBOLS = twins.toy_text(28, 400, 0)
TEXT = TEXT[:401]
SIZES = {"N": len(TEXT), "V": SYMBOLS}


def run(version, load):
    """Counting, and both ways to ask."""
    model = load("model")
    if version == "version1":
        net = model.Model(3, 0.75, SYMBOLS)
        net.count(TEXT)
    else:
        net = model.Model(TEXT, SYMBOLS, model.Config())
        model.Model(TEXT, SYMBOLS, model.Config(smoothing="witten-bell"))
    net.log2(TEXT)
    net.distribution(np.array([0, 4, 5]))
