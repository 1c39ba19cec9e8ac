"""This room's side of tests/test_shapes.py."""

import tempfile
from pathlib import Path

import numpy as np
import torch

from common.run.engine import Masters
from papers.gpt3.version2.model import Config
from tests.exams import verse

H, K, V = 3, 11, 29
SIZES = {
    **{"H": H, "K": K, "D": H * K, "V": V},
    "B": (17, 6, 11),  # of the windows of tasks, those of each kind
    "T": (19, 10, 13, 23),  # while a text is read on, the new tokens alone
    "S": (23, 10, 16, 19, 13),
    "C": (31, 19),
    **{"N": (5, 3, 4, 6), "P": 4, "W": 7},  # of a band of four places
    **{"E": (13, 10), "A": (6, 4)},
}
SMALL = {"d_model": H * K, "heads": H, "layers": 2, "batch": 17, "tasks": 17, "steps": 2, "band": 4}


def run(version, load):
    """Two steps of learning, then a text that is read on; the exam's tasks."""
    if not version:
        with tempfile.TemporaryDirectory() as folder:
            data, task = verse(Path(folder)), load("task")
            exam, short = (task.Exam(data, Config(context=n, batch=17, tasks=17)) for n in (26, 19))
        exam.tested, task.SHOTS = 17, (0, 12)
        for kind in ("recall", "linear"):
            exam.few_shot(guess(exam.symbols), kind, lambda log_p, *_: log_p)
        short.tasks(0, 0)
        return
    model, tokens = load("model"), torch.arange(1000) ** 2 % V
    model.FEWEST = 4
    read = tokens[: 17 * 23].view(17, 23)
    net = model.GPT3(model.Config(**SMALL, context=19), V)
    learner = model.Learner(net.config, net, Masters(net.parameters()), 0)
    for i in range(2):
        learner.step(tokens, tokens[: 17 * 20].view(17, 20), i)
    net.read(read[:, :13])
    net, state = model.GPT3(model.Config(**SMALL, context=31), V).eval(), None
    net.read(read)
    for piece in read.split([10, 13], 1):
        _, state = net.read(piece, state)


def guess(symbols):
    return lambda tokens, state: (np.zeros((*tokens.shape, symbols)), state)
