"""A picture of where each kind of window looks, when the order stays and when it is turned round.

`python -m papers.luong_attention.evidence.pictures docs/pictures` trains six small nets, as
experiments.py does for the claims, and draws the weights of one made pair for each.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from common.exams.pairs import made_pairs
from common.reports.drawing import run_main
from common.reports.style import keep, theme
from papers.luong_attention.evidence import experiments
from papers.luong_attention.version2 import model

SEED, WORDS = 100, 12  # the seed that chose sizes; words of the pair that is shown


def weights(task: str, window: str) -> np.ndarray:
    """The weights (T, S) with which one pair is written."""
    rng = np.random.default_rng(3)
    pair = made_pairs(task, 1, range(WORDS, WORDS + 1), experiments.SYMBOLS, rng)
    source, target = map(torch.as_tensor, pair)
    net = experiments.trained(task, window, SEED)
    with torch.no_grad():
        _, found = net.write(source, target[:, :-1])
    return found[0, :-1].numpy()  # without the step that writes the end


def looks():
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(2, 3, figsize=(7.6, 5.8), sharex=True, sharey=True)
    for row, task in zip(axes, ("copy", "reverse")):
        for axis, window in zip(row, model.WINDOWS):
            cost = experiments.nats(task, window, SEED)
            drawn = axis.imshow(weights(task, window), cmap="Blues", vmin=0, vmax=1)
            verb = {"copy": "copies", "reverse": "reverses"}[task]
            axis.set_title(f"{window} {verb}\n{cost:.2f} nats", fontsize=8.5)
            axis.set_xticks(range(0, WORDS, 2), range(1, WORDS + 1, 2))
            axis.set_yticks(range(0, WORDS, 2), range(1, WORDS + 1, 2))
            axis.grid(False)
    for axis in axes[:, 0]:
        axis.set_ylabel("step of the target")
    for axis in axes[1]:
        axis.set_xlabel("place in the source")
    figure.colorbar(drawn, ax=axes, shrink=0.6, label="weight")
    figure.suptitle("Where each window looks, after 100 steps of training; nats per token", x=0.45)
    return figure


def main(folder: str) -> None:
    with theme():
        figure = looks()
        keep(figure, Path(folder) / "luong-windows.png")


if __name__ == "__main__":
    run_main(main)
