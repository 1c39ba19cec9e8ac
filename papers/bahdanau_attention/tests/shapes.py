"""This room's side of tests/test_shapes.py."""

import torch

from common.run.engine import Masters

B, S, T, V, E, H, A, M, P, READ = 5, 11, 7, 37, 19, 13, 17, 23, 29, 31
SIZES = {
    "I": (READ, E, H),  # a GRU reads anything: embeddings, or what the writer is given
    "T": (T, *range(1, T)),  # any sentence; a translation grows word by word
    **{"B": B, "S": S, "V": V, "E": E, "H": H, "A": A, "M": M, "P": P},
}


def run(version, load):
    """Two steps of learning, then a greedy translation."""
    model = load("model")
    sizes = {"places": P} if version == "version1" else {"aligned": A, "maxout": M, "warmup": 1}
    config = model.Config(hidden=H, width=E, steps=2, **sizes)
    source, target = torch.randint(1, V, (B, S)), torch.randint(1, V, (B, T + 1))
    source[1, 4:] = model.PAD
    net = model.Search(config, V)
    if version == "version1":
        model.GRU(READ, H).step(torch.rand(B, READ), torch.zeros(B, H))
    more = [0] if version == "version2" else []
    learner = model.Learner(config, net, Masters(net.parameters()), *more)
    for i in range(2):
        learner.step(source, target, *([i] if version == "version2" else []))
    net.scores(source, target[:, :-1])
    cache = net.start(source)
    for end in range(1, T + 1):
        net.step(cache, target[:, :end])
