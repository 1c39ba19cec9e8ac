"""This room's side of tests/test_shapes.py."""

import numpy as np
import torch

from common.run.engine import Masters
from papers.vit.version1 import model as model1

C, H, K, P = 3, 5, 11, 5  # three by three patches, so that sizes are products of primes
SIZES = {
    **{"B": 13, "C": C, "S": 3 * P, "N": 9, "E": C * P * P, "T": 10},
    **{"H": H, "K": K, "D": H * K, "M": 23, "V": 29, "R": 17},
}
SMALL = {"side": 3 * P, "channels": C, "patch": P, "d_model": H * K, "mlp": 23, "heads": H}


def run(version, load):
    """Two steps of learning, and a look at where a net looks."""
    if not version:
        look(load)
        return
    model, pictures = load("model"), torch.rand(13, C, 3 * P, 3 * P)
    changes = {} if version == "version1" else {"depth_dropout": 0.5, "warmup": 1, "pool": "class"}
    config = model.Config(**SMALL, layers=2, batch=13, steps=2, **changes)
    net = model.ViT(config, 29)
    learner = model.Learner(config, net, Masters(net.parameters()), 0)
    for i in range(2):
        learner.step(pictures, torch.arange(13) % 29, i)
    net.blocks[0].attention.looks(torch.rand(13, 10, H * K))
    if version == "version2":
        model.resized(torch.rand(10, H * K), 4, 1)


def look(load):
    """Where a net looks, and images for the exam."""
    ask, task = load("ask"), load("task")
    net = model1.ViT(model1.Config(**SMALL, layers=2), 29)
    ask.rollout(ask.looks(net, torch.rand(13, C, 3 * P, 3 * P)))
    task.SIDE = 3 * P
    task.sized(np.zeros((13, 3 * P, 3 * P, C), dtype=np.uint8))
