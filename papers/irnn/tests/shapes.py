"""This room's side of tests/test_shapes.py."""

import numpy as np
import torch

from common.run.engine import Masters

SIZES = {"B": 5, "T": 7, "I": (3, 1), "H": 13, "C": 11}


def run(version, load):
    """Two steps of learning from five sequences; a layer reads three numbers at each step."""
    model, labels = load("model"), np.arange(5) % 11
    if version == "version1":
        config = model.Config(hidden=13)
        learner = model.Learner(config, 11, np.random.default_rng(0))
        x = np.random.default_rng(0).random((5, 7))
        for _ in range(2):
            learner.step(x, labels)
        learner.scores(x)
    else:
        config = model.Config(hidden=13, steps=2, dropout=0.5)
        net = model.IRNN(config, 11)
        learner = model.Learner(config, net, Masters(net.parameters()))
        for i in range(2):
            learner.step(torch.rand(5, 7), torch.as_tensor(labels), i)
        model.Layer(3, 13)(torch.rand(5, 7, 3), torch.rand(5, 13))
