"""This room's side of tests/test_shapes.py."""

import torch

from common.run.engine import Masters

B, S, T, V, E, H, M, D = 5, 11, 7, 37, 19, 13, 17, 14
SIZES = {
    "T": (T, *range(1, T)),  # any sentence; a translation grows word by word
    "W": (2 * D + 1, S),  # the words of a window, or all
    **{"B": B, "S": S, "V": V, "E": E, "H": H, "L": 2, "M": M},
}


def run(version, load):
    """Two steps of learning and a greedy translation, with each score and each window."""
    model = load("model")
    model.LONGEST = M
    source, target = torch.randint(1, V, (B, S)), torch.randint(1, V, (B, T + 1))
    source[1, 4:] = model.PAD
    kinds = [(score, "global", True) for score in model.SCORES]
    kinds += [("concat", "local-m", True)]
    kinds += [("general", window, feed) for window in model.WINDOWS for feed in (True, False)]
    for score, window, feed in kinds:
        choice = {"score": score, "window": window, "span": D}
        choice |= {"feed": feed} if version == "version2" else {}
        net = model.Luong(model.Config(hidden=H, layers=2, width=E, steps=2, **choice), V)
        more = [0] if version == "version2" else []
        learner = model.Learner(net.config, net, Masters(net.parameters()), *more)
        for i in range(2):
            learner.step(source, target, i)
        net.scores(source, target[:, :-1])
        cache = net.start(source)
        for end in range(1, T + 1):
            net.step(cache, target[:, :end])
