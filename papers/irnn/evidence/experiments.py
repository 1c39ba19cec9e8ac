"""Short trainings for the direction claims: digits in another order, and the adding problem.

Lengths and steps were chosen with the seeds 100 and 101, on which no claim is judged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache

import torch
from torch.nn import Module

from common.config import plan
from common.evidence.claims import Pair
from common.exams.adding import Reader, adding, examine, learn
from common.paper import room
from common.run.engine import Masters
from papers.irnn import PAPER
from papers.irnn.task import Exam
from papers.irnn.version2 import model
from papers.lstm.version2.model import Layer as LSTMLayer

DIGIT_STEPS = 600
LENGTH = 100  # of the adding problem
ADDING_STEPS = 800
HIDDEN = 64


# -- digits, in order and permuted (Sec. 4.2) -----------------------------------------------------


def in_order_beats_permuted(seeds: Sequence[int]) -> Pair:
    """Percent of wrong test images, with the same weights and batches at the start."""
    in_order, permuted = ({seed: digits(seed, p) for seed in seeds} for p in (False, True))
    return Pair(in_order, permuted, sign=-1, note=f"one order, after {DIGIT_STEPS} steps")


def digits(seed: int, permuted: bool, steps: int = DIGIT_STEPS) -> float:
    """The newest version as params.yaml has it, for fewer steps."""
    config = replace(plan(room("irnn"), PAPER.newest, "cpu", {}).config, steps=steps)
    exam = Exam(PAPER.dataset, seed, permuted=permuted)
    torch.manual_seed(seed)
    net = model.IRNN(config, len(exam.classes))
    learner = model.Learner(config, net, Masters(net.parameters()), seed)
    for i in range(steps):
        learner.step(*exam.batch(i, config.batch), i)
    return exam.finish(net)[0]["test_error"]


# -- the adding problem (Sec. 4.1) ----------------------------------------------------------------


class Tanh(model.Layer):
    """The paper's other simple network: tanh units, here with an orthogonal recurrence, the best
    start that papers/rnn knows."""

    def initialise(self, identity, input_std):
        super().initialise(identity, input_std)
        torch.nn.init.orthogonal_(self.w_hh)

    def squash(self, z):
        return z.tanh()


def irnn() -> Module:
    return model.Layer(2, HIDDEN, input_std=0.1)


def tanh() -> Module:
    return Tanh(2, HIDDEN, input_std=0.1)


def lstm() -> Module:
    return LSTMLayer(2, HIDDEN)


@cache
def sums(make: Callable[[], Module], seed: int) -> float:
    """Mean squared error on sums that were never seen, after training on fresh ones."""
    task = adding(LENGTH)
    torch.manual_seed(seed)
    net = Reader(make(), HIDDEN, task)
    learn(net, task, ADDING_STEPS, seed=seed)
    return examine(net, task).loss


def adding_beats_tanh(seeds: Sequence[int]) -> Pair:
    return compare(irnn, tanh, seeds)


def adding_beats_lstm(seeds: Sequence[int]) -> Pair:
    return compare(irnn, lstm, seeds)


def compare(better: Callable, worse: Callable, seeds: Sequence[int]) -> Pair:
    found = [{seed: sums(make, seed) for seed in seeds} for make in (better, worse)]
    return Pair(*found, sign=-1)
