"""This room's side of tests/test_shapes.py."""

import torch

from common.run.engine import Masters

H, K, V = 3, 5, 29
WORDS = [f"{'##' * (i % 3 == 0)}{i}" for i in range(V - 5)]
PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
B, T = 13, 11
SIZES = {"B": B, "T": T, "H": H, "K": K, "D": H * K, "F": 4 * H * K, "V": V, "Y": 7, "M": 37}
SMALL = {"pieces": V, "context": 17, "d_model": H * K, "heads": H, "layers": 2, "dropout": 0.1}


def tokens():
    found = torch.randint(5, V, (B, T), generator=torch.Generator().manual_seed(0))
    found[:, 0], found[:, -1] = 2, 3
    return found


def run(version, load):
    """A step of each phase, and what is hidden exactly M times."""
    if not version:
        return
    model = load("model")
    config = model.Config(**SMALL, warmup=1, pretrain_steps=2)
    net = model.BERT(config, V, 7)
    masters = Masters(net.parameters())
    learner = model.Learner(config, net, masters, 0, PIECES)
    if version == "version1":
        stretch = [[7, 8, 9, 10], [11, 12, 13, 14, 15]]
        model.segments_of = lambda document, half, rng: ([7] * 4, [8] * 4, 1)
        learner.pretrain([(n, stretch) for n in range(B)], 0)
    else:
        places = torch.randperm(B * T, generator=torch.Generator().manual_seed(1))[: SIZES["M"]]
        at = torch.zeros(B * T, dtype=torch.bool).index_fill(0, places, True).view(B, T)
        choose = learner.hiding.choose
        learner.hiding.choose = lambda given: choose(given) & at | at
        segments = (torch.arange(T) > 5).long().expand(B, -1)
        learner.pretrain(tokens(), 0, segments, torch.arange(B) % 2)
        learner.pretrain(tokens(), 1)
    learner.tune(tokens(), torch.arange(B) % 7, 1)
