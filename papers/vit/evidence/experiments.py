"""Short trainings for the direction claims: a small convolutional network, few images or many.

Sizes and rates were chosen with the seeds 100 and 101, on which no claim is judged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache

import torch
import torch.nn.functional as F
from torch.nn import Conv2d, Linear, Module

from common.config import plan
from common.evidence.claims import Pair
from common.paper import room
from common.run.engine import Masters
from papers.vit import PAPER
from papers.vit.task import Exam
from papers.vit.version2 import model

FEW, MANY = 500, None  # training images; None: all
STEPS, BATCH, RATE = 500, 64, 2e-3


def settings() -> model.Config:
    """The newest version's network as params.yaml has it, without the recipe for few images."""
    return replace(
        plan(room("vit"), PAPER.newest, "cpu", {}).config,
        **{"shift": 0, "mirrored": 0.0, "smoothing": 0.0, "depth_dropout": 0.0, "images": None},
        **{"steps": STEPS, "batch": BATCH, "learning_rate": RATE, "warmup": 50},
    )


class CNN(Module):
    """Three convolutions of 3 x 3 pixels, each halving the image, and the mean over the places."""

    def __init__(self, classes: int, widths: Sequence[int] = (16, 32, 64)):
        super().__init__()
        sizes = zip((1, *widths), widths)
        self.layers = torch.nn.ModuleList([Conv2d(a, b, 3, padding=1) for a, b in sizes])
        self.head = Linear(widths[-1], classes)

    def forward(self, pictures):
        x = 2 * pictures - 1
        for layer in self.layers:
            x = F.max_pool2d(layer(x).relu(), 2)
        return self.head(x.mean((-2, -1)))


def vit(classes: int) -> Module:
    return model.ViT(settings(), classes)


@cache
def trained(make: Callable[[int], Module], seed: int, images: int | None) -> tuple[Module, float]:
    """The network after STEPS steps, and its percentage of wrong test images.

    Both kinds have the same images, batches, optimizer and rates, and no recipe.
    """
    exam = Exam(PAPER.dataset, seed, images=images)
    torch.manual_seed(seed)
    net = make(len(exam.classes))
    learner = model.Learner(settings(), net, Masters(net.parameters()), seed)
    for i in range(STEPS):
        learner.step(*exam.batch(i, BATCH), i)
    return net.eval(), exam.score(net, exam.test)["error"]


def errors(make: Callable[[int], Module], seeds: Sequence[int], images: int | None) -> dict:
    return {seed: trained(make, seed, images)[1] for seed in seeds}


def cnn_is_better_with_few(seeds: Sequence[int]) -> Pair:
    """Percent of wrong test images after 500 training images."""
    return Pair(errors(CNN, seeds, FEW), errors(vit, seeds, FEW), sign=-1)


def gap_shrinks(seeds: Sequence[int]) -> Pair:
    """How many percentage points the CNN is ahead, with many images and with few."""
    ahead = []
    for images in (MANY, FEW):
        ours, theirs = errors(vit, seeds, images), errors(CNN, seeds, images)
        ahead.append({seed: ours[seed] - theirs[seed] for seed in seeds})
    mean = {name: sum(errors(make, seeds, MANY).values()) / len(seeds)
            for name, make in (("ViT", vit), ("CNN", CNN))}  # fmt: skip
    note = ", ".join(f"{name} {value:.1f} %" for name, value in mean.items())
    return Pair(*ahead, sign=-1, note=f"after {STEPS} steps with all images: {note}")


def near_positions_are_alike(seeds: Sequence[int]) -> Pair:
    """The mean cosine of positions of patches that share an edge, and of all others."""
    found = {seed: likeness(trained(vit, seed, MANY)[0]) for seed in seeds}
    near, far = ({seed: pair[i] for seed, pair in found.items()} for i in (0, 1))
    return Pair(near, far, sign=1)


def likeness(net) -> tuple[float, float]:
    """Of patches that share an edge, and of all others; what is common to all is taken off."""
    positions = net.positions.detach()[-(net.config.grid**2) :]
    unit = F.normalize(positions - positions.mean(0), dim=1)
    cosines, grid = unit @ unit.t(), net.config.grid
    places = torch.cartesian_prod(torch.arange(grid), torch.arange(grid))
    apart = (places[:, None] - places[None]).abs().sum(-1)
    return cosines[apart == 1].mean().item(), cosines[apart > 1].mean().item()
