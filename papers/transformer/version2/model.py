"""Transformer, Vaswani et al. 2017 (arXiv:1706.03762), version 2: equation by equation.

Basic tensor operations and autograd; no nn layer beyond Module and Parameter.

Symbols: d_model, N layers (Sec. 3.1); h heads, d_k = d_v = d_model / h (Sec. 3.2.2); d_ff (3.3).
Shapes:  B batch, S source, T target, H heads, K = d_k, D = d_model, F = d_ff, V words.
"""

import math
from dataclasses import dataclass

import torch
from torch.nn import Module, ModuleList, Parameter

PAD = 0  # the word that fills up short sentences


@dataclass(frozen=True)
class Config:  # defaults: Table 3, row "base", and Sec. 5
    d_model: int = 512
    d_ff: int = 2048
    heads: int = 8
    layers: int = 6
    dropout: float = 0.1
    smoothing: float = 0.1  # Sec. 5.4
    warmup: int = 4000  # Sec. 5.3
    rate: float = 1.0  # times Eq. 3
    batch: int = 25_000  # tokens on either side, padding included (Sec. 5.1)
    steps: int = 100_000
    averaged: int = 5  # Sec. 6.1: the last checkpoints, of which the mean translates
    apart: int = 1000  # steps between them; the paper's are ten minutes apart

    def __post_init__(self):
        if self.d_model % self.heads or self.d_model % 2:
            raise ValueError("d_model must be even and a multiple of heads")


def matrix(rows, columns):
    """Xavier uniform, as in the authors' tensor2tensor."""
    bound = math.sqrt(6 / (rows + columns))
    return Parameter(torch.empty(rows, columns).uniform_(-bound, bound))


def dropout(x, p, training):
    """Each component is zero with probability p; the others grow so that the mean stays."""
    return x * (torch.rand_like(x) >= p) / (1 - p) if training and p else x


class LayerNorm(Module):
    """gain (x - mean) / sqrt(variance + epsilon) + bias (Ba et al. 2016, Eq. 4)."""

    def __init__(self, d_model, epsilon=1e-6):
        super().__init__()
        self.gain, self.bias = Parameter(torch.ones(d_model)), Parameter(torch.zeros(d_model))
        self.epsilon = epsilon

    def forward(self, x):
        centred = x - x.mean(-1, keepdim=True)
        variance = (centred**2).mean(-1, keepdim=True)
        return self.gain * centred / torch.sqrt(variance + self.epsilon) + self.bias


class Attention(Module):
    """softmax(Q K^T / sqrt(d_k)) V (Eq. 1), h heads in parallel (Sec. 3.2.2)."""

    def __init__(self, config):
        super().__init__()
        d, self.heads = config.d_model, config.heads
        self.w_q, self.w_k, self.w_v, self.w_o = (matrix(d, d) for _ in range(4))

    def forward(self, x, memory, mask):  # (B, T, D), (B, S, D), (B or 1, T or 1, S) -> (B, T, D)
        q = self.split(x @ self.w_q)  # (B, H, T, K)
        k, v = self.split(memory @ self.w_k), self.split(memory @ self.w_v)  # (B, H, S, K)
        scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])  # (B, H, T, S): Eq. 1
        weights = scores.masked_fill(~mask[:, None], -math.inf).softmax(-1)
        return self.merge(weights @ v) @ self.w_o  # (B, T, D): Sec. 3.2.2

    def split(self, x):
        """(B, T, D) -> (B, H, T, K)."""
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def merge(self, x):
        """(B, H, T, K) -> (B, T, D): Concat(head_1, ..., head_h)."""
        return x.transpose(1, 2).flatten(-2)


class FeedForward(Module):
    """max(0, x W_1 + b_1) W_2 + b_2 (Eq. 2)."""

    def __init__(self, config):
        super().__init__()
        d, f = config.d_model, config.d_ff
        self.w_1, self.b_1 = matrix(d, f), Parameter(torch.zeros(f))
        self.w_2, self.b_2 = matrix(f, d), Parameter(torch.zeros(d))

    def forward(self, x):  # (B, T, D)
        return (x @ self.w_1 + self.b_1).relu() @ self.w_2 + self.b_2  # (B, T, F) -> (B, T, D)


class Residual(Module):
    """LayerNorm(x + Dropout(Sublayer(x))) (Sec. 3.1, 5.4): the norm comes after the sum."""

    def __init__(self, config):
        super().__init__()
        self.norm, self.p = LayerNorm(config.d_model), config.dropout

    def forward(self, x, sublayer):
        return self.norm(x + dropout(sublayer(x), self.p, self.training))


class EncoderLayer(Module):
    """Self-attention, then the feed-forward network (Sec. 3.1)."""

    def __init__(self, config):
        super().__init__()
        self.attention, self.feed = Attention(config), FeedForward(config)
        self.residuals = ModuleList([Residual(config) for _ in range(2)])

    def forward(self, x, mask):
        x = self.residuals[0](x, lambda x: self.attention(x, x, mask))
        return self.residuals[1](x, self.feed)


class DecoderLayer(Module):
    """Masked self-attention, attention over the encoder's output, feed-forward (Sec. 3.1)."""

    def __init__(self, config):
        super().__init__()
        self.attention, self.cross = Attention(config), Attention(config)
        self.feed = FeedForward(config)
        self.residuals = ModuleList([Residual(config) for _ in range(3)])

    def forward(self, x, causal, memory, mask):
        x = self.residuals[0](x, lambda x: self.attention(x, x, causal))
        x = self.residuals[1](x, lambda x: self.cross(x, memory, mask))
        return self.residuals[2](x, self.feed)


def positions(length, d_model):
    """PE(pos, 2i) = sin(pos / 10000^(2i / d_model)), PE(pos, 2i + 1) = cos(...): (T, D)."""
    pos = torch.arange(length)[:, None]
    angle = pos / 10000 ** (torch.arange(0, d_model, 2) / d_model)  # (T, D / 2)
    return torch.stack([angle.sin(), angle.cos()], -1).flatten(-2)


class Transformer(Module):
    """Encoder and decoder (Fig. 1) over one shared embedding (Sec. 3.4)."""

    def __init__(self, config, symbols):
        super().__init__()
        self.config = config
        d = config.d_model
        self.embedding = Parameter(torch.empty(symbols, d).normal_(std=d**-0.5))
        self.encoder = ModuleList([EncoderLayer(config) for _ in range(config.layers)])
        self.decoder = ModuleList([DecoderLayer(config) for _ in range(config.layers)])

    def embed(self, tokens):  # (B, T) -> (B, T, D)
        x = self.embedding[tokens] * math.sqrt(self.config.d_model)  # Sec. 3.4
        x = x + positions(tokens.shape[1], self.config.d_model).to(x)  # Sec. 3.5
        return dropout(x, self.config.dropout, self.training)  # Sec. 5.4

    def encode(self, source):  # (B, S) -> (B, S, D)
        x, mask = self.embed(source), (source != PAD)[:, None]  # (B, S, D), (B, 1, S)
        for layer in self.encoder:
            x = layer(x, mask)
        return x

    def decode(self, inputs, memory, source):  # (B, T), (B, S, D), (B, S) -> (B, T, D)
        x, steps = self.embed(inputs), torch.arange(inputs.shape[1], device=inputs.device)
        causal = (steps <= steps[:, None])[None]  # (1, T, T): no position sees a later one
        for layer in self.decoder:
            x = layer(x, causal, memory, (source != PAD)[:, None])
        return x

    def scores(self, source, inputs):
        x = self.decode(inputs, self.encode(source), source)
        return x @ self.embedding.T  # (B, T, V): Sec. 3.4

    def start(self, source):
        return {"source": source, "memory": self.encode(source)}

    def step(self, cache, prefix):
        """Scores (B, V) of the next token: everything before it is computed again."""
        x = self.decode(prefix, cache["memory"], cache["source"])
        return x[:, -1] @ self.embedding.T  # (B, V)


def loss(scores, targets, smoothing):
    """Cross-entropy with label smoothing (Sec. 5.4), in nats per word that is no padding.

    The wanted word has probability 1 - smoothing, which the others share, padding left out.
    """
    log_p = scores.float().log_softmax(-1)  # (B, T, V)
    wanted = log_p.gather(-1, targets[..., None])[..., 0]  # (B, T)
    others = log_p.sum(-1) - wanted - log_p[..., PAD]
    each = -(1 - smoothing) * wanted - smoothing / (scores.shape[-1] - 2) * others
    words = targets != PAD
    return (each * words).sum() / words.sum()


def learning_rate(step, config):
    """rate d_model^-0.5 min(step^-0.5, step warmup^-1.5), step from 1 (Eq. 3)."""
    return config.rate * config.d_model**-0.5 * min(step**-0.5, step * config.warmup**-1.5)


class Adam:
    """Kingma & Ba 2015, Algorithm 1, with Sec. 5.3's constants."""

    def __init__(self, parameters, beta1=0.9, beta2=0.98, epsilon=1e-9):
        self.parameters, self.betas, self.epsilon = list(parameters), (beta1, beta2), epsilon
        self.m, self.v = ([torch.zeros_like(p) for p in self.parameters] for _ in range(2))

    @torch.no_grad()
    def step(self, t, rate):
        beta1, beta2 = self.betas
        for p, m, v in zip(self.parameters, self.m, self.v):
            m.lerp_(p.grad, 1 - beta1)
            v.lerp_(p.grad**2, 1 - beta2)
            p -= rate * (m / (1 - beta1**t)) / ((v / (1 - beta2**t)).sqrt() + self.epsilon)
            p.grad = None


class Learner:
    """One step after the other, and the mean of the last checkpoints."""

    def __init__(self, config, net, seed):
        self.config, self.net, self.seed = config, net, seed
        self.adam = Adam(net.parameters())
        self.sums = [torch.zeros_like(p) for p in self.adam.parameters]
        self.count = torch.zeros(())

    def step(self, source, target, i):
        """Learn from the i-th `source` (B, S), `target` (B, T + 1); its loss in nats per word."""
        torch.manual_seed(self.seed * 1_000_003 + i)  # of dropout: the same after a restart
        scores = self.net.scores(source, target[:, :-1])
        value = loss(scores, target[:, 1:], self.config.smoothing)
        value.backward()
        self.adam.step(i + 1, learning_rate(i + 1, self.config))
        left = self.config.steps - 1 - i
        if left % self.config.apart == 0 and left < self.config.averaged * self.config.apart:
            self.remember()
        return value.detach()

    @torch.no_grad()
    def remember(self):
        for total, p in zip(self.sums, self.adam.parameters):
            total += p
        self.count += 1

    @torch.no_grad()
    def average(self):
        """Put the mean of the checkpoints (Sec. 6.1) in the place of the weights."""
        for total, p in zip(self.sums, self.adam.parameters):
            p.copy_(total / self.count if self.count else p)

    def state(self):
        parts = {"m": self.adam.m, "v": self.adam.v, "sum": self.sums}
        listed = {f"{name}.{i}": x for name, xs in parts.items() for i, x in enumerate(xs)}
        return {**self.net.state_dict(), **listed, "count": self.count}

    def restore(self, saved):
        with torch.no_grad():
            for name, x in self.state().items():
                x.copy_(saved[name])
