"""The picture of how far gradients reach is that of what was measured."""

import json
from statistics import fmean

import pytest
import torch
from torch.nn import Module

from papers.gru import PAPER
from papers.gru.task import Exam
from papers.gru.tests import bench_distance as bench


class Fading(Module):
    """Keeps three quarters of its state at each step, whatever it reads."""

    def forward(self, tokens, state=None):
        state = torch.zeros(len(tokens), 2, 3) if state is None else state
        return tokens, state * 0.75 ** tokens.shape[1]


def test_what_is_left_of_a_gradient_is_told_step_by_step():
    tokens = torch.zeros(64 * 200, dtype=torch.long)
    assert bench.reach(Fading(), tokens, 20) == pytest.approx([0.75**d for d in range(21)])


def test_the_first_gradients_are_measured_again():
    told, exam = json.loads(bench.FILE.read_text()), Exam(PAPER.dataset)
    text = torch.as_tensor(exam.encode(exam.parts.validation))
    for kind in ("tanh", "gru"):
        found = []
        for seed in told["seeds"]:
            torch.manual_seed(seed)
            net = bench.Net(kind, told["gradients"][kind]["units"], exam.symbols)
            found.append(bench.reach(net, text))
        means = [fmean(values) for values in zip(*found)]
        assert told["gradients"][kind]["start"] == pytest.approx(means, rel=0.02, abs=1e-7)


def test_the_picture_is_drawn_from_the_numbers():
    assert bench.PICTURE.read_bytes() == bench.draw()


def test_a_rectified_layer_begins_by_keeping_its_state():
    layer = bench.layer("irnn", 2, 5, 0.1)
    h = torch.rand(3, 5)
    assert torch.equal(layer(torch.zeros(3, 9, 2), h)[1], h)
