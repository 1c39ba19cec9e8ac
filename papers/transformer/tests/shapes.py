"""This room's side of tests/test_shapes.py."""

import numpy as np
import torch

from common.run.engine import Masters

B, S, T, H, K, V, L = 5, 11, 7, 13, 2 * 17, 37, 43  # sines stand beside cosines, so K is even
SIZES = {
    "T": (T, S, *range(1, T)),  # any sentence; a translation grows word by word
    "S": (S, *range(1, T + 1)),  # what is looked at: in the decoder also the translation
    **{"B": B, "H": H, "K": K, "D": H * K, "F": 41, "V": V, "L": L, "N": 2, "P": (3, 2, 1)},
}


def run(version, load):
    """Two steps of learning, then a greedy translation."""
    model, rng = load("model"), np.random.default_rng(0)
    if version == "version3":
        model.LONGEST = L
        q, k, hidden = torch.rand(B, H, T, K), torch.rand(B, H, S, K), torch.zeros(1, 1, T, S)
        model.attend(q, k, k, hidden)
    config = model.Config(d_model=H * K, d_ff=41, heads=H, layers=2, batch=B, steps=2, warmup=1)
    source, target = rng.integers(1, V, (B, S)), rng.integers(1, V, (B, T + 1))
    if version == "version1":
        net = model.Transformer(config, V, rng)
        learner = model.Learner(config, net)
    else:
        net = model.Transformer(config, V)
        masters = [Masters(net.parameters())] if version == "version3" else []
        learner = model.Learner(config, net, *masters, 0)
        source, target = map(torch.as_tensor, (source, target))
    for i in range(2):
        learner.step(source, target, i)
    net.scores(source, target[:, :-1])
    cache = net.start(source)
    for end in range(1, T + 1):
        net.step(cache, target[:, :end])
    if version == "version2":  # a mask that is not square
        x, memory = torch.rand(B, T, H * K), torch.rand(B, S, H * K)
        model.Attention(config)(x, memory, torch.ones(1, T, S, dtype=torch.bool))
