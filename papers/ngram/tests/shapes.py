"""This room's side of tests/test_shapes.py."""

import numpy as np

from papers.ngram.evidence import twins

TEXT, SYMBOLS = twins.toy_text(29, 400, 0)
LENGTHS = {"N": (len(TEXT), 0, 7)}


def sizes():
    """Nodes of each level of the text, and of the level above; beside them the roots."""
    from papers.ngram.version2 import model

    levels = [len(level.keys) for level in model.count(TEXT, 3, SYMBOLS)]
    return {"M": tuple(levels), "C": (1, *levels[:-1])}


SIZES = {**LENGTHS, "V": SYMBOLS, **sizes()}


def run(version, load):
    """Counting, and both ways to ask."""
    if version == "":
        return
    model = load("model")
    if version == "version1":
        net = model.Model(3, 0.75, SYMBOLS)
        net.count(TEXT)
    else:
        net = model.Model(TEXT, SYMBOLS, model.Config())
        model.Model(TEXT, SYMBOLS, model.Config(smoothing="witten-bell"))
    net.log2(TEXT)
    net.distribution(np.array([0, 4, 5]))
