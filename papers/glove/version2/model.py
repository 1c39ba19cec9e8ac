"""GloVe, Pennington et al. 2014; version 2: block by block, AdaGrad put right, in torch.

The words are dealt into P groups like cards, so that each group has frequent and rare ones. A pair
of groups is a block of the table, and a step learns from all nonzero pairs of a block, by three
products of matrices; a pass visits the P^2 blocks in a new order. Zeros of the table cost a little
time and, since f(0) = 0, teach nothing.

Against version 1: a pair at distance d counts 1/d; the rate stays out of AdaGrad's squares and
acts on biases as on vectors; gradients are clipped; a word's vector is the sum of its two.

Symbols: X_ij how often word j stands near word i, w_i and w~_j their vectors, b_i and b~_j biases,
         f the weight of a pair (Eq. 9), J what is minimised (Eq. 8).
Shapes:  V words, D numbers of a vector, R words and their rows, C contexts and their columns.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import Module, Parameter


@dataclass(frozen=True)
class Config:  # defaults: the paper's (Sec. 3, Sec. 4.2); of glove.c squares and clip
    size: int = 300  # D
    window: int = 10  # words on each side
    least: int = 5  # a rarer word has no vector: VOCAB_MIN_COUNT of the code's demo.sh
    x_max: float = 100.0
    alpha: float = 0.75
    learning_rate: float = 0.05
    squares: float = 1.0  # where AdaGrad's sums begin
    clip: float = 100.0
    groups: int = 800  # P: of 500 words where there are 400,000
    steps: int = 100 * 800**2  # 100 passes


# -- counting ------------------------------------------------------------------------------------


def nearness(distance):
    """What a pair of words at this distance counts: the farther, the less it says (Sec. 4.2)."""
    return 1.0 / distance


def count(tokens, starts, words, window):
    """X (V, V), from lines of numbered words, one after the other; `starts` says where.

    All pairs at a distance at once: the text beside itself, moved on by so many words.
    """
    line = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    x = np.zeros(words * words)
    for distance in range(1, window + 1):
        within = line[distance:] == line[:-distance]
        cell = tokens[:-distance][within] * words + tokens[distance:][within]
        cells, times = np.unique(cell, return_counts=True)
        x[cells] += nearness(distance) * times
    x = x.reshape(words, words)  # (V, V)
    return x + x.T


# -- the model -----------------------------------------------------------------------------------


def weight(x, x_max, alpha):
    """Eq. 9, f: rare pairs say little and count little, and none counts more than 1."""
    return (x / x_max).clamp(max=1.0) ** alpha


class GloVe(Module):
    """log X_ij is about w_i w~_j + b_i + b~_j (Eq. 7)."""

    def __init__(self, config, words):
        super().__init__()
        self.w = Parameter(torch.empty(words, config.size))
        self.w_context = Parameter(torch.empty(words, config.size))
        self.b, self.b_context = Parameter(torch.empty(words)), Parameter(torch.empty(words))
        for parameter in self.parameters():  # glove.c, initialize_parameters
            torch.nn.init.uniform_(parameter, -0.5 / config.size, 0.5 / config.size)

    def forward(self, rows, columns):
        """What it takes log X_ij for, of a block (R, C)."""
        products = self.w[rows] @ self.w_context[columns].t()  # (R, C)
        return products.float() + self.b[rows].float()[:, None] + self.b_context[columns].float()

    def gradients(self, rows, columns, logs, weights):
        """J of a block (half of Eq. 8), and its gradients in the order of the parameters."""
        difference = self(rows, columns) - logs  # (R, C)
        weighted = weights * difference  # (R, C)
        pull = weighted.to(self.w.dtype)
        by_w = pull @ self.w_context[columns]  # (R, D)
        by_context = pull.t() @ self.w[rows]  # (C, D)
        cost = 0.5 * (weighted * difference).sum()
        return cost, [by_w.float(), by_context.float(), weighted.sum(1), weighted.sum(0)]


def vectors(net):
    """(V, D): a word's vector is W + W~ (Sec. 4.2)."""
    return (net.w.float() + net.w_context.float()).detach().cpu().numpy()  # (V, D)


# -- learning ------------------------------------------------------------------------------------


def blocks(x, config):
    """The table in P x P parts: rows, columns, log X, f(X), and how many of the pairs occur."""
    groups = [slice(group, None, config.groups) for group in range(config.groups)]
    found = []
    for rows in groups:
        for columns in groups:
            part = torch.as_tensor(x[rows, columns], dtype=torch.float32)
            logs = torch.where(part > 0, part, 1.0).log()
            weights = weight(part, config.x_max, config.alpha)  # f(0) = 0
            found.append((rows, columns, logs, weights, max(1, int((part > 0).sum()))))
    return found


def visited(step, count, seed):
    """Which of the blocks a step visits: each once in a pass, in an order of the pass's own."""
    of_pass = torch.Generator().manual_seed(seed * 1_000_003 + step // count)
    return int(torch.randperm(count, generator=of_pass)[step % count])


def clip(gradients, limit):
    """Each component into [-limit, limit], as glove.c does, but of the biases too."""
    return [gradient.clamp(-limit, limit) for gradient in gradients]


def rates(config):
    """Of W, W~, b and b~: one for all."""
    return [config.learning_rate] * 4


class AdaGrad:
    """Duchi et al. 2011: each number's step is divided by the root of its squares so far.

    The sums begin at `squares`: where gradients are small beside it, as those of rare words are,
    steps are in proportion to them.
    """

    def __init__(self, parameters, squares=1.0):
        self.parameters = list(parameters)
        self.state = {p: {"squares": torch.full_like(p, squares)} for p in self.parameters}

    def step(self, rates, gradients, places):
        """Move only what the gradients are of."""
        for p, rate, gradient, place in zip(self.parameters, rates, gradients, places):
            squares = self.state[p]["squares"][place]
            squares += self.squared(rate, gradient)
            p.data[place] -= rate * gradient / (squares.sqrt() + 1e-10)

    def squared(self, rate, gradient):
        """What is summed: the gradient's square, without the rate."""
        return gradient * gradient


class Learner:
    """Minimises J over the blocks of a table of counts."""

    def __init__(self, config, net, masters, x, seed):
        self.config, self.net, self.masters, self.seed = config, net, masters, seed
        device = net.w.device
        self.blocks = [(r, c, a.to(device), f.to(device), n) for r, c, a, f, n in blocks(x, config)]
        self.optimizer = AdaGrad(masters.masters, config.squares)

    @torch.no_grad()
    def step(self, i):
        """Learn from a block; J per pair of it before."""
        rows, columns, logs, weights, pairs = self.blocks[visited(i, len(self.blocks), self.seed)]
        cost, gradients = self.net.gradients(rows, columns, logs, weights)
        places = [rows, columns, rows, columns]
        gradients = clip(gradients, self.config.clip)
        self.optimizer.step(rates(self.config), gradients, places)
        self.masters.give_weights()
        return cost / pairs
