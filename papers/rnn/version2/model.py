"""Simple recurrent network, Elman 1990; version 2: torch, right and fast.

Basic tensor operations and autograd. Against version 1: many streams at once, a loss per
character, clipping by norm, orthogonal recurrence, Adam, a rate that falls to zero. As there the
state is carried along contiguous text and no gradient goes back beyond the chunk.

Symbols: x_t a character, h_t the hidden or context units (Elman, Fig. 2), y_t the scores of the
         next character.
Shapes:  B streams, T steps, V symbols, H hidden units, N characters in a stream.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch.nn import Module, Parameter


@dataclass(frozen=True)
class Config:  # defaults: char-rnn's train.lua, with one layer as in Elman's network
    hidden: int = 128
    sequence: int = 50  # steps of backpropagation through time
    batch: int = 50  # streams
    learning_rate: float = 2e-3
    clip: float = 5.0
    input_std: float | None = None  # of W_xh at the start; None: 1 / sqrt(hidden)
    steps: int = 21_000  # 50 passes over Tiny Shakespeare
    words: int = 0  # how many words are tokens beside the characters; 0: characters alone


class RNN(Module):
    """h_t = tanh(x_t W_xh + h_(t-1) W_hh + b_h),  y_t = h_t W_hy + b_y."""

    def __init__(self, config, symbols):
        super().__init__()
        h, v = config.hidden, symbols
        self.w_xh, self.w_hh = Parameter(torch.empty(v, h)), Parameter(torch.empty(h, h))
        self.w_hy = Parameter(torch.empty(h, v))
        self.b_h, self.b_y = Parameter(torch.zeros(h)), Parameter(torch.zeros(v))
        self.input_std = h**-0.5 if config.input_std is None else config.input_std
        self.initialise()

    def initialise(self):
        """Orthogonal recurrence: it keeps the state's norm, forwards and backwards (Saxe 2013).
        It forgets nothing either, so small inputs drown in the sum of those before them."""
        torch.nn.init.orthogonal_(self.w_hh)
        torch.nn.init.normal_(self.w_xh, std=self.input_std)
        torch.nn.init.normal_(self.w_hy, std=self.w_hy.shape[0] ** -0.5)

    def forward(self, tokens, h=None):
        """Scores (B, T, V) after `tokens` (B, T) from state `h` (B, H); the new state (B, H)."""
        h = self.b_h.new_zeros(len(tokens), len(self.b_h)) if h is None else h
        x = self.w_xh[tokens] + self.b_h  # (B, T, H): a one-hot product is a row
        states = []
        for x_t in x.unbind(1):
            h = torch.addmm(x_t, h, self.w_hh).tanh()  # (B, H)
            states.append(h)
        return torch.stack(states, 1) @ self.w_hy + self.b_y, h  # (B, T, V), (B, H)


def loss(scores, targets):
    """Cross-entropy in nats per character: the mean over streams and steps."""
    return F.cross_entropy(scores.float().flatten(0, 1), targets.flatten())


def streams(tokens, batch):
    """Cut the text into `batch` streams of equal length, one row each: (B, N)."""
    length = len(tokens) // batch
    return tokens[: length * batch].view(batch, length)


def chunk(rows, i, sequence):
    """The i-th inputs and targets (B, T) of the streams; and whether the streams begin anew."""
    chunks = (rows.shape[1] - 1) // sequence
    start = i % chunks * sequence
    piece = rows[:, start : start + sequence + 1]
    return piece[:, :-1], piece[:, 1:], start == 0


def carry(h, anew):
    """The state for the next chunk: the last, cut from its graph; none where streams begin."""
    return None if h is None or anew else h.detach()


def clip_gradients(parameters, limit):
    """Shorten the gradient to norm `limit`, keeping its direction (Pascanu et al. 2013, Alg. 1)."""
    torch.nn.utils.clip_grad_norm_(parameters, limit)


def optimizer(parameters, config):
    return torch.optim.Adam(parameters, lr=config.learning_rate, fused=True)


def learning_rate(i, config):
    """Falls linearly to zero, so that the last steps average the noise out."""
    return config.learning_rate * (1 - i / config.steps)


class Learner:
    """Truncated backpropagation through time over contiguous streams."""

    def __init__(self, config, net, masters):
        self.config, self.net, self.masters = config, net, masters
        self.optimizer = optimizer(masters.masters, config)
        self.carried = {"h": torch.zeros(config.batch, config.hidden).to(net.b_h)}

    def step(self, rows, i):
        """Learn from the i-th chunk of the streams; its loss in nats per character."""
        inputs, targets, anew = chunk(rows, i, self.config.sequence)
        scores, self.carried["h"] = self.net(inputs, carry(self.carried["h"], anew))
        value = loss(scores, targets)
        value.backward()
        self.masters.take_gradients()
        clip_gradients(self.masters.masters, self.config.clip)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(i, self.config)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.masters.give_weights()
        return value.detach()
