"""LLaMA, Touvron et al. 2023, version 1: from basic operations, with the usual slips.

Nothing prebuilt: the three changes of Sec. 2.2, attention, the loss and the loop stand here; byte
pairs are papers/bpe's and the optimizer papers/adam's. Its mistakes are kept, and a reader may
look for five of them before opening papers/llama/evidence/deviations.py.

Symbols: d_model the width, h heads, d_k = d_model / h, N layers, as in papers/transformer;
         theta_i the angle of pair i per place (Su et al. 2021, Sec. 3.2.2).
Shapes:  B batch, T positions, S those looked at, H heads, K = d_k, D = d_model,
         F hidden units, V tokens.
"""

import math
from dataclasses import dataclass

import torch
from torch.nn import Module, ModuleList, Parameter

from papers.adam.version2 import model as adam
from papers.bpe.version2 import model as bpe


@dataclass(frozen=True)
class Config:  # defaults: Table 2, first row; Sec. 2.3
    merges: int | None = 31_744  # 32,000 tokens, published with the weights. None: characters
    context: int = 2048  # as published with the weights, like `multiple` and `epsilon`
    d_model: int = 4096
    heads: int = 32
    layers: int = 32
    multiple: int = 256  # of the hidden width
    base: float = 10_000.0  # of the angles
    epsilon: float = 1e-6
    batch: int = 2048
    learning_rate: float = 3e-4
    warmup: int = 2000
    weight_decay: float = 0.1
    clip: float = 1.0
    steps: int = 238_419  # 10^12 tokens

    def __post_init__(self):
        if self.d_model % (2 * self.heads):
            raise ValueError("d_model must be a multiple of twice the heads: RoPE turns pairs")

    @property
    def d_ff(self):
        """Two thirds of 4 d (Sec. 2.2): three matrices for two; rounded up in the authors' code."""
        return math.ceil(8 * self.d_model / 3 / self.multiple) * self.multiple


def vocabulary(text, characters, config):
    """Byte pairs learned on the training text; without merges, its characters (Sec. 2.1)."""
    return bpe.train([text], 256 + config.merges) if config.merges else characters


def matrix(rows, columns, std=0.02):
    """N(0, 0.02^2), as GPT-2; the paper does not say."""
    return Parameter(torch.empty(rows, columns).normal_(std=std))


class RMSNorm(Module):
    """g x / sqrt(mean(x^2) + epsilon) (Zhang and Sennrich 2019, Eq. 4)."""

    def __init__(self, width, epsilon):
        super().__init__()
        self.gain, self.epsilon = Parameter(torch.ones(width)), epsilon

    def forward(self, x):
        return self.gain * x / (x.pow(2).mean(-1, keepdim=True) + self.epsilon).sqrt()


def rope(x, base):
    """Turn the components of `x` (B, H, T, K) in pairs, by theta_i = base^(-2 i / d_k) for each
    place (Su et al. 2021, Eq. 15 and 34)."""
    places = torch.arange(x.shape[2], device=x.device).float()
    theta = base ** (-torch.arange(0, x.shape[-1], 2, device=x.device) / x.shape[-1])  # (K / 2)
    angles = (places[:, None] * theta).repeat_interleave(2, dim=-1)  # (T, K)
    first, second = x.chunk(2, dim=-1)
    turned = torch.cat([-second, first], -1)  # (B, H, T, K)
    return x * angles.cos().to(x) + turned * angles.sin().to(x)  # (B, H, T, K)


class Attention(Module):
    """softmax(Q K^T / sqrt(d_k)) V in h heads; no position sees a later one."""

    def __init__(self, config):
        super().__init__()
        d, self.heads, self.base = config.d_model, config.heads, config.base
        self.w_q, self.w_k, self.w_v = (matrix(d, d) for _ in range(3))
        self.w_o = matrix(d, d, 0.02 / math.sqrt(2 * config.layers))  # GPT-2, Sec. 2.3

    def forward(self, x, known=None):
        """What is added to `x` (B, T, D), and the keys and values `known` then: of the text before
        and of this one."""
        q = rope(self.split(x @ self.w_q), self.base)  # (B, H, T, K)
        k = rope(self.split(x @ self.w_k), self.base)  # (B, H, T, K)
        v = self.split(x @ self.w_v)  # (B, H, T, K)
        if known is not None:
            k, v = (torch.cat(both, 2) for both in zip(known, (k, v)))  # (B, H, S, K)
        scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])  # (B, H, T, S)
        later = torch.ones_like(scores[0, 0]).triu(1 + scores.shape[-1] - scores.shape[-2]) > 0
        weights = scores.masked_fill(later, -math.inf).softmax(-1)
        joined = (weights @ v).transpose(1, 2).flatten(-2)  # (B, H, T, K) -> (B, T, D)
        added = joined @ self.w_o  # (B, T, D)
        return added, (k, v)

    def split(self, x):
        """(B, T, D) -> (B, H, T, K)."""
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)


class SwiGLU(Module):
    """(swish(x W_1) * x W_3) W_2, with swish(x) = x sigmoid(x) (Shazeer 2020, Eq. 6)."""

    def __init__(self, config):
        super().__init__()
        d, f = config.d_model, config.d_ff
        self.w_1, self.w_2 = matrix(d, f), matrix(f, d)
        self.w_3 = matrix(d, f, 0.02 / math.sqrt(2 * config.layers))

    def forward(self, x):
        gate = x @ self.w_1  # (B, T, F)
        return (gate * gate.sigmoid() * (x @ self.w_3)) @ self.w_2  # (B, T, F) -> (B, T, D)


class Block(Module):
    """The norm stands at the input of each sublayer (Sec. 2.2), as in GPT-2."""

    def __init__(self, config):
        super().__init__()
        self.attention, self.feed = Attention(config), SwiGLU(config)
        self.norms = ModuleList([RMSNorm(config.d_model, config.epsilon) for _ in range(2)])

    def forward(self, x, known=None):
        found, known = self.attention(self.norms[0](x), known)
        x = x + found
        return x + self.feed(self.norms[1](x)), known


class Llama(Module):
    """Token embedding, blocks, a last norm, a head of its own. No table of positions."""

    def __init__(self, config, symbols):
        super().__init__()
        self.config = config
        self.tokens, self.head = matrix(symbols, config.d_model), matrix(config.d_model, symbols)
        self.blocks = ModuleList([Block(config) for _ in range(config.layers)])
        self.norm = RMSNorm(config.d_model, config.epsilon)

    def forward(self, tokens):
        """Scores (B, T, V) of the next token after each."""
        return self.extend(tokens)[0]

    def extend(self, tokens, known=None):
        """Scores (B, T, V) after `tokens`, and each block's keys and values, which go on from those
        that are `known`."""
        x, found = self.tokens[tokens], []
        for n, block in enumerate(self.blocks):
            x, kept = block(x, known and known[n])
            found.append(kept)
        return self.norm(x) @ self.head, found

    def read(self, tokens, state=None):
        """Scores (B, T, V) after each of `tokens`, which follow those read into `state`: the tokens
        seen, and the keys and values of each block.

        When the window is full, its last half is read again.
        """
        seen, known = state or (tokens[:, :0], None)
        context, found = self.config.context, []
        while tokens.shape[1]:
            if seen.shape[1] == context:
                seen = seen[:, context - context // 2 :]
                known = self.extend(seen)[1] if seen.shape[1] else None
            fitting = tokens[:, : context - seen.shape[1]]
            scores, known = self.extend(fitting, known)
            found.append(scores)
            seen, tokens = torch.cat([seen, fitting], 1), tokens[:, fitting.shape[1] :]
        return torch.cat(found, 1), (seen, known)


def loss(scores, targets):
    """Cross-entropy in nats per token."""
    log_p = scores - scores.logsumexp(-1, keepdim=True)  # (B, T, V)
    return -log_p.gather(-1, targets[..., None]).mean()


def batch(tokens, config, seed, i):
    """The i-th inputs and targets (B, T): windows that begin anywhere in the text."""
    rng = torch.Generator().manual_seed(seed * 1_000_003 + i)
    starts = torch.randint(len(tokens) - config.context, (config.batch,), generator=rng)
    rows = tokens[starts[:, None] + torch.arange(config.context + 1)]  # (B, T + 1)
    return rows[:, :-1], rows[:, 1:]


def learning_rate(i, config):
    """Up linearly in `warmup` steps, then down along a cosine (Sec. 2.3)."""
    if i < config.warmup:
        return config.learning_rate * (i + 1) / config.warmup
    done = (i - config.warmup) / max(1, config.steps - config.warmup)
    return config.learning_rate * 0.5 * (1 + math.cos(math.pi * done))


class Learner:
    """The loop's body: windows, loss, gradients of at most `clip` together, one step of AdamW."""

    def __init__(self, config, net, masters, seed):
        self.config, self.net, self.masters, self.seed = config, net, masters, seed
        self.optimizer = adam.AdamW(
            masters.masters, betas=(0.9, 0.95), weight_decay=config.weight_decay
        )

    def step(self, tokens, i):
        """Learn from the i-th batch; its loss in nats per token."""
        inputs, targets = batch(tokens, self.config, self.seed, i)
        value = loss(self.net(inputs), targets)
        value.backward()
        self.masters.take_gradients()
        gradients = [p.grad for p in self.masters.masters]
        norm = sum(g.pow(2).sum() for g in gradients).sqrt()
        for g in gradients:
            g.mul_((self.config.clip / norm).clamp(max=1))
        self.optimizer.param_groups[0]["lr"] = learning_rate(i, self.config)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.masters.give_weights()
        return value.detach()
