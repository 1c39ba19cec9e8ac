"""Transformer, Vaswani et al. 2017 (arXiv:1706.03762), version 3: fast, and with what came later.

Against version 2: the norm before the sublayer, fused projections, attention fused or plain by
length, a cache while decoding, no biases but the norms', bfloat16, a rate that falls to zero.

Symbols: d_model, N layers (Sec. 3.1); h heads, d_k = d_model / h (Sec. 3.2.2); d_ff (Sec. 3.3).
Shapes:  B batch, S source, T target, H heads, K = d_k, D = d_model, F = d_ff, V words,
         N layers, P projections of one product, L longest sentence.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch.nn import Module, ModuleList, Parameter

PAD = 0  # the word that fills up short sentences
FUSED_FROM = 512  # keys: on a CPU the fused kernel pays from about here on
LONGEST = 512  # positions of the table


@dataclass(frozen=True)
class Config:  # defaults: Table 3, row "base", and Sec. 5; the rate is ours
    d_model: int = 512
    d_ff: int = 2048
    heads: int = 8
    layers: int = 6
    dropout: float = 0.1
    smoothing: float = 0.1
    warmup: int = 4000
    rate: float = 7e-4  # its peak; about that of Eq. 3 at the end of the warm-up
    batch: int = 25_000  # tokens on either side, padding included (Sec. 5.1)
    steps: int = 100_000
    averaged: int = 5  # checkpoints, `apart` steps from each other
    apart: int = 1000

    def __post_init__(self):
        if self.d_model % self.heads or self.d_model % 2:
            raise ValueError("d_model must be even and a multiple of heads")


def matrix(rows, columns):
    return Parameter(torch.empty(rows, columns).normal_(std=rows**-0.5))


def several(make, count):
    return ModuleList([make() for _ in range(count)])  # each with random weights of its own


class LayerNorm(Module):
    """gain (x - mean) / sqrt(variance + epsilon) + bias (Ba et al. 2016, Eq. 4)."""

    def __init__(self, d_model):
        super().__init__()
        self.gain, self.bias = Parameter(torch.ones(d_model)), Parameter(torch.zeros(d_model))

    def forward(self, x):
        return F.layer_norm(x, self.gain.shape, self.gain, self.bias, 1e-6)


def score_scale(d_k):
    return d_k**-0.5  # Sec. 3.2.1: large products push the softmax to where its gradient is small


def embedding_scale(d_model):
    return math.sqrt(d_model)  # Sec. 3.4


def attend(q, k, v, hidden):
    """Eq. 1 by the faster of two equal ways: (B, H, T, K), twice (B, H, S, K) -> (B, H, T, K).
    `hidden` (B or 1, 1, T or 1, S) is 0 where a position may look and -inf where it may not."""
    scale = score_scale(q.shape[-1])
    if q.device.type != "cpu" or k.shape[-2] >= FUSED_FROM:
        return F.scaled_dot_product_attention(q, k, v, attn_mask=hidden, scale=scale)
    # (B, H, T, S) -> (B, H, T, K)
    return ((q * scale) @ k.transpose(-2, -1) + hidden).softmax(-1) @ v


def split(x, parts, heads):
    """(B, T, P D) -> (P, B, H, T, K)."""
    return x.unflatten(-1, (parts, heads, -1)).permute(2, 0, 3, 1, 4)


def merge(x):  # (B, H, T, K) -> (B, T, D)
    return x.transpose(1, 2).flatten(-2)


def head_count(config):
    return config.heads


def depth(config):
    return config.layers


class SelfAttention(Module):
    """Queries, keys and values from one product."""

    def __init__(self, config):
        super().__init__()
        d, self.heads = config.d_model, head_count(config)
        self.w_qkv, self.w_o = matrix(d, 3 * d), matrix(d, d)

    def forward(self, x, hidden, past=None):
        """`x` (B, T, D); while decoding, keys and values before, `past` (B, 2, H, S - T, K)."""
        q, k, v = split(x @ self.w_qkv, 3, self.heads)  # (B, H, T, K)
        if past is not None:
            k, v = torch.cat([past[:, 0], k], -2), torch.cat([past[:, 1], v], -2)  # (B, H, S, K)
        return merge(attend(q, k, v, hidden)) @ self.w_o, (k, v)  # (B, T, D), twice (B, H, S, K)


class CrossAttention(Module):
    """Queries from the decoder, keys and values from the encoder's output, computed once."""

    def __init__(self, config):
        super().__init__()
        d, self.heads = config.d_model, head_count(config)
        self.w_q, self.w_kv, self.w_o = matrix(d, d), matrix(d, 2 * d), matrix(d, d)

    def remember(self, memory):  # (B, S, D) -> (2, B, H, S, K)
        return split(memory @ self.w_kv, 2, self.heads)

    def forward(self, x, remembered, hidden):  # (B, T, D) -> (B, T, D)
        (q,) = split(x @ self.w_q, 1, self.heads)  # (B, H, T, K)
        return merge(attend(q, *remembered, hidden)) @ self.w_o


class FeedForward(Module):
    """max(0, x W_1) W_2 (Eq. 2 without biases)."""

    def __init__(self, config):
        super().__init__()
        self.w_1 = matrix(config.d_model, config.d_ff)
        self.w_2 = matrix(config.d_ff, config.d_model)

    def forward(self, x):
        return (x @ self.w_1).relu() @ self.w_2  # (B, T, F) -> (B, T, D)


def residual(x, sublayer, norm, drop):
    """x + Dropout(Sublayer(LayerNorm(x))): what comes in goes on untouched beside the sublayer."""
    return x + drop(sublayer(norm(x)))


class Layer(Module):
    """One layer of the encoder, or with `cross` of the decoder."""

    def __init__(self, config, cross=False):
        super().__init__()
        self.p = config.dropout
        self.attention, self.feed = SelfAttention(config), FeedForward(config)
        self.cross = CrossAttention(config) if cross else None
        self.norms = several(lambda: LayerNorm(config.d_model), 3 if cross else 2)

    def drop(self, x):
        return F.dropout(x, self.p, self.training)

    def forward(self, x, hidden, remembered=None, source_hidden=None, past=None):
        """The layer's output (B, T, D), and its keys and values for the words to come."""
        kept = []

        def attention(y):
            y, keys_and_values = self.attention(y, hidden, past)
            kept.extend(keys_and_values)
            return y

        def cross(y):
            return self.cross(y, remembered, source_hidden)

        x = residual(x, attention, self.norms[0], self.drop)
        x = residual(x, cross, self.norms[1], self.drop) if self.cross is not None else x
        return residual(x, self.feed, self.norms[-1], self.drop), kept


def position_table(d_model):
    """Sec. 3.5: sin and cos of pos / 10000^(2i / d_model), side by side: (L, D)."""
    pos = torch.arange(LONGEST)[:, None]
    angle = pos / 10000 ** (torch.arange(0, d_model, 2) / d_model)
    return torch.stack([angle.sin(), angle.cos()], -1).flatten(-2)


def barred(seen):
    """True -> 0, False -> -inf, to be added to the scores."""
    return torch.zeros(seen.shape, device=seen.device).masked_fill(~seen, -math.inf)


def bar_padding(source):  # (B, S) -> (B, 1, 1, S)
    return barred(source != PAD)[:, None, None]


def bar_future(length, device):  # -> (1, 1, T, T)
    return barred(torch.ones(length, length, dtype=torch.bool, device=device).tril())[None, None]


class Transformer(Module):
    """Encoder and decoder (Fig. 1) over one shared embedding (Sec. 3.4)."""

    def __init__(self, config, symbols):
        super().__init__()
        self.config, d = config, config.d_model
        self.embedding = Parameter(torch.empty(symbols, d).normal_(std=d**-0.5))
        self.register_buffer("table", position_table(d), persistent=False)
        self.encoder = several(lambda: Layer(config), depth(config))
        self.decoder = several(lambda: Layer(config, cross=True), depth(config))
        self.norms = several(lambda: LayerNorm(d), 2)  # after the last layer of either side

    def embed(self, tokens, start=0):  # (B, T) -> (B, T, D)
        x = F.embedding(tokens, self.embedding) * embedding_scale(self.config.d_model)
        x = x + self.table[start : start + tokens.shape[1]].to(x.dtype)
        return F.dropout(x, self.config.dropout, self.training)

    def encode(self, source):
        """What the decoder's layers look at: keys, values (2, B, H, S, K) by layer; the bars."""
        x, hidden = self.embed(source), bar_padding(source).to(self.embedding.dtype)
        for layer in self.encoder:
            x, _ = layer(x, hidden)
        memory = self.norms[0](x)
        return [layer.cross.remember(memory) for layer in self.decoder], hidden

    def scores(self, source, inputs):
        remembered, bars = self.encode(source)
        x, hidden = self.embed(inputs), bar_future(inputs.shape[1], inputs.device).to(bars.dtype)
        for layer, seen in zip(self.decoder, remembered):
            x, _ = layer(x, hidden, seen, bars)
        return self.norms[1](x) @ self.embedding.T  # (B, T, V)

    def start(self, source):
        """The cache: all keys and values of the source, none of the target yet."""
        remembered, bars = self.encode(source)
        # (B, N, 2, H, S, K)
        cross = torch.stack([torch.stack(tuple(kv)) for kv in remembered]).movedim(2, 0)
        return {"cross": cross, "bars": bars, "past": cross[..., :0, :]}

    def step(self, cache, prefix):
        """Scores (B, V) after the last word of `prefix`; those before it are in the cache."""
        x, past = self.embed(prefix[:, -1:], start=prefix.shape[1] - 1), []  # (B, 1, D)
        none = x.new_zeros(1, 1, 1, prefix.shape[1])  # the last word may look at all before it
        for n, layer in enumerate(self.decoder):
            seen = cache["cross"][:, n].unbind(1)
            x, kept = layer(x, none, seen, cache["bars"], cache["past"][:, n])
            past.append(torch.stack(kept, 1))  # (B, 2, H, T, K)
        cache["past"] = torch.stack(past, 1)
        return (self.norms[1](x) @ self.embedding.T)[:, -1]


def loss(scores, targets, smoothing):
    """Cross-entropy with label smoothing (Sec. 5.4), in nats per word that is no padding."""
    flat, wanted = scores.float().flatten(0, 1), targets.flatten()
    return F.cross_entropy(flat, wanted, ignore_index=PAD, label_smoothing=smoothing)


def learning_rate(step, config):
    """Up linearly in `warmup` steps, then down linearly to zero; step from 1."""
    left = (config.steps + 1 - step) / max(1, config.steps - config.warmup)
    return config.rate * min(step / config.warmup, left, 1.0)


def optimizer(parameters):
    return torch.optim.Adam(parameters, betas=(0.9, 0.98), eps=1e-9, fused=True)  # Sec. 5.3


class Learner:
    """One step after the other, and the mean of the last checkpoints (Sec. 6.1)."""

    def __init__(self, config, net, masters, seed):
        self.config, self.net, self.masters, self.seed = config, net, masters, seed
        self.optimizer = optimizer(masters.masters)
        self.carried = {f"sum.{i}": torch.zeros_like(p) for i, p in enumerate(masters.masters)}
        self.carried["count"] = torch.zeros(())

    def step(self, source, target, i):
        """Learn from the i-th `source` (B, S), `target` (B, T + 1); its loss in nats per word."""
        torch.manual_seed(self.seed * 1_000_003 + i)  # of dropout: the same after a restart
        value = loss(self.net.scores(source, target[:, :-1]), target[:, 1:], self.config.smoothing)
        value.backward()
        self.masters.take_gradients()
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(i + 1, self.config)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.masters.give_weights()
        left = self.config.steps - 1 - i
        if left % self.config.apart == 0 and left < self.config.averaged * self.config.apart:
            self.remember()
        return value.detach()

    @torch.no_grad()
    def remember(self):
        for i, p in enumerate(self.masters.masters):
            self.carried[f"sum.{i}"] += p
        self.carried["count"] += 1

    @torch.no_grad()
    def average(self):
        """Put the mean of the checkpoints in the place of the weights."""
        if self.carried["count"]:
            for i, p in enumerate(self.masters.masters):
                p.copy_(self.carried[f"sum.{i}"] / self.carried["count"])
            self.masters.give_weights()
