"""The adding problem and temporal order: what is drawn, learned and counted as wrong."""

import pytest
import torch

from common.exams import adding as exam


def drawn(task, count=400, seed=0):
    return task.batch(torch.Generator().manual_seed(seed), count)


def test_the_sum_is_that_of_the_two_marked_numbers_one_in_each_half():
    x, sums = drawn(exam.adding(20))
    numbers, marks = x.unbind(2)
    half = x.shape[1] // 2
    assert x.shape[2] == exam.adding(20).inputs and sums.shape == (400, 1)
    assert marks[:, :half].sum(1).eq(1).all() and marks[:, half:].sum(1).eq(1).all()
    assert torch.allclose((numbers * marks).sum(1, keepdim=True), sums)
    assert numbers.min() >= 0 and numbers.max() < 1
    assert marks.sum(0).min() > 0  # each place is marked now and then


def test_lengths_go_from_the_length_to_a_tenth_more():
    rng = torch.Generator().manual_seed(0)
    lengths = {exam.adding(50).batch(rng, 1)[0].shape[1] for _ in range(200)}
    assert lengths == set(range(50, 56))


def test_the_best_constant_of_adding_is_one():
    _, sums = drawn(exam.adding(10), count=100_000)
    errors = [(sums - constant).square().mean().item() for constant in (0.95, 1.0, 1.05)]
    assert errors[1] == min(errors)
    assert errors[1] == pytest.approx(exam.ADDING_CONSTANT, rel=0.01)


def test_an_answer_is_wrong_above_the_papers_tolerance():
    wrong = exam.adding(10).wrong
    sums = torch.tensor([[0.5], [0.5], [1.5]])
    assert wrong(sums + torch.tensor([[0.079], [-0.081], [0.0]]), sums).tolist() == [0, 1, 0]


def test_temporal_order_is_as_in_the_paper():
    x, classes = drawn(exam.temporal_order(100))
    symbols = x.argmax(2)
    assert x.sum(2).eq(1).all() and 100 <= x.shape[1] <= 110
    assert symbols[:, 0].eq(6).all() and symbols[:, -1].eq(7).all()
    told = (symbols == 4) | (symbols == 5)
    assert told.sum(1).eq(2).all()
    assert told[:, 10:21].sum(1).eq(1).all() and told[:, 50:61].sum(1).eq(1).all()
    kinds = symbols[told].view(-1, 2) - 4
    assert torch.equal(2 * kinds[:, 0] + kinds[:, 1], classes)
    assert classes.bincount().min() > 60


class Summing(torch.nn.Module):
    """Outputs that add up what the inputs say: enough for the adding problem."""

    def forward(self, x):
        return (x[:, :, :1] * x[:, :, 1:]).cumsum(1), None


def test_learning_goes_on_to_the_answer_and_repeats_itself():
    task = exam.adding(10)
    losses = []
    for _ in range(2):
        torch.manual_seed(0)
        net = exam.Reader(Summing(), 1, task)
        before = exam.examine(net, task)
        exam.learn(net, task, 300, seed=0, rate=5e-2)
        losses.append(exam.examine(net, task))
    assert losses[0] == losses[1]
    assert losses[0].loss < 0.01 < before.loss and losses[0].wrong < 0.3 < before.wrong


def test_what_is_examined_was_not_trained_on():
    seen = {drawn(exam.adding(10), 32, seed)[1].sum().item() for seed in range(20)}
    asked = []

    class Noted(torch.nn.Module):
        def forward(self, x):
            asked.append((x[:, :, 0] * x[:, :, 1]).sum().item())
            return x[:, 0, :1]

    assert exam.examine(Noted(), exam.adding(10)).wrong > 0.5
    assert len(asked) == 10 and not seen & set(asked)
