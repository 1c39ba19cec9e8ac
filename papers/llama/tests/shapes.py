"""This room's side of tests/test_shapes.py."""

import torch

from common.run.engine import Masters

H, K, V, M = 5, 2 * 11, 29, 61  # components are turned in pairs, so K is even
SIZES = {
    **{"B": 7, "H": H, "K": K, "D": H * K, "V": V, "F": 5 * M},
    "T": (13, 6, 1),  # while a text is read on, the new tokens alone
    "S": (19, 13, 6, *range(1, 19)),
    "C": (23, 13),
}
SMALL = {"d_model": H * K, "heads": H, "layers": 2, "multiple": M, "batch": 7, "steps": 2}


def run(version, load):
    """Two steps of learning, then a text that is read on."""
    model, tokens = load("model"), torch.arange(1000) ** 2 % V
    read = tokens[: 7 * 19].view(7, 19)
    config = model.Config(**SMALL, merges=None, context=13)
    net = model.Llama(config, V)
    learner = model.Learner(config, net, Masters(net.parameters()), 0)
    for i in range(2):
        learner.step(tokens, i)
    net.read(read[:, :13])
    if version == "version2":
        model.pairs_together(torch.rand(H * K, H * K), H)
    net, state = model.Llama(model.Config(**SMALL, merges=None, context=23), V).eval(), None
    for piece in read.split([6, 13], 1):
        _, state = net.read(piece, state)
