"""This room's side of tests/test_shapes.py."""

import tempfile
from pathlib import Path

import numpy as np
import torch

from common.run.engine import Masters
from papers.gpt4.version2.model import Config
from tests.exams import verse

V, D = 43, 22
SIZES = {
    **{"R": 37, "N": 5, "G": 13, "Q": 31, "A": 7},
    **{"B": 17, "T": 19, "V": V, "D": D},
}
SMALL = {"d_model": D, "heads": 2, "layers": 1, "batch": 17, "asked": 17, "steps": 2, "context": 19}


def run(version, load):
    """A forecast, calibration, a step of learning and one of tuning; the exam's questions."""
    if not version:
        with tempfile.TemporaryDirectory() as folder:
            config = Config(**SMALL, tune_batch=17)
            exam = load("task").Exam(verse(Path(folder)), config)
        exam.rows(0, 0), exam.tuning(0, 0)
        exam.known(lambda tokens, state: (np.zeros((*tokens.shape, exam.symbols)), state))
        return
    model, rng = load("model"), np.random.default_rng(0)
    compute, p = np.geomspace(1e9, 1e11, 5), rng.dirichlet(np.ones(7), 31)
    if version == "version2":
        model.DRAWS, model.TRIED = 36, 13  # and the means themselves
        model.foretell(compute, compute[:, None] ** -0.1 * rng.normal(1, 0.01, (5, 8)), 1e12)
    else:
        model.fit(compute, compute**-0.1)
    model.log_pass(p[:, 0]), model.calibration_error(p, p, np.ones(31))
    net = (model.GPT2 if version == "version2" else model.GPT)(model.Config(**SMALL), V)
    learner = model.Learner(net.config, net, Masters(net.parameters()), 0)
    tokens = torch.arange(1000) ** 2 % V
    learner.step(tokens, tokens[: 17 * 20].view(17, 20), 0)
    tuner = model.Tuner(net.config, net, learner.masters, net)
    answers, reward = torch.arange(7), torch.rand(17, 7)
    tuner.step(tokens[:34].view(17, 2), reward, answers)
