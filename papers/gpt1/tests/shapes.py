"""This room's side of tests/test_shapes.py."""

import torch

from common.run.engine import Masters

H, K, V, Y = 5, 11, 29, 2
LENGTHS = torch.tensor([17, 4, 3, 6, 8, 9, 7])
SIZES = {
    **{"B": 7, "H": H, "K": K, "D": H * K, "V": V, "Y": Y},
    "L": (17,),
    "T": (19, 12, 31, 1),  # with two tokens around; new tokens; all that were read
    "S": (31, 19, 32, 33),
    "C": (37,),
    "N": (int(LENGTHS.sum()) + 7,),
}
SMALL = {"d_model": H * K, "heads": H, "layers": 2, "context": 37, "steps": 2}


def run(version, load):
    """Two steps of either kind of learning, then a text that is read on."""
    model = load("model")
    rng = torch.Generator().manual_seed(0)
    tokens, labels = torch.randint(4, V, (7, 17), generator=rng), torch.arange(7) % Y
    tokens = tokens * (torch.arange(17) < LENGTHS[:, None])
    rows = model.framed(tokens, LENGTHS)
    config = model.Config(**SMALL)
    net = (model.GPT if version == "version1" else model.GPT1)(config, V)
    masters = Masters(net.parameters())
    learner = model.Learner(config, net, masters, 0)
    learner.read(rows, 0)
    learner.judge(tokens, LENGTHS, labels, 0)
    net.eval()
    net.classify(tokens, LENGTHS)
    net(rows)
    text, state = torch.randint(4, V, (7, 33), generator=rng), None
    on = None if version == "version1" else load("decode").read
    for piece in text.split([19, 12, 1, 1], 1)[: 2 if version == "version1" else 4]:
        _, state = net.read(piece, state) if version == "version1" else on(net, piece, state)
