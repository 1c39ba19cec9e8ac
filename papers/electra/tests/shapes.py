"""This room's side of tests/test_shapes.py."""

import torch

from common.run.engine import Masters

B, T, G, V = 13, 11, 17, 29
WORDS = [f"{'##' * (i % 3 == 0)}{i}" for i in range(V - 5)]
PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
SIZES = {"B": B, "T": T, "D": (2 * G, G), "E": 7, "G": G, "V": V, "Y": 19, "M": 37}
SMALL = {"pieces": V, "context": 23, "d_model": 2 * G, "heads": 2, "layers": 2, "generator": 0.5}


def tokens():
    found = torch.randint(5, V, (B, T), generator=torch.Generator().manual_seed(0))
    found[:, 0], found[:, -1] = 2, 3
    return found


def run(version, load):
    """A step of each phase, with exactly M gaps."""
    if not version:
        return
    model = load("model")
    wide = {"embedding": 7} if version == "version2" else {}
    config = model.Config(**SMALL, **wide, warmup=1, pretrain_steps=2)
    net = model.ELECTRA(config, V, 19)
    masters = Masters(net.parameters())
    learner = model.Learner(config, net, masters, 0, PIECES)
    places = torch.randperm(B * T, generator=torch.Generator().manual_seed(1))[:37]
    at = torch.zeros(B * T, dtype=torch.bool).index_fill(0, places, True).view(B, T)
    if version == "version2":
        choose = learner.hiding.choose
        learner.hiding.choose = lambda given: choose(given) & at | at
    else:
        hide = model.hide
        model.hide = lambda given, *rest: (hide(given, *rest)[0], given.masked_fill(~at, -1))
    learner.pretrain(tokens(), 0)
    learner.tune(tokens(), torch.arange(B) % 19, 1)
