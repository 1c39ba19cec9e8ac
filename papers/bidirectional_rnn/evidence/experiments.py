"""Small trainings for the direction claims, on sequences that are made as they are needed.

Each network is version 2's, with an output at every step. One that reads in one direction alone has
as many parameters as the one that reads in both.

Shapes: B sequences, T steps, I inputs a step, O outputs a step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from papers.bidirectional_rnn.evidence.injections import wider
from papers.bidirectional_rnn.version2 import model

HIDDEN = 16  # states of each of two directions
BATCH, TESTED = 32, 512  # sequences of a step, and of the test
RATE = 0.01
CHOOSING = (100, 101)  # seeds that no claim is judged on
APART = 3  # whether the inputs so many steps before and after are both heads
BACK, AHEAD = 4, 8  # a mean of inputs from so many steps before to so many after
DELAYS = range(1, AHEAD + 1)

Task = Callable[[torch.Generator, int], tuple[Tensor, Tensor]]


def network(inputs: int, outputs: int, directions: int, hidden: int | None = None):
    """A BRNN that reads real numbers: its embeddings are left aside."""
    wide = hidden or (HIDDEN if directions == 2 else wider(inputs, HIDDEN, outputs))
    sizes = {"embedding": inputs, "hidden": wide, "directions": directions}
    return model.BRNN(model.Config(**sizes), 1, outputs)


def said(net, x: Tensor, delay: int = 0) -> Tensor:
    """The outputs for each step of `x` (B, T, I), after `delay` more steps: (B, T, O)."""
    x = F.pad(x, (0, 0, 0, delay))
    lengths = torch.full((len(x),), x.shape[1])
    return (net.states(x, lengths) @ net.w_y + net.b_y)[:, delay:]


def trained(net, task: Task, loss, seed: int, steps: int, read=said):
    """The network after `steps` steps of Adam, whose rate falls to zero."""
    rng = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam([p for n, p in net.named_parameters() if n != "embeddings"], RATE)
    for i in range(steps):
        x, y = task(rng, BATCH)
        loss(read(net, x), y).backward()
        model.clip_gradients(net.parameters(), 1.0)
        for group in optimizer.param_groups:
            group["lr"] = RATE * (1 - i / steps)
        optimizer.step()
        optimizer.zero_grad()
    return net


def tested(seed: int) -> torch.Generator:
    """Of the sequences that a network is judged on: no training draws them."""
    return torch.Generator().manual_seed(1_000_003 + seed)


# -- a class that depends on both sides --------------------------------------------------------


def both_sides(rng: torch.Generator, count: int) -> tuple[Tensor, Tensor]:
    """Coin tosses, and for each step whether those APART before and APART after it are heads."""
    bits = torch.randint(2, (count, 20), generator=rng)
    wanted = bits[:, : -2 * APART] & bits[:, 2 * APART :]
    return (2 * bits - 1).float()[..., None], wanted


def of_classes(outputs: Tensor, wanted: Tensor) -> Tensor:
    return F.cross_entropy(outputs[:, APART:-APART].flatten(0, 1), wanted.flatten())


def wrong_classes(directions: int, seed: int) -> float:
    """Percentage of wrong classes on held-out sequences."""
    torch.manual_seed(seed)
    net = trained(network(1, 2, directions), both_sides, of_classes, seed, steps=300)
    x, y = both_sides(tested(seed), TESTED)
    with torch.no_grad():
        found = said(net, x)[:, APART:-APART].argmax(2)
    return 100 * (found != y).double().mean().item()


# -- a number that depends on both sides, as in the paper's regression -------------------------


@cache
def weights() -> Tensor:
    """Of the inputs from BACK steps before to AHEAD steps after: highest at the step itself,
    falling to zero on both sides; the weighted sum of numbers of variance 1/3 has variance 1."""
    sides = [[1 - i / (n + 1) for i in range(n + 1)] for n in (BACK, AHEAD)]
    found = torch.tensor([*reversed(sides[0][1:]), *sides[1]])
    return found / (found.square().sum() / 3).sqrt()


def smoothed(rng: torch.Generator, count: int) -> tuple[Tensor, Tensor]:
    """Numbers between -1 and 1, and for each step the weighted sum of those around it."""
    x = 2 * torch.rand(count, 32, generator=rng) - 1
    around = F.pad(x, (BACK, AHEAD)).unfold(1, BACK + 1 + AHEAD, 1)
    return x[..., None], (around * weights()).sum(2, keepdim=True)


def unexplained(outputs: Tensor, wanted: Tensor) -> float:
    """Percentage of the variance that the outputs do not explain."""
    return 100 * ((outputs - wanted).square().mean() / wanted.var()).item()


def regression(net, seed: int, delay: int = 0, backward: bool = False) -> tuple[Tensor, Tensor]:
    """Outputs of the trained network on held-out sequences, and what was wanted."""

    def read(net, x):
        return said(net, x.flip(1)).flip(1) if backward else said(net, x, delay)

    net = trained(net, smoothed, F.mse_loss, seed, steps=300, read=read)
    with torch.no_grad():
        x, y = smoothed(tested(seed), TESTED)
        return read(net, x), y


@cache
def in_both(seed: int) -> float:
    """A network of both directions."""
    torch.manual_seed(seed)
    return unexplained(*regression(network(1, 1, 2), seed))


def delayed(seed: int, delay: int) -> float:
    """A regular network that answers `delay` steps late."""
    torch.manual_seed(seed)
    return unexplained(*regression(network(1, 1, 1), seed, delay))


def merged(seed: int) -> float:
    """Two networks trained apart, one for each direction, and the mean of what they say."""
    torch.manual_seed(seed)
    experts = [network(1, 1, 1, HIDDEN) for _ in range(2)]
    forward, y = regression(experts[0], seed)
    backward, _ = regression(experts[1], seed, backward=True)
    return unexplained((forward + backward) / 2, y)


@cache
def best_delay() -> int:
    """The delay with the smallest error on seeds that no claim is judged on."""
    return min(DELAYS, key=lambda delay: sum(delayed(seed, delay) for seed in CHOOSING))


def over(seeds: Sequence[int], error: Callable[[int], float]) -> dict[int, float]:
    return {seed: error(seed) for seed in seeds}
