"""This room's side of tests/test_shapes.py."""

import torch

from common.run.engine import Masters

B, S, T, V, E, H, READ = 5, 11, 7, 37, 19, 13, 17
SIZES = {
    "I": (READ, E, H),  # a layer reads anything: embeddings, or a layer's outputs
    "T": (T, S, *range(1, T)),  # any sentence; a translation grows word by word
    **{"B": B, "S": S, "V": V, "E": E, "H": H, "L": 2},
}


def run(version, load):
    """Two steps of learning, then a greedy translation."""
    model = load("model")
    if version == "version1":
        model.Layer(READ, H, 0.1)(torch.rand(B, T, READ), torch.zeros(B, 2, H))
    else:
        model.Reader(READ, H)(torch.rand(B, S, READ), torch.zeros(B, S, 1))
    config = model.Config(hidden=H, layers=2, width=E, steps=2)
    source, target = torch.randint(1, V, (B, S)), torch.randint(1, V, (B, T + 1))
    source[1, 4:] = model.PAD
    net = model.Seq2Seq(config, V)
    more = [0] if version == "version2" else []
    learner = model.Learner(config, net, Masters(net.parameters()), *more)
    for i in range(2):
        learner.step(source, target, i)
    net.scores(source, target[:, :-1])
    cache = net.start(source)
    for end in range(1, T + 1):
        net.step(cache, target[:, :end])
