"""Differential Transformer, Ye et al. 2024 (arXiv:2410.05258), version 1: a first reading of Eq. 1.

Basic tensor operations alone. Its mistakes are kept: evidence/deviations.py names them.

Symbols: d_model the width, h heads, d = d_model / 2h the width of a query or key, N layers.
Shapes:  B stretches, T tokens, Q questions, H heads, K = d, D = d_model, F feed-forward width,
         V tokens known.
"""

import math
from dataclasses import dataclass

import torch
from torch.nn import Module, ModuleList, Parameter

from papers.adam.version2.model import AdamW

EPSILON = 1e-5  # of the norms, in the authors' code


@dataclass(frozen=True)
class Config:  # defaults: the 3B model of Sec. 3.1 and Table 9
    d_model: int = 3072
    heads: int = 12
    layers: int = 28
    batch: int = 1000  # stretches; there of 4,096 tokens
    learning_rate: float = 3.2e-4
    steps: int = 250_000  # 10^12 tokens

    def __post_init__(self):
        if self.d_model % (4 * self.heads):
            raise ValueError("d_model must be a multiple of 4 times heads")

    @property
    def d_ff(self):
        return 8 * self.d_model // 3  # Sec. 2.2


def matrix(rows, columns):
    """N(0, 1 / rows): products keep the size of what they multiply."""
    return Parameter(torch.empty(rows, columns).normal_(std=rows**-0.5))


def normalised(x):
    """x over the root of the mean of its squares."""
    return x / torch.sqrt((x * x).mean(-1, keepdim=True) + EPSILON)


class RMSNorm(Module):
    """Zhang and Sennrich 2019: no mean is taken away, and there is no bias."""

    def __init__(self, d_model):
        super().__init__()
        self.gain = Parameter(torch.ones(d_model))

    def forward(self, x):
        return self.gain * normalised(x)


def rotated(x):
    """RoPE (Su et al. 2021, Eq. 15): components 2 j and 2 j + 1 turn as a pair, by the place."""
    width, places = x.shape[-1], torch.arange(x.shape[-2], device=x.device)
    speed = 10_000 ** (-torch.arange(0, width, 2, device=x.device) / width)
    angle = places[:, None] * speed
    a, b = x[..., 0::2], x[..., 1::2]
    turned = (a * angle.cos() - b * angle.sin(), b * angle.cos() + a * angle.sin())
    return torch.stack(turned, -1).flatten(-2).to(x.dtype)


def softmax(scores):
    """Weights over the tokens up to each one: (B, H, T, T) -> (B, H, T, T)."""
    steps = torch.arange(scores.shape[-1], device=scores.device)
    scores = scores.masked_fill(steps > steps[:, None], -math.inf)
    e = (scores - scores.amax(-1, keepdim=True)).exp()
    return e / e.sum(-1, keepdim=True)


def lambda_init(layer):
    """Sec. 2.1, for layers counted from 1."""
    return 0.8 - 0.6 * math.exp(-0.3 * layer)


class DifferentialAttention(Module):
    """(softmax(Q1 K1^T / sqrt(d)) - lambda softmax(Q2 K2^T / sqrt(d))) V (Eq. 1), h heads."""

    def __init__(self, config, layer):
        super().__init__()
        d, self.heads = config.d_model, config.heads
        self.w_q, self.w_k, self.w_v, self.w_o = (matrix(d, d) for _ in range(4))
        self.lambda_init = lambda_init(layer)
        self.lam = Parameter(torch.tensor(self.lambda_init))

    def forward(self, x):  # (B, T, D) -> (B, T, D)
        _, weights = self.maps(x)
        v = self.split(x @ self.w_v)  # (B, H, T, 2 K)
        heads = normalised(weights @ v)  # (B, H, T, 2 K): Eq. 3
        joined = heads.transpose(1, 2).flatten(-2)  # (B, T, D)
        return (1 - self.lambda_init) * joined @ self.w_o  # (B, T, D)

    def maps(self, x):
        """Scores of both softmaxes (B, 2 H, T, T), and the maps' difference (B, H, T, T)."""
        q = rotated(self.split(x @ self.w_q))  # (B, H, T, 2 K)
        k = rotated(self.split(x @ self.w_k))  # (B, H, T, 2 K)
        (q1, q2), (k1, k2) = q.chunk(2, -1), k.chunk(2, -1)
        scale = q1.shape[-1] ** -0.5
        one = q1 @ k1.transpose(-2, -1) * scale  # (B, H, T, T)
        two = q2 @ k2.transpose(-2, -1) * scale  # (B, H, T, T)
        return torch.cat([one, two], 1), softmax(one) - self.lam * softmax(two)

    def split(self, x):
        """(B, T, D) -> (B, H, T, 2 K)."""
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)


class SwiGLU(Module):
    """(swish(x W_g) * x W_1) W_2 (Shazeer 2020)."""

    def __init__(self, config):
        super().__init__()
        d, f = config.d_model, config.d_ff
        self.w_g, self.w_1, self.w_2 = matrix(d, f), matrix(d, f), matrix(f, d)

    def forward(self, x):
        gate = x @ self.w_g  # (B, T, F)
        return (gate * gate.sigmoid() * (x @ self.w_1)) @ self.w_2  # (B, T, F) -> (B, T, D)


class Block(Module):
    """Y = X + attention(norm(X)), then Y + SwiGLU(norm(Y)) (Eq. 4 and 5)."""

    def __init__(self, config, layer):
        super().__init__()
        self.attention, self.feed = DifferentialAttention(config, layer), SwiGLU(config)
        self.norms = ModuleList([RMSNorm(config.d_model) for _ in range(2)])

    def forward(self, x):
        x = x + self.attention(self.norms[0](x))
        return x + self.feed(self.norms[1](x))


class DiffTransformer(Module):
    """Embedding, blocks, a last norm, scores of the next token."""

    def __init__(self, config, symbols):
        super().__init__()
        self.embedding = Parameter(torch.empty(symbols, config.d_model).normal_(std=0.02))
        self.blocks = ModuleList([Block(config, n + 1) for n in range(config.layers)])
        self.norm, self.head = RMSNorm(config.d_model), matrix(config.d_model, symbols)

    def forward(self, tokens):  # (B, T) -> (B, T, V)
        x = self.embedding[tokens]
        for block in self.blocks:
            x = block(x)
        return self.norm(x) @ self.head

    def look(self, tokens):
        """What the exam asks for, layer by layer: scores, weights, states behind the block."""
        x = self.embedding[tokens]
        for block in self.blocks:
            scores, weights = block.attention.maps(block.norms[0](x))
            x = block(x)
            yield scores, weights, x


def loss(scores, stretches):
    """Nats per answer and nats per character, one as much as the other.

    What needles and questions will be is drawn at random, so nothing is learned from them.
    """
    log_p = scores - scores.logsumexp(-1, keepdim=True)  # (B, T, V)
    nats = -log_p[:, :-1].gather(-1, stretches.tokens[:, 1:, None])[..., 0]  # (B, T - 1)
    return nats.gather(1, stretches.asked).mean() + nats[stretches.text].mean()


class Learner:
    """The loop's body: loss, gradients, one step of Adam."""

    def __init__(self, config, net, masters):
        self.net, self.masters = net, masters
        self.optimizer = AdamW(masters.masters, lr=config.learning_rate, weight_decay=0.0)

    def step(self, stretches):
        """Learn from a batch; its loss in nats."""
        value = loss(self.net(stretches.tokens), stretches)
        value.backward()
        self.masters.take_gradients()
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.masters.give_weights()
        return value.detach()
