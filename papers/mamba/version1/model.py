"""Mamba, Gu and Dao 2023, version 1: Algorithm 2 as it stands, one token after the other.

Basic operations only. Both A and B are discretised by zero-order hold, as Eq. 4 says; gradients go
back through the loop by themselves and are not clipped; the rate stays as it is. Its mistakes are
kept: every matrix begins alike, also those of Delta, and all parameters decay, also A and D. See
papers/mamba/evidence/deviations.py.

Symbols: x_t, h_t, A, B, C, Delta as in Sec. 2; a_bar, b_bar what Eq. 4 makes of A and B; D what is
         passed by; z the gate (Fig. 3).
Shapes:  B batch, T tokens, D width, L layers, E channels, N states of a channel, R rank of Delta,
         W taps of the convolution, V symbols.
"""

import math
from dataclasses import dataclass

import torch
from torch.nn import Module, ModuleList, Parameter

from papers.adam.version2 import model as adam


@dataclass(frozen=True)
class Config:  # defaults: the 130 million of Sec. 4.2 and App. E.2
    d_model: int = 768
    layers: int = 24
    expand: int = 2  # E = 2 D
    states: int = 16
    taps: int = 4
    sequence: int = 2048
    batch: int = 256
    learning_rate: float = 3e-3
    weight_decay: float = 0.1
    steps: int = 4800

    @property
    def channels(self):
        return self.expand * self.d_model


def matrix(rows, columns):
    """N(0, 0.02^2), as in GPT-2."""
    return Parameter(torch.empty(rows, columns).normal_(std=0.02))


def silu(x):
    return x * torch.sigmoid(x)


def softplus(x):
    """log(1 + e^x), without overflow."""
    return x.clamp(min=0) + (-x.abs()).exp().log1p()


class RMSNorm(Module):
    """x / rms(x), times a gain."""

    def __init__(self, size):
        super().__init__()
        self.gain = Parameter(torch.ones(size))

    def forward(self, x):
        return x / (x.square().mean(-1, keepdim=True) + 1e-5).sqrt() * self.gain


def selective_scan(x, delta, a, b, c, h):
    """What Algorithm 2 does last: `x` (B, T, E), `delta` (B, T, E), `a` (E, N), `b` (B, T, N), `c`
    (B, T, N), `h` (B, E, N) before the first token; y (B, T, E) and the last h (B, E, N)."""
    y = []
    for t in range(x.shape[1]):
        a_bar = (delta[:, t, :, None] * a).exp()  # (B, E, N): Eq. 4
        b_bar = (a_bar - 1) / a * b[:, t, None]  # (B, E, N): Eq. 4, for a diagonal A
        h = a_bar * h + b_bar * x[:, t, :, None]  # (B, E, N): Eq. 2a
        y.append((h * c[:, t, None]).sum(-1))  # (B, E): Eq. 2b
    return torch.stack(y, 1), h


class SelectiveSSM(Module):
    """Algorithm 2: B, C and Delta are functions of x_t; A is not."""

    def __init__(self, config):
        super().__init__()
        e, n, rank = config.channels, config.states, math.ceil(config.d_model / 16)
        self.w_b, self.w_c = matrix(e, n), matrix(e, n)
        self.w_down, self.w_up = matrix(e, rank), matrix(rank, e)  # Sec. 3.6: Delta of low rank
        self.b_delta = Parameter(torch.zeros(e))
        # Sec. 3.6, the real S4D: A_n = -(n + 1) for n from 0, negative whatever is learned.
        self.log_a = Parameter(torch.arange(1, n + 1).log().repeat(e, 1))
        self.d = Parameter(torch.ones(e))

    def forward(self, x, h):
        """`x` (B, T, E), read on from `h` (B, E, N); what is read out, and the last state."""
        a = -self.log_a.exp()  # (E, N)
        b, c = x @ self.w_b, x @ self.w_c  # (B, T, N): s_B and s_C
        delta = softplus(x @ self.w_down @ self.w_up + self.b_delta)  # (B, T, E): tau(s_Delta)
        y, h = selective_scan(x, delta, a, b, c, h)  # (B, T, E), (B, E, N)
        return y + self.d * x, h


class Block(Module):
    """Fig. 3, right: projection, convolution, SSM, gate, projection."""

    def __init__(self, config):
        super().__init__()
        d, e = config.d_model, config.channels
        self.norm, self.ssm = RMSNorm(d), SelectiveSSM(config)
        self.w_x, self.w_z, self.w_out = matrix(d, e), matrix(d, e), matrix(e, d)
        self.taps, self.b_taps = matrix(config.taps, e), Parameter(torch.zeros(e))

    def convolve(self, x, kept):
        """Each channel's last W values: `x` (B, T, E) after `kept` (B, W - 1, E)."""
        x, tokens = torch.cat([kept, x], 1), x.shape[1]
        parts = [x[:, w : w + tokens] * tap for w, tap in enumerate(self.taps)]
        return sum(parts, self.b_taps), x[:, tokens:]  # (B, T, E), (B, W - 1, E)

    def forward(self, x, kept, h):
        """`x` (B, T, D), after `kept` (B, W - 1, E), the convolution's last inputs, and `h`."""
        y = self.norm(x)
        inner, kept = self.convolve(y @ self.w_x, kept)  # (B, T, E), (B, W - 1, E)
        inner, h = self.ssm(silu(inner), h)
        gated = inner * silu(y @ self.w_z)  # (B, T, E)
        return x + gated @ self.w_out, kept, h  # (B, T, D), (B, W - 1, E), (B, E, N)


class Mamba(Module):
    """Embedding, blocks, norm, and the embedding once more."""

    def __init__(self, config, symbols):
        super().__init__()
        self.config = config
        self.embedding = matrix(symbols, config.d_model)
        self.blocks = ModuleList([Block(config) for _ in range(config.layers)])
        self.norm = RMSNorm(config.d_model)

    def begin(self, batch):
        """The state before any text (B, L, E, W - 1 + N): what each convolution needs, and h."""
        c = self.config
        return self.embedding.new_zeros(batch, c.layers, c.channels, c.taps - 1 + c.states)

    def forward(self, tokens, state=None):
        """Scores (B, T, V) after `tokens` (B, T) from `state` (B, L, E, W - 1 + N); the new one."""
        state = self.begin(len(tokens)) if state is None else state
        x, ended = self.embedding[tokens], []  # (B, T, D)
        for block, before in zip(self.blocks, state.unbind(1)):
            kept, h = before.split([self.config.taps - 1, self.config.states], -1)
            x, kept, h = block(x, kept.transpose(1, 2), h)  # (B, T, D), (B, W - 1, E), (B, E, N)
            ended.append(torch.cat([kept.transpose(1, 2), h], -1))  # (B, E, W - 1 + N)
        scores = self.norm(x) @ self.embedding.t()  # (B, T, V)
        return scores, torch.stack(ended, 1)  # (B, T, V), (B, L, E, W - 1 + N)


def loss(scores, targets):
    """Cross-entropy in nats per token."""
    log_p = scores - scores.logsumexp(-1, keepdim=True)  # (B, T, V)
    return -log_p.gather(-1, targets[..., None]).mean()


def chunk(tokens, config, i):
    """The i-th inputs and targets (B, T) of as many streams as the batch has rows, cut from the
    text side by side; and whether the streams begin anew."""
    length = len(tokens) // config.batch
    rows = tokens[: length * config.batch].unfold(0, length, length)
    start = i % ((length - 1) // config.sequence) * config.sequence
    piece = rows[:, start : start + config.sequence + 1]  # (B, T + 1)
    return piece[:, :-1], piece[:, 1:], start == 0


class Learner:
    """The loop's body: the next chunk, loss, gradients, one step of AdamW on everything."""

    def __init__(self, config, net, masters):
        self.config, self.net, self.masters = config, net, masters
        self.optimizer = adam.AdamW(
            masters.masters, lr=config.learning_rate, weight_decay=config.weight_decay
        )
        self.carried = {"state": net.begin(config.batch)}

    def step(self, tokens, i):
        """Learn from the i-th chunk; its loss in nats per token."""
        inputs, targets, anew = chunk(tokens, self.config, i)
        scores, state = self.net(inputs, None if anew else self.carried["state"])
        self.carried["state"] = state.detach()  # no gradient goes back beyond the chunk
        value = loss(scores, targets)
        value.backward()
        self.masters.take_gradients()
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.masters.give_weights()
        return value.detach()
