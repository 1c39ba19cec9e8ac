"""This room's side of tests/test_shapes.py."""

import torch

from common.exams.sentiment import CLASSES
from common.run.engine import Masters

H, K, V, Y = 5, 11, 29, len(CLASSES)
SIZES = {
    **{"B": 7, "H": H, "K": K, "D": H * K, "V": V, "Y": Y},
    "L": (13,),
    "T": (15, 4, 1),  # with two tokens around, new tokens
    "S": (15, *range(15, 20)),
    "C": (23,),
}
SMALL = {"d_model": H * K, "heads": H, "layers": 2, "context": 23, "steps": 2}


def run(version, load):
    """Two steps of either kind of learning, then a text that is read on."""
    model = load("model")
    rng = torch.Generator().manual_seed(0)
    tokens, labels = torch.randint(4, V, (7, 13), generator=rng), torch.arange(7) % Y
    lengths = torch.tensor([13, 5, 3, 9, 10, 12, 13])
    tokens = tokens * (torch.arange(13) < lengths[:, None])
    rows = torch.randint(4, V, (7, 15), generator=rng)
    config = model.Config(**SMALL)
    net = (model.GPT if version == "version1" else model.GPT1)(config, V)
    masters = Masters(net.parameters())
    if version == "version1":
        learner = model.Learner(config, net, masters, 0)
        learner.read(rows, 0)
        learner.judge(tokens, lengths, labels, 0)
    else:
        learning = load("learning")
        learning.Pretraining(config, net, masters, 0).step(rows, 0)
        learning.Tuning(config, net, masters, 0).judge(tokens, lengths, labels, 0)
    net.eval()
    net.classify(tokens, lengths)
    net(rows)
    read, state = torch.randint(4, V, (7, 19), generator=rng), None
    for piece in read.split([15, 4] if version == "version1" else [15, *4 * [1]], 1):
        _, state = net.read(piece, state)
