"""Implementations that we did not write: torch's autograd and Adagrad, and glove.c's update."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import torch

from papers.glove.evidence.injections import Masters, table
from papers.glove.version1 import model as model1
from papers.glove.version2 import model as model2

SIZE, WORDS, RATE, LIMIT = 3, 6, 0.05, 0.2
CONFIG = model2.Config(size=SIZE, x_max=4.0, groups=1, learning_rate=RATE, clip=LIMIT, steps=9)


def eq8(net, x, config):
    """Eq. 8 written down once more, over the nonzero pairs one by one."""
    cost = torch.zeros(())
    for i, j in zip(*np.nonzero(x)):
        f = min(1.0, (x[i, j] / config.x_max) ** config.alpha)
        score = net.w[i] @ net.w_context[j] + net.b[i] + net.b_context[j]
        cost = cost + f * (score - math.log(x[i, j])) ** 2
    return cost


def by_autograd() -> Iterator[tuple]:
    """Pairs (ours, theirs): half of Eq. 8, and its gradients."""
    torch.manual_seed(1)
    net, x = model2.GloVe(CONFIG, WORDS), table()
    theirs = 0.5 * eq8(net, x, CONFIG)
    theirs.backward()
    with torch.no_grad():
        ours, gradients = net.gradients(*model2.blocks(x, CONFIG)[0][:4])
    yield ours, theirs
    for gradient, parameter in zip(gradients, net.parameters()):
        yield gradient, parameter.grad


def by_adagrad(steps: int = 50) -> Iterator[tuple]:
    """Weights after steps of version 2, and of autograd with clipping and torch.optim.Adagrad."""
    torch.manual_seed(1)
    ours, theirs, x = model2.GloVe(CONFIG, WORDS), model2.GloVe(CONFIG, WORDS), table()
    theirs.load_state_dict(ours.state_dict())
    learner = model2.Learner(CONFIG, ours, Masters(ours), x, seed=0)
    optimizer = torch.optim.Adagrad(theirs.parameters(), RATE, initial_accumulator_value=1.0)
    for i in range(steps):
        learner.step(i)
        optimizer.zero_grad()
        (0.5 * eq8(theirs, x, CONFIG)).backward()
        torch.nn.utils.clip_grad_value_(theirs.parameters(), LIMIT)
        optimizer.step()
    yield from zip(ours.parameters(), theirs.parameters())


def glove_c(weights, squares, pairs, config) -> float:
    """What glove_thread of stanfordnlp/GloVe, src/glove.c, does with each pair, line by line.

    Read in the repository as it is since 2020, without its clipping and its checks for NaN; the
    rate stands in the vectors' gradients and not in the biases'.
    """
    w, u, b, c = (weights[name] for name in ("w", "w_context", "b", "b_context"))
    sw, su, sb, sc = (squares[name] for name in ("w", "w_context", "b", "b_context"))
    cost = 0.0
    for i, j, x in pairs:
        diff = sum(w[i][k] * u[j][k] for k in range(config.size)) + b[i] + c[j] - math.log(x)
        fdiff = diff if x > config.x_max else (x / config.x_max) ** config.alpha * diff
        cost += 0.5 * fdiff * diff
        for k in range(config.size):
            temp1 = fdiff * u[j][k] * config.learning_rate
            temp2 = fdiff * w[i][k] * config.learning_rate
            w[i][k] -= temp1 / math.sqrt(sw[i][k])
            u[j][k] -= temp2 / math.sqrt(su[j][k])
            sw[i][k] += temp1 * temp1
            su[j][k] += temp2 * temp2
        b[i] -= fdiff / math.sqrt(sb[i])
        c[j] -= fdiff / math.sqrt(sc[j])
        sb[i] += fdiff * fdiff
        sc[j] += fdiff * fdiff
    return cost


def by_glove_c(passes: int = 3) -> Iterator[tuple]:
    """Costs, weights and squares of version 1 and of glove.c over the same pairs."""
    x = {(int(i), int(j)): float(table()[i, j]) for i, j in zip(*np.nonzero(table()))}
    config = model1.Config(size=SIZE, x_max=4.0)
    ours = model1.GloVe(config, x, WORDS, np.random.default_rng(0))
    weights = {name: value.tolist() for name, value in ours.weights.items()}
    squares = {name: value.tolist() for name, value in ours.squares.items()}
    for number in range(passes * WORDS):
        pairs = list(zip(*ours.diagonals[number % WORDS]))
        cost = glove_c(weights, squares, pairs, config)
        yield ours.step(number) * max(1, len(pairs)), cost
    for name in weights:
        yield ours.weights[name], weights[name]
        yield ours.squares[name], squares[name]
