"""Fine-tuning on a part of the labels, beside that on all of them."""

from __future__ import annotations

import copy

from common.exams.sentiment import LABELS, evaluated
from common.run.engine import Masters


def tuned(net, weights, exam, learner):
    """A net of its own that begins from `weights`, and learns as `learner(net, masters)` does in
    all its `steps`, from so many `labels`."""
    net = copy.deepcopy(net).train()
    masters = Masters(net.parameters())
    for master, weight in zip(masters.masters, weights, strict=True):
        master.data.copy_(weight)
    masters.give_weights()
    learning = learner(net, masters)
    for i in range(learning.steps):
        learning.judge(*exam.batch(i, net.config.tuning_batch, learning.labels), i)
    return net


def judges(net, weights, exam, tuning):
    """What the exam asks for, by number of labels: `net`, which has learned from all of them, and
    nets that learn from few as `tuning(labels)` does."""
    few = {n: tuned(net, weights, exam, tuning(n)) for n in LABELS if n is not None}
    return {n: evaluated(each, each.classify) for n, each in {None: net, **few}.items()}
