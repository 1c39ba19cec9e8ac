"""This room's side of tests/test_shapes.py."""

import torch

from common.run.engine import Masters

D, N, R, W, V, T = 2 * 11, 13, 17, 5, 29, 41
SIZES = {"B": 3, "T": (T, 1), "D": D, "E": 2 * D, "N": N, "W": W, "V": V, "L": 2}
SIZES |= {"R": (R, 2), "K": (7, 1), "J": (6, 1)}  # version 1 has Delta's rank from D


def run(version, load):
    """Two steps of learning; then a text is read, and one token more."""
    model, tokens = load("model"), torch.arange(1000) ** 2 % V
    given = {"d_model": D, "layers": 2, "states": N, "taps": W, "sequence": T, "batch": 3}
    config = model.Config(**given, steps=2, **({} if version == "version1" else {"rank": R}))
    net = model.Mamba(config, V)
    learner = model.Learner(config, net, Masters(net.parameters()))
    for i in range(2):
        learner.step(tokens, i)
    rows = tokens[: 3 * T].view(3, T)
    _, state = net(rows)
    net(rows[:, :1], state)
