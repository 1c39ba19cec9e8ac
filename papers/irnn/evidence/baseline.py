"""Logistic regression: all pixels at once, a linear view. It is the simple rival."""

from __future__ import annotations

import torch

from common.exams.digits import TRAINING, score
from papers.irnn import PAPER
from papers.irnn.task import Exam

STEPS = 60  # of L-BFGS, each with at most 20 looks at the loss
PENALTY = 5e-4  # on |W|^2: that of scikit-learn's default, C = 1, for 1,000 images


def logistic_regression() -> float:
    """Percent of the test images that it takes for another digit, after all training images."""
    exam = Exam(PAPER.dataset, 0)
    pixels, labels = exam.part(TRAINING)
    w = torch.zeros(pixels.shape[1], len(exam.classes), requires_grad=True)
    b = torch.zeros(len(exam.classes), requires_grad=True)
    optimizer = torch.optim.LBFGS([w, b], max_iter=STEPS, line_search_fn="strong_wolfe")

    def loss():
        optimizer.zero_grad()
        found = torch.nn.functional.cross_entropy(pixels @ w + b, labels)
        found = found + PENALTY * w.square().sum()
        found.backward()
        return found

    optimizer.step(loss)
    return score(lambda x: x @ w + b, *exam.test)["error"]
