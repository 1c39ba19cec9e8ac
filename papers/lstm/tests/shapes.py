# Decide here: which sizes, all different primes, stand for the letters of the models?
"""This room's side of tests/test_shapes.py."""

import numpy as np
import torch

from common.run.engine import Masters

SIZES = {"B": 5, "T": 7, "V": 11, "H": 13, "N": 31}


def run(version, load):
    """Two steps of learning; then five streams are read on."""
    model, text = load("model"), np.arange(5 * 31) % 11
    config = {"hidden": 13, "sequence": 7, "steps": 2}
    if version == "version1":
        learner = model.Learner(model.Config(**config), 11, np.random.default_rng(0))
        for i in range(2):
            learner.step(text, i)
        learner.predict(text[: 5 * 7].reshape(5, 7), None)
    else:
        net = model.RNN(model.Config(**config, batch=5), 11)
        learner = model.Learner(model.Config(**config, batch=5), net, Masters(net.parameters()))
        for i in range(2):
            learner.step(model.streams(torch.as_tensor(text), 5), i)
