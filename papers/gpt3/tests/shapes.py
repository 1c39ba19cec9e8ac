"""This room's side of tests/test_shapes.py."""

import numpy as np
import torch

from common.run.engine import Masters

H, K, V, w = 5, 11, 29, 4  # w is the band
SIZES = {
    **{"B": 7, "H": H, "K": K, "D": H * K, "V": V},
    "T": (13, 6, 1),  # while a text is read on, the new tokens alone
    "S": (19, 13, 6, *range(1, 19)),
    "C": (23, w, 13, 6, 1),
    "N": (4, 2, 1),
    "W": (2 * w - 1, w),
    "E": (31, 9, 4),
}
SMALL = {"d_model": H * K, "heads": H, "layers": 2, "batch": 7, "tasks": 3, "steps": 2, "band": w}


def run(version, load):
    """Two steps of learning, then a text that is read on; the exam's tasks."""
    if not version:
        task, rng = load("task"), np.random.default_rng(0)
        for draw in (task.recall, task.linear):
            draw(rng, 7, 31)
        return
    model, tokens = load("model"), torch.arange(1000) ** 2 % V
    read = tokens[: 7 * 19].view(7, 19)
    net = model.GPT3(model.Config(**SMALL, context=13), V)
    learner = model.Learner(net.config, net, Masters(net.parameters()), 0)
    for i in range(2):
        learner.step(tokens, tokens[:42].view(3, 14), i)
    net.read(read[:, :13])
    net, state = model.GPT3(model.Config(**SMALL, context=23), V).eval(), None
    for piece in read.split([6, 13], 1):
        _, state = net.read(piece, state)
