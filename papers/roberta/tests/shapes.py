"""This room's side of tests/test_shapes.py."""

import torch

from common.run.engine import Masters

H, K, V = 3, 5, 29
B, T, L, N = 13, 11, 17, 3
SIZES = {"B": B, "T": T, "D": H * K, "V": V, "Y": 7, "L": L, "N": N}
SMALL = {"context": L, "d_model": H * K, "heads": H, "layers": 2, "dropout": 0.1}


def tokens():
    found = torch.randint(5, V, (B, T), generator=torch.Generator().manual_seed(0))
    found[:, 0], found[:, -1] = 0, 2
    return found


def run(version, load):
    """Rows of sentences, and a step of each phase."""
    if not version:
        return
    model = load("model")
    model.full_sentences([[[7] * 15], [[8] * 14], [[9] * 3]], L)
    config = model.Config(**SMALL, warmup=1, pretrain_steps=2)
    net = model.RoBERTa(config, V, 7)
    learner = model.Learner(config, net, Masters(net.parameters()), 0, V)
    learner.pretrain(tokens(), 0)
    learner.tune(tokens(), torch.arange(B) % 7, 1)
