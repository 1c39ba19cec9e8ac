# Decide here: what must be true of this paper's models alone?
"""Truncated backpropagation through time: order of the text, the carried state, the clipping."""

import pytest
import torch

from common.run.engine import Masters
from papers.lstm.version2 import model

CONFIG = model.Config(hidden=8, sequence=5, batch=3)


def test_chunks_read_every_stream_in_order_and_begin_anew():
    rows = model.streams(torch.arange(100), batch=3)
    assert rows.shape == (3, 33) and torch.equal(rows.flatten(), torch.arange(99))
    pieces = [model.chunk(rows, i, sequence=5) for i in range(7)]
    read = torch.cat([inputs for inputs, _, _ in pieces[:6]], dim=1)
    assert torch.equal(read, rows[:, :30])
    assert all(torch.equal(targets, inputs + 1) for inputs, targets, _ in pieces)
    assert [anew for _, _, anew in pieces] == [True, False, False, False, False, False, True]
    assert torch.equal(pieces[6][0], pieces[0][0])


def test_reading_in_chunks_is_reading_the_whole():
    torch.manual_seed(0)
    net = model.RNN(CONFIG, 7)
    rows = torch.randint(7, (3, 31))
    whole, _ = net(rows[:, :30])
    h, parts = None, []
    for i in range(6):
        inputs, _, anew = model.chunk(rows, i, 5)
        scores, h = net(inputs, model.carry(h, anew))
        parts.append(scores)
    assert torch.allclose(torch.cat(parts, dim=1), whole, atol=1e-5)


def test_a_step_reaches_no_further_back_than_its_chunk():
    torch.manual_seed(0)
    h = torch.randn(3, 8, requires_grad=True)
    carried = model.carry(h * 2, False)
    assert torch.equal(carried, h * 2) and not carried.requires_grad
    assert model.carry(h, True) is None


@pytest.mark.parametrize("size", [0.5, 30.0])
def test_clipping_shortens_long_gradients_and_turns_none(size):
    weights = [torch.nn.Parameter(torch.zeros(4)), torch.nn.Parameter(torch.zeros(2))]
    gradients = [torch.tensor([3.0, -1.0, 0.5, 0.1]), torch.tensor([0.2, -2.0])]
    norm = torch.cat(gradients).norm()
    for weight, gradient in zip(weights, gradients, strict=True):
        weight.grad = gradient * size / norm
    model.clip_gradients(weights, 1.0)
    clipped = torch.cat([w.grad for w in weights])
    expected = torch.cat(gradients) / norm * min(size, 1.0)
    assert torch.allclose(clipped, expected, atol=1e-5)


def test_the_learner_overfits_one_chunk():
    torch.manual_seed(0)
    config = model.Config(hidden=32, sequence=10, batch=2, learning_rate=1e-2, clip=1.0, steps=400)
    net = model.RNN(config, 5)
    learner = model.Learner(config, net, Masters(net.parameters()))
    rows = torch.randint(5, (2, 11), generator=torch.Generator().manual_seed(0))
    losses = [learner.step(rows, i).item() for i in range(300)]
    assert losses[0] > 1.0 and losses[-1] < 0.05


def test_the_rate_falls_to_zero():
    config = model.Config(steps=10)
    rates = [model.learning_rate(i, config) for i in range(10)]
    assert rates[0] == config.learning_rate and rates == sorted(rates, reverse=True)
    assert rates[-1] == pytest.approx(config.learning_rate / 10)


@pytest.mark.parametrize(("input_std", "expected"), [(None, 0.125), (2.0, 2.0)])
def test_inputs_begin_as_large_as_the_config_says(input_std, expected):
    torch.manual_seed(0)
    net = model.RNN(model.Config(hidden=64, input_std=input_std), 50)
    assert net.w_xh.std().item() == pytest.approx(expected, rel=0.05)
    norms = torch.linalg.svdvals(net.w_hh.detach())
    assert torch.allclose(norms, torch.ones(64), atol=1e-5)  # whatever the inputs, orthogonal
