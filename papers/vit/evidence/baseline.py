"""Logistic regression: all pixels at once, a linear view. It is the simple rival."""

from __future__ import annotations

from statistics import mean

import torch

from common.config import plan
from common.paper import room
from papers.vit import PAPER
from papers.vit.task import Exam

STEPS = 60  # of L-BFGS, each with at most 20 looks at the loss
PENALTY = 1e-3  # on |W|^2: of 1e-4, 1e-3 and 1e-2 the best on the validation split


def logistic_regression() -> float:
    """Percent of the test images that it takes for another class, after the newest version's
    training images: the mean over the images of its seeds."""
    made = plan(room("vit"), PAPER.newest)
    return mean(error(seed, made.config.images) for seed in made.seeds)


def error(seed: int, images: int | None, penalty: float = PENALTY, part: str = "test") -> float:
    """Of one seed's images."""
    exam = Exam(PAPER.dataset, seed, images=images)
    pictures, labels = exam.train
    pixels = exam.pictures(pictures).flatten(1).double()  # in float32 processors disagree
    w = pixels.new_zeros(pixels.shape[1], len(exam.classes), requires_grad=True)
    b = pixels.new_zeros(len(exam.classes), requires_grad=True)
    optimizer = torch.optim.LBFGS([w, b], max_iter=STEPS, line_search_fn="strong_wolfe")

    def loss():
        optimizer.zero_grad()
        found = torch.nn.functional.cross_entropy(pixels @ w + b, labels)
        found = found + penalty * w.square().sum()
        found.backward()
        return found

    optimizer.step(loss)
    return exam.score(lambda x: x.flatten(1).double() @ w + b, getattr(exam, part))["error"]
