"""This room's side of tests/test_shapes.py."""

import numpy as np
import torch

from common.run.engine import Masters

SIZES = {"B": 5, "T": 7, "V": 11, "H": 13, "L": 3, "I": (17, 13)}


def run(version, load):
    """Two steps of learning; then five streams are read on, and numbers by a layer alone."""
    model, text = load("model"), np.arange(5 * 31) % 11
    config = {"hidden": 13, "sequence": 7, "steps": 2}
    if version == "version1":
        learner = model.Learner(model.Config(**config), 11, np.random.default_rng(0))
        for i in range(2):
            learner.step(text, i)
        learner.predict(text[: 5 * 7].reshape(5, 7), None)
    else:
        config = model.Config(**config, batch=5, layers=3)
        net = model.GRU(config, 11)
        learner = model.Learner(config, net, Masters(net.parameters()), 0)
        for i in range(2):
            learner.step(model.streams(torch.as_tensor(text), 5), i)
        model.Layer(17, 13)(torch.randn(5, 7, 17), torch.zeros(5, 13))
