"""This room's side of tests/test_shapes.py."""

import tempfile
from pathlib import Path

import numpy as np
import torch

from common.run.engine import Masters
from papers.gpt3.version2.model import Config
from tests.exams import verse

H, K, V, w = 5, 11, 29, 4  # w is the band
SIZES = {
    **{"H": H, "K": K, "D": H * K, "V": V},
    "B": (7, 17, 26, 43),  # of the windows of tasks, those of each kind
    "T": (13, 6, 1, 18),  # while a text is read on, the new tokens alone
    "S": (19, 13, 6, *range(1, 19)),
    "C": (23, w, 13, 6, 1),
    "N": (4, 2, 1),
    "W": (2 * w - 1, w),
    "E": (31, 8, 10),
    "A": (6, 4),
}
SMALL = {"d_model": H * K, "heads": H, "layers": 2, "batch": 7, "tasks": 3, "steps": 2, "band": w}


def run(version, load):
    """Two steps of learning, then a text that is read on; the exam's tasks."""
    if not version:
        with tempfile.TemporaryDirectory() as folder:
            data, task = verse(Path(folder)), load("task")
            exam = task.Exam(data, Config(context=18, batch=50, tasks=43))
        exam.tested = 7
        for kind in ("recall", "linear"):
            exam.rows(kind, np.random.default_rng(0), 7, 31)
            exam.few_shot(guess(exam.symbols), kind, lambda log_p, *_: log_p)
        exam.tasks(0, 0)
        return
    model, tokens = load("model"), torch.arange(1000) ** 2 % V
    read = tokens[: 7 * 19].view(7, 19)
    net = model.GPT3(model.Config(**SMALL, context=13), V)
    learner = model.Learner(net.config, net, Masters(net.parameters()), 0)
    for i in range(2):
        learner.step(tokens, tokens[:42].view(3, 14), i)
    net.read(read[:, :13])
    net, state = model.GPT3(model.Config(**SMALL, context=23), V).eval(), None
    for piece in read.split([6, 13], 1):
        _, state = net.read(piece, state)


def guess(symbols):
    return lambda tokens, state: (np.zeros((*tokens.shape, symbols)), state)
