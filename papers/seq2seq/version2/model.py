"""Sequence to sequence, Sutskever, Vinyals and Le 2014 (arXiv:1409.3215), version 2.

Against version 1: the source is reversed and its padding changes nothing, neither what is read nor
what is learned; Adam with a rate that rises and falls, dropout (Zaremba et al. 2014), the layers
of papers/lstm, whose gradient is written by hand, and an output product over all steps at once.

Symbols: v the state after the source (Sec. 2), which begins the decoder; x what a layer reads.
Shapes:  B pairs of a batch, S source, T target tokens, V tokens of the vocabulary, E width of an
         embedding, L layers, H cells of a layer, I inputs of a layer.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch.nn import Module, ModuleList, Parameter

from papers.lstm.version2.model import GATES, Layer, clip_gradients

PAD = 0  # the token that fills up short sentences
SHUT = -1e4  # what padding adds to an input gate: its sigmoid is then exactly 0


@dataclass(frozen=True)
class Config:  # defaults: Sec. 3.4; warm-up, dropout and Adam's rate are ours
    hidden: int = 1000
    layers: int = 4
    width: int = 1000  # of the embeddings
    dropout: float = 0.2  # on embeddings, between layers and before the scores
    batch: int = 2_500  # tokens on either side, padding included: about 128 sentences (Sec. 3.4)
    rate: float = 1e-3  # its peak
    warmup: int = 500
    clip: float = 5.0  # Sec. 3.4
    steps: int = 700_000  # 7.5 passes over 12 million sentences


def reading_order(source):
    """Each sentence backwards (Sec. 3.3), its padding in front of it: (B, S) -> (B, S)."""
    return source.flip(1)


def drop(x, net):
    p = net.config.dropout
    return F.dropout(x, p, net.training) if p else x


def matrix(rows, columns):
    return Parameter(torch.empty(rows, columns).normal_(std=rows**-0.5))


class Reader(Layer):
    """A layer of the encoder, for which padding before a sentence is nothing: its last input says
    where it stands, and shuts the input gates there. Cells that are 0 stay 0, and so do outputs."""

    def weights(self):
        w_x, w_h, b = super().weights()  # (4 H, I), (4 H, H), (4 H,)
        shut = w_x.new_zeros(len(GATES), w_h.shape[1], 1)  # (4, H, 1)
        shut[GATES.index("i")] = SHUT
        return torch.cat([w_x, shut.flatten(0, 1)], 1), w_h, b  # (4 H, I + 1), (4 H, H), (4 H,)

    def forward(self, x, padding):
        """Outputs (B, S, H) of `x` (B, S, I); `padding` (B, S, 1) is 1 where there is no word.
        The state after the sentence (B, 2, H)."""
        return super().forward(torch.cat([x, padding], 2))


class Encoder(Module):
    """Layers of cells that read the source and keep what the decoder needs: v (Eq. 1)."""

    def __init__(self, config, symbols):
        super().__init__()
        self.config, self.embedding = config, matrix(symbols, config.width)
        torch.nn.init.normal_(self.embedding)
        sizes = [config.width] + [config.hidden] * (depth(config) - 1)
        self.layers = ModuleList(Reader(size, config.hidden) for size in sizes)

    def forward(self, source):
        """Outputs (B, S, H) in the order of reading, and the state v (B, L, 2, H)."""
        source, ended = reading_order(source), []
        x = drop(F.embedding(source, self.embedding), self)  # (B, S, E)
        padding = (source == PAD)[..., None].to(x.dtype)  # (B, S, 1)
        for n, layer in enumerate(self.layers):
            x, last = layer(drop(x, self) if n else x, padding)  # (B, S, H), (B, 2, H)
            ended.append(last)
        return x, torch.stack(ended, 1)  # (B, S, H), (B, L, 2, H)


class Decoder(Module):
    """Layers that begin with the encoder's state and tell the next token from each output."""

    def __init__(self, config, symbols):
        super().__init__()
        self.config, self.embedding = config, matrix(symbols, config.width)
        torch.nn.init.normal_(self.embedding)
        sizes = [config.width] + [config.hidden] * (depth(config) - 1)
        self.layers = ModuleList(Layer(size, config.hidden) for size in sizes)
        self.w_y, self.b_y = matrix(config.hidden, symbols), Parameter(torch.zeros(symbols))

    def read(self, inputs, state):
        """Outputs (B, T, H) after `inputs` (B, T) from `state` (B, L, 2, H); the new state."""
        x, ended = drop(F.embedding(inputs, self.embedding), self), []  # (B, T, E)
        for n, layer in enumerate(self.layers):
            x, last = layer(drop(x, self) if n else x, state[:, n])  # (B, T, H), (B, 2, H)
            ended.append(last)
        return x, torch.stack(ended, 1)  # (B, T, H), (B, L, 2, H)

    def forward(self, inputs, state):
        """Scores (B, T, V) of the tokens after `inputs` (B, T); the new state (B, L, 2, H)."""
        x, state = self.read(inputs, state)
        return drop(x, self) @ self.w_y + self.b_y, state  # (B, T, V), (B, L, 2, H)


def depth(config):
    return config.layers


class Seq2Seq(Module):
    """Two networks (Sec. 2): one reads a sentence into its state, one writes from there."""

    def __init__(self, config, symbols, target_symbols=None):
        super().__init__()
        self.encoder = Encoder(config, symbols)
        self.decoder = Decoder(config, target_symbols or symbols)

    def scores(self, source, inputs):
        """Scores (B, T, V) of the tokens after `inputs` (B, T), given `source` (B, S)."""
        return self.decoder(inputs, self.encoder(source)[1])[0]

    def start(self, source):
        """All that is kept of `source` (B, S): the state after it."""
        return {"state": self.encoder(source)[1]}

    def step(self, cache, prefix):
        """Scores (B, V) after the last token of `prefix` (B, T); the state holds those before."""
        scores, cache["state"] = self.decoder(prefix[:, -1:], cache["state"])
        return scores[:, -1]  # (B, V)


def loss(scores, targets):
    """Nats per token that is no padding, of `scores` (B, T, V) and `targets` (B, T)."""
    return F.cross_entropy(scores.float().flatten(0, 1), targets.flatten(), ignore_index=PAD)


def learning_rate(step, config):
    """Up linearly in `warmup` steps, then down linearly to zero; step from 1."""
    left = (config.steps + 1 - step) / max(1, config.steps - config.warmup)
    return config.rate * min(step / config.warmup, left, 1.0)


def optimizer(parameters):
    return torch.optim.Adam(parameters, betas=(0.9, 0.98), fused=True)


class Learner:
    """One step after the other, for any net with `scores`."""

    def __init__(self, config, net, masters, seed):
        self.config, self.net, self.masters, self.seed = config, net, masters, seed
        self.optimizer = optimizer(masters.masters)

    def step(self, source, target, i):
        """Learn from the i-th `source` (B, S), `target` (B, T + 1); its loss in nats per token."""
        torch.manual_seed(self.seed * 1_000_003 + i)  # of dropout: the same after a restart
        value = loss(self.net.scores(source, target[:, :-1]), target[:, 1:])
        value.backward()
        self.masters.take_gradients()
        clip_gradients(self.masters.masters, self.config.clip)  # Sec. 3.4
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(i + 1, self.config)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.masters.give_weights()
        return value.detach()
