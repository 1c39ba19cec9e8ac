# Decide here: which sizes, all different primes, stand for the letters of the models?
"""This room's side of tests/test_shapes.py."""

import torch

from common.run.engine import Masters

H, K, V = 5, 2 * 11, 29  # the speedrun turns components in pairs, so K is even
SIZES = {
    **{"B": 7, "H": H, "K": K, "D": H * K, "V": V, "G": 17},
    "T": (13, 6, 1),  # while a text is read on, the new tokens alone
    "S": (19, 6, *range(13, 19)),
    "C": (23, 13),
    **{"M": (37, 8, 4), "R": (31, H * K), "L": (41, H * K, 4 * H * K)},
}
SMALL = {"d_model": H * K, "heads": H, "layers": 2, "batch": 7, "steps": 2}


def run(version, load):
    """Two steps of learning, then a text that is read on."""
    model, tokens = load("model"), torch.arange(1000) ** 2 % V
    read = tokens[: 7 * 19].view(7, 19)
    if version == "speedrun":
        config = model.Config(**SMALL, context=13, grams=18, forget=0.5, buckets=43)
        net = model.Speedrun(config, V)
        learn(model.Learner(config, net, 0), tokens)
        net.read(read[:, :13])
        for shape in ((37, 31, 41), (37, 41, 31)):
            model.orthogonal(torch.rand(shape), 1)
        return
    net_of = model.GPT if version == "version1" else model.GPT2
    config = model.Config(**SMALL, merges=None, context=13)
    net = net_of(config, V)
    learn(model.Learner(config, net, Masters(net.parameters()), 0), tokens)
    net.read(read[:, :13])
    if version == "version2":
        net = net_of(model.Config(**SMALL, merges=None, context=23), V).eval()
        read_on(net, read.split([6, 13], 1))
        read_on(load("decode").Decoder(net), read.split([13, *6 * [1]], 1))


def read_on(reader, pieces):
    state = None
    for piece in pieces:
        _, state = reader.read(piece, state)


def learn(learner, tokens):
    for i in range(2):
        learner.step(tokens, i)
