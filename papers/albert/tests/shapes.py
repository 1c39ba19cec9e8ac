"""This room's side of tests/test_shapes.py."""

import torch

from common.run.engine import Masters

D, E, V = 17, 7, 29
WORDS = [f"{'##' * (i % 3 == 0)}{i}" for i in range(V - 5)]
PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
B, T = 13, 11
SIZES = {"B": B, "T": T, "D": D, "E": E, "F": 4 * D, "V": V, "M": 37}
SMALL = {"pieces": V, "context": T, "embedding": E, "d_model": D, "heads": 1, "layers": 2}
STRETCH = [[7, 8, 9, 10], [11, 12, 13, 14]]  # with three special tokens T of them


def run(version, load):
    """A step of each phase, in which M places are hidden."""
    if not version:
        return
    model = load("model")
    config = model.Config(**SMALL, warmup=1, pretrain_steps=2)
    net = model.ALBERT(config, V, 3)
    learner = model.Learner(config, net, Masters(net.parameters()), 0, PIECES)
    if version == "version2":
        places = torch.randperm(B * T, generator=torch.Generator().manual_seed(1))[: SIZES["M"]]
        at = torch.zeros(B * T, dtype=torch.bool).index_fill(0, places, True).view(B, T)
        choose = learner.hiding.choose
        learner.hiding.choose = lambda given: choose(given) & at | at
    learner.pretrain([STRETCH] * B, 0)
    rows = torch.randint(5, V, (B, T), generator=torch.Generator().manual_seed(0))
    learner.tune(rows, torch.arange(B) % 3, 1)
