"""Pictures of what a trained version 2 has learned.

`python -m papers.vit.evidence.pictures WEIGHTS docs/pictures` takes the folder with its weights, as
a training leaves it, and draws three pictures: where the answer comes from (attention rollout over
images, as in Fig. 6), how alike positions are, and the first filters (both as in Fig. 7).
"""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F

from common.ask.checkpoint import read_checkpoint
from common.paper import room
from common.reports.drawing import run_main
from common.reports.style import keep
from papers.vit import ask
from papers.vit.task import SIDE, Exam
from papers.vit.version2 import model

WIDTH = 8.0  # inches


def rollouts(net, exam: Exam):
    """Images of the test, one of each class; below, the same lit where the answer is drawn from."""
    images, labels = exam.test
    chosen = [int((labels == label).nonzero()[0]) for label in range(len(exam.classes))]
    figure, axes = plt.subplots(2, len(chosen), figsize=(WIDTH, 1.9))
    for column, i in enumerate(chosen):
        picture = exam.pictures(images[i : i + 1])
        light = lit(net, picture)
        answer = exam.classes[int(net(picture).argmax())]
        above, below = axes[:, column]
        above.imshow(picture[0, 0], cmap="gray", vmin=0, vmax=1)
        above.set_title(exam.classes[labels[i]], fontsize=7, fontweight="normal", loc="center")
        below.imshow(picture[0, 0], cmap="gray", vmin=0, vmax=1)
        below.imshow(light, cmap="inferno", alpha=0.65)
        right = answer == exam.classes[labels[i]]
        below.set_xlabel("right" if right else f"read as\n{answer}", fontsize=7)
    clean(figure)
    figure.subplots_adjust(hspace=0.05)
    return figure


def lit(net, picture) -> np.ndarray:
    """How much of the answer each pixel's patch gives, smoothed to the image's size."""
    maps = ask.looks(net, picture)
    row = ask.read_out(ask.rollout(maps), ask.has_class(net))
    grid = torch.tensor(row, dtype=torch.float32).view(1, 1, net.config.grid, -1)
    return F.interpolate(grid, (SIDE, SIDE), mode="bilinear", align_corners=False)[0, 0].numpy()


def positions(net):
    """A small map for each patch: how alike its position is to all others'."""
    grid, p = net.config.grid, net.positions[-(net.config.grid**2) :].detach()
    unit = F.normalize(p, dim=1)
    cosines = (unit @ unit.t()).view(grid, grid, grid, grid).numpy()
    figure, axes = plt.subplots(grid, grid, figsize=(3.6, 3.6))
    for row in range(grid):
        for column in range(grid):
            axes[row, column].imshow(cosines[row, column], cmap="viridis", vmin=-1, vmax=1)
    clean(figure)
    figure.supxlabel("column of the patch", fontsize=8)
    figure.supylabel("row of the patch", fontsize=8)
    return figure


def filters(net, count: int = 16):
    """The strongest directions of the linear map of patches, as images of a patch."""
    p = net.config.patch
    _, sizes, directions = torch.linalg.svd(net.project.weight.detach(), full_matrices=False)
    figure, axes = plt.subplots(2, count // 2, figsize=(WIDTH, 2.2))
    for n, axis in enumerate(axes.ravel()):
        image = directions[n].view(p, p).numpy()
        most = np.abs(image).max()
        axis.imshow(image, cmap="gray", vmin=-most, vmax=most)
        axis.set_title(f"{sizes[n]:.1f}", fontsize=7, fontweight="normal", loc="center")
    clean(figure)
    return figure


def clean(figure) -> None:
    for axis in figure.axes:
        axis.set_xticks([])
        axis.set_yticks([])
        for spine in axis.spines.values():
            spine.set_visible(False)


def main(weights: str, folder: str) -> None:
    checkpoint = read_checkpoint(room("vit"), Path(weights))
    exam = Exam(checkpoint.data, checkpoint.seed)
    net = checkpoint.fill(lambda: model.ViT(checkpoint.config, len(exam.classes)), "model.")
    drawn = {"rollout": rollouts(net, exam), "positions": positions(net), "filters": filters(net)}
    for name, figure in drawn.items():
        keep(figure, Path(folder) / f"vit-{name}.png")


if __name__ == "__main__":
    run_main(main)
