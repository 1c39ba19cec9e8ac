"""Bidirectional recurrent network, Schuster and Paliwal 1997; version 1: the first reading.

Two simple recurrent networks read the same sentence, one from its beginning and one from its end.
They share nothing but the outputs, which see the states of both. The mistakes of well-known code
are kept; papers/bidirectional_rnn/evidence/deviations.py names them.

Symbols: x_t the embedding of a word, f_t the forward states, b_t the backward states,
         y_t the outputs: the scores of the classes (Fig. 3).
Shapes:  B sentences, T words of the longest, V words known, E size of an embedding,
         H states of one direction, C classes.
"""

from dataclasses import dataclass

import torch
from torch.nn import Module, Parameter


@dataclass(frozen=True)
class Config:  # defaults: yunjey/pytorch-tutorial's bidirectional LSTM; here one layer, tanh
    embedding: int = 28
    hidden: int = 128  # states of each direction
    batch: int = 100
    learning_rate: float = 0.003
    steps: int = 1200


class Direction(Module):
    """A simple recurrent network: h_t = tanh(x_t W_x + h_(t-1) W_h + b)."""

    def __init__(self, inputs, hidden):
        super().__init__()
        bound = hidden**-0.5
        self.w_x = Parameter(torch.empty(inputs, hidden).uniform_(-bound, bound))
        self.w_h = Parameter(torch.empty(hidden, hidden).uniform_(-bound, bound))
        self.b = Parameter(torch.empty(hidden).uniform_(-bound, bound))

    def read(self, x):
        """The states (B, T, H) after each of `x` (B, T, E), from a state of zeros."""
        h = x.new_zeros(len(x), len(self.b))  # (B, H)
        states = []
        for x_t in x.unbind(1):
            h = torch.tanh(x_t @ self.w_x + h @ self.w_h + self.b)  # (B, H)
            states.append(h)
        return torch.stack(states, 1)


class BRNN(Module):
    """Forward and backward states are not connected to each other (Fig. 3): they meet in y_t."""

    def __init__(self, config, symbols, classes=2):
        super().__init__()
        e, h = config.embedding, config.hidden
        self.embeddings = Parameter(torch.randn(symbols, e))  # as torch.nn.Embedding begins
        self.ahead, self.back = Direction(e, h), Direction(e, h)
        self.w_f = Parameter(torch.randn(h, classes) * h**-0.5)  # forward states -> outputs
        self.w_b = Parameter(torch.randn(h, classes) * h**-0.5)  # backward states -> outputs
        self.b_y = Parameter(torch.zeros(classes))

    def states(self, tokens):
        """Forward states and backward states, twice (B, T, H), of `tokens` (B, T)."""
        x = self.embeddings[tokens]  # (B, T, E)
        forward = self.ahead.read(x)
        # Turned round as a whole: what was behind the end of a sentence now stands before it.
        backward = self.back.read(x.flip(1)).flip(1)
        return forward, backward

    def outputs(self, tokens):
        """y_t at every word of `tokens` (B, T): scores (B, T, C)."""
        f, b = self.states(tokens)
        return f @ self.w_f + b @ self.w_b + self.b_y  # (B, T, C)

    def forward(self, tokens):
        """One answer for each sentence (B, C): what the network says when it has read the last."""
        return self.outputs(tokens)[:, -1]


def loss(scores, labels):
    """Cross-entropy: - log p of the right class, the mean over sentences, in nats."""
    log_p = scores.float().log_softmax(1)  # (B, C)
    return -log_p[torch.arange(len(labels)), labels].mean()


class Learner:
    """Batch after batch by Adam, at one and the same rate."""

    def __init__(self, config, net, masters):
        self.net, self.masters = net, masters
        self.optimizer = torch.optim.Adam(masters.masters, lr=config.learning_rate)

    def step(self, tokens, labels):
        """Learn from one batch; its loss in nats per sentence."""
        value = loss(self.net(tokens), labels)
        value.backward()
        self.masters.take_gradients()
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.masters.give_weights()
        return value.detach()
