"""IRNN, Le, Jaitly and Hinton 2015 (arXiv:1504.00941); version 2: torch, and it learns in seconds.

The same network. Against version 1: pixels are centred and the first weights wide, so that the
units begin as different sums and none dies in the first steps; Adam with a rate that falls to
zero; gradients clipped by norm; in training some pixels are dark, against learning by heart.

Symbols: x_t what is read at a step, h_t the hidden state, y the scores after the last step.
Shapes:  B sequences, T steps, I inputs of a step, H hidden units, C classes.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch.nn import Module, Parameter

from papers.rnn.version2.model import clip_gradients, learning_rate, optimizer


@dataclass(frozen=True)
class Config:  # defaults: the paper's, as a KUnet script for a permuted MNIST has them
    hidden: int = 100
    identity: float = 1.0  # the recurrence begins as so many times the identity matrix (Sec. 2)
    input_std: float = 0.001  # of the weights of x at the start (Sec. 3)
    output_std: float = 0.001  # of the readout's
    centre: float = 0.0  # is taken from each pixel
    dropout: float = 0.0  # share of the pixels that are dark in training, drawn anew in each step
    permuted: bool = False  # read the pixels in another order, fixed once (Sec. 4.2)
    batch: int = 16
    learning_rate: float = 1e-8
    clip: float = 1.0
    steps: int = 1_687_500


class Layer(Module):
    """h_t = ReLU(x_t W_xh + h_(t-1) W_hh + b_h); reads any numbers."""

    def __init__(self, inputs, hidden, identity=1.0, input_std=0.001):
        super().__init__()
        self.w_xh = Parameter(torch.empty(inputs, hidden))
        self.w_hh = Parameter(torch.empty(hidden, hidden))
        self.b_h = Parameter(torch.empty(hidden))
        self.initialise(identity, input_std)

    def initialise(self, identity, input_std):
        """The trick (Sec. 2): a unit keeps what it has, and adds what comes in."""
        torch.nn.init.normal_(self.w_xh, std=input_std)
        with torch.no_grad():
            self.w_hh.copy_(identity * torch.eye(len(self.w_hh)))
            self.b_h.zero_()

    def squash(self, z):
        return z.relu()

    def forward(self, x, h=None):
        """States (B, T, H) over `x` (B, T, I) from state `h` (B, H); the last state (B, H)."""
        h = self.b_h.new_zeros(len(x), len(self.b_h)) if h is None else h
        x = x @ self.w_xh + self.b_h  # (B, T, H): of all steps at once
        states = []
        for x_t in x.unbind(1):
            h = self.squash(torch.addmm(x_t, h, self.w_hh))  # (B, H)
            states.append(h)
        return torch.stack(states, 1), h


class IRNN(Module):
    """A layer that reads pixel by pixel, and scores of the classes from its last state."""

    def __init__(self, config, classes):
        super().__init__()
        self.layer = Layer(1, config.hidden, config.identity, config.input_std)
        self.w_hy = Parameter(torch.empty(config.hidden, classes))
        self.b_y = Parameter(torch.zeros(classes))
        self.centre = config.centre
        torch.nn.init.normal_(self.w_hy, std=config.output_std)

    def read(self, pixels):
        """What comes in at each step (B, T, 1): a pixel, darker or brighter than the middle."""
        return (pixels - self.centre)[..., None]

    def forward(self, pixels):  # (B, T) -> (B, C)
        _, h = self.layer(self.read(pixels))  # (B, T, H), (B, H)
        return h @ self.w_hy + self.b_y  # (B, C)


def drop(pixels, share, seed):
    """Some of the `pixels` (B, T) made dark: (B, T)."""
    rng = torch.Generator().manual_seed(seed)
    kept = torch.rand(pixels.shape, generator=rng) >= share  # (B, T)
    return pixels * kept.to(pixels)


def loss(scores, labels):
    """Cross-entropy in nats per image: the mean over the images."""
    return F.cross_entropy(scores.float(), labels)


class Learner:
    """Backpropagation through all steps; the rest is that of papers/rnn."""

    def __init__(self, config, net, masters, seed=0):
        self.config, self.net, self.masters, self.seed = config, net, masters, seed
        self.optimizer = optimizer(masters.masters, config)

    def step(self, pixels, labels, i):
        """Learn from the i-th batch; its loss before that, in nats per image."""
        if self.config.dropout:
            pixels = drop(pixels, self.config.dropout, self.seed * 1_000_003 + i)  # (B, T)
        value = loss(self.net(pixels), labels)
        value.backward()
        self.masters.take_gradients()
        clip_gradients(self.masters.masters, self.config.clip)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(i, self.config)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.masters.give_weights()
        return value.detach()
