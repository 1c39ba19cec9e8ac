"""This room's side of tests/test_shapes.py."""

import numpy as np
import torch

SIZES = {"V": 31, "D": 5, "R": 7, "C": 11, "N": 13}


def run(version, load):
    """A part of a table of 31 words: 13 pairs, or a block of 7 words and 11 contexts."""
    model, rng = load("model"), np.random.default_rng(0)
    config = model.Config(size=5)
    if version == "version1":
        x = {(i, j): 1.0 + i + j for i in range(31) for j in range(31)}
        glove = model.GloVe(config, x, 31, rng)
        glove.gradients(np.arange(13), np.arange(13) + 4, np.arange(13) + 1.0)
        glove.vectors()
    else:
        model.count(rng.permutation(31), np.array([0, 20, 31]), 31, window=3)
        net = model.GloVe(config, 31)
        with torch.no_grad():
            net.gradients(slice(0, 7), slice(0, 11), torch.zeros(7, 11), torch.ones(7, 11))
        model.vectors(net)
