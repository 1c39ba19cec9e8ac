"""Two problems that take a memory: adding, and the order of two symbols far apart.

Both are of Hochreiter and Schmidhuber 1997, and so is their judgement: the share of 2,560 fresh
sequences that are answered wrongly. A batch has one length, drawn from `length` to 1.1 `length`.

    task = adding(50)
    torch.manual_seed(seed)
    net = Reader(layer, hidden, task)  # any layer: x (B, T, I) -> (outputs (B, T, H), state)
    learn(net, task, steps=2000, seed=seed)
    examine(net, task).loss  # adding: 1 / 6 for the best constant

B is the number of sequences, T of steps, I of inputs at a step, O of numbers in an answer, H of
units.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Generator, Tensor
from torch.nn import Linear, Module

TESTED = 2560  # sequences: Tables 7 and 9
TOLERANCE = 0.04  # Sec. 5.4: an error above is a wrong answer
ADDING_CONSTANT = 1 / 6  # mean squared error of always answering 1: twice a uniform's variance


@dataclass(frozen=True)
class Task:
    """Sequences to read, each with one answer at its end."""

    length: int
    inputs: int
    outputs: int
    draw: Callable[[Generator, int, int], tuple[Tensor, Tensor]]  # of so many, so long
    loss: Callable[[Tensor, Tensor], Tensor]  # mean over the sequences
    wrong: Callable[[Tensor, Tensor], Tensor]  # of each sequence

    def batch(self, rng: Generator, count: int) -> tuple[Tensor, Tensor]:
        """Sequences (B, T, I) and their answers."""
        longest = self.length + self.length // 10
        steps = int(torch.randint(self.length, longest + 1, (), generator=rng))
        return self.draw(rng, count, steps)


def adding(length: int) -> Task:
    """Sec. 5.4 in the form usual since Le et al. 2015: numbers from 0 to 1, two of them marked,
    one in each half; the answer is their sum. (The paper draws from -1 to 1, marks one of the
    first ten and one of the first half, and asks for half of our sum.)"""
    return Task(
        length,
        inputs=2,
        outputs=1,
        draw=_draw_adding,
        loss=F.mse_loss,
        # In the paper's scale, where answers lie from 0 to 1.
        wrong=lambda answers, sums: ((answers - sums)[:, 0].abs() / 2) > TOLERANCE,
    )


def _draw_adding(rng: Generator, count: int, steps: int) -> tuple[Tensor, Tensor]:
    numbers, half = torch.rand(count, steps, generator=rng), steps // 2
    first = torch.randint(half, (count, 1), generator=rng)
    second = torch.randint(half, steps, (count, 1), generator=rng)
    marked = torch.cat([first, second], 1)
    marks = torch.zeros(count, steps).scatter_(1, marked, 1.0)
    sums = numbers.gather(1, marked).sum(1, keepdim=True)
    return torch.stack([numbers, marks], 2), sums


def temporal_order(length: int) -> Task:
    """Sec. 5.6, task 6a: E, then noise of a, b, c, d with X or Y at two places, at last B. The
    answer is which of XX, XY, YX, YY it was. At length 100 the places are the paper's: from 10 to
    20 and from 50 to 60."""
    return Task(
        length,
        inputs=8,
        outputs=4,
        draw=lambda rng, count, steps: _draw_order(rng, count, steps, length),
        loss=F.cross_entropy,
        wrong=lambda scores, classes: scores.argmax(1) != classes,
    )


def _draw_order(rng: Generator, count: int, steps: int, length: int) -> tuple[Tensor, Tensor]:
    symbols = torch.randint(4, (count, steps), generator=rng)  # a, b, c, d
    symbols[:, 0], symbols[:, -1] = 6, 7  # E, B
    kinds = torch.randint(2, (count, 2), generator=rng)  # X or Y
    tenth = length // 10
    for which, start in enumerate((tenth, length // 2)):
        places = torch.randint(start, start + tenth + 1, (count, 1), generator=rng)
        symbols.scatter_(1, places, 4 + kinds[:, which : which + 1])
    return F.one_hot(symbols, 8).float(), 2 * kinds[:, 0] + kinds[:, 1]


class Reader(Module):
    """A recurrent layer, and what it answers at the end: a linear readout of its last outputs."""

    def __init__(self, layer: Module, hidden: int, task: Task):
        super().__init__()
        self.layer, self.readout = layer, Linear(hidden, task.outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Answers (B, O) to sequences `x` (B, T, I)."""
        outputs, _ = self.layer(x)
        return self.readout(outputs[:, -1])


def learn(
    net: Module,
    task: Task,
    steps: int,
    *,
    seed: int,
    batch: int = 32,
    rate: float = 2e-3,
    clip: float = 1.0,
) -> None:
    """Adam on fresh sequences in each step; gradients shortened to `clip`, the rate falling
    linearly to zero."""
    rng = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(net.parameters(), lr=rate, fused=True)
    for i in range(steps):
        x, answers = task.batch(rng, batch)
        optimizer.zero_grad()
        task.loss(net(x), answers).backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), clip)
        for group in optimizer.param_groups:
            group["lr"] = rate * (1 - i / steps)
        optimizer.step()


@dataclass(frozen=True)
class Examined:
    """How a net did on sequences that it never saw."""

    loss: float  # adding: mean squared error; temporal order: nats
    wrong: float  # share of the answers


@torch.no_grad()
def examine(net: Module, task: Task, seed: int = 2**40, count: int = TESTED) -> Examined:
    """The test: `count` sequences in ten batches, of a generator that no training seed reaches."""
    rng = torch.Generator().manual_seed(seed)
    losses, wrong = [], []
    for _ in range(10):
        x, answers = task.batch(rng, count // 10)
        given = net(x)
        losses.append(task.loss(given, answers))
        wrong.append(task.wrong(given, answers).double().mean())
    return Examined(float(torch.stack(losses).mean()), float(torch.stack(wrong).mean()))
