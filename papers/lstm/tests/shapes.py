"""This room's side of tests/test_shapes.py."""

import numpy as np
import torch

from common.run.engine import Masters

K, V, H = 3, 11, 13
C = 2 * K  # blocks of two cells
U = C + 2 * K
SIZES = {"B": 5, "T": 7, "V": V, "K": K, "C": C, "U": U, "S": V + U + 1}
SIZES |= {
    "H": H,
    "L": 2,
    "N": 31,
    "R": (26, 32, 28),  # of the fused version: I + H + 1, made even
    "I": (17, V, H),
}  # a layer reads anything: symbols, or a layer's outputs


def run(version, load):
    """Two steps of learning; then five streams are read on."""
    model, text = load("model"), np.arange(5 * 31) % V
    if version == "version1":
        config = model.Config(blocks=K, size=2, sequence=7, steps=2)
        learner = model.Learner(config, V, np.random.default_rng(0))
        for i in range(2):
            learner.step(text, i)
        learner.predict(text[: 5 * 7].reshape(5, 7), None)
    else:
        config = model.Config(hidden=H, layers=2, sequence=7, steps=2, batch=5)
        model.Layer(17, H)(torch.rand(5, 7, 17, requires_grad=True))[0].sum().backward()
        net = model.LSTM(config, V)
        learner = model.Learner(config, net, Masters(net.parameters()))
        for i in range(2):
            learner.step(model.streams(torch.as_tensor(text), 5), i)
