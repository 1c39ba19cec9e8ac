"""Differential Transformer, Ye et al. 2024 (arXiv:2410.05258), version 2: the authors' layout.

Against version 1: the two maps of a head have queries and keys of their own, rotated apart; lambda
is reparameterised; each head has its norm with a gain; the first layer begins at 0.2. Both
softmaxes of all heads are one product; a cache, warm-up and a falling rate, decay, clipping. With
`maps` of 1 it is llama's attention with twice the heads and as many weights: the paper's rival.

Symbols: d_model the width, h heads, d = d_model / 2h the width of a query or key, N layers.
Shapes:  B stretches, T tokens, S those looked at, Q questions, H heads, K = d, D = d_model,
         V tokens known.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch.nn import Embedding, Linear, Module, ModuleList, Parameter

from papers.adam.version2.model import AdamW, groups
from papers.llama.version2.model import RMSNorm, SwiGLU, rope, turns

EPSILON = 1e-5  # of the norms, in the authors' code
BASE = 10_000.0  # of RoPE's angles


@dataclass(frozen=True)
class Config:  # defaults: the 3B model of Sec. 3.1 and Table 9
    d_model: int = 3072
    heads: int = 12
    layers: int = 28
    maps: int = 2  # 1: ordinary attention with 2 h heads
    multiple: int = 256  # of the feed-forward width, as in llama
    batch: int = 1000  # stretches; there of 4,096 tokens
    learning_rate: float = 3.2e-4
    warmup: int = 1000
    least: float = 0.04  # the rate ends at 1.28e-5
    beta2: float = 0.95
    weight_decay: float = 0.1
    clip: float = 1.0
    steps: int = 250_000  # 10^12 tokens

    def __post_init__(self):
        if self.d_model % (4 * self.heads):
            raise ValueError("d_model must be a multiple of 4 times heads")
        if self.maps not in (1, 2):
            raise ValueError("maps must be 1 or 2")


def lambda_init(layer):
    """0.2 in the first layer, near 0.8 in deep ones (Sec. 2.1); layers are counted from 0 here."""
    return 0.8 - 0.6 * math.exp(-0.3 * layer)


def barred(end, start=0, most=None, device=None):
    """0 where a token may look, -inf where it may not: (T, S), for the tokens from `start` on.
    Each sees itself and those before it, `most` in all where that is given."""
    bars = torch.full((end - start, end), -math.inf, device=device)
    return bars.triu(start + 1) + (bars.tril(start - most) if most else 0)  # (T, S)


def maps(q, k, hidden):
    """Scores and softmax(q k^T / sqrt(d)): (B, 2 H, T, K), (B, 2 H, S, K) -> twice (B, 2 H, T, S).

    All maps of all heads are one product; `hidden` (T, S) is added.
    """
    many = q.shape[:2]
    q, k = q.flatten(0, 1), k.flatten(0, 1)
    scores = torch.baddbmm(hidden, q, k.mT, alpha=q.shape[-1] ** -0.5)  # (2 B H, T, S)
    return scores.unflatten(0, many), scores.softmax(-1).unflatten(0, many)


class DifferentialAttention(Module):
    """(softmax(Q1 K1^T / sqrt(d)) - lambda softmax(Q2 K2^T / sqrt(d))) V (Eq. 1), h heads."""

    def __init__(self, config, layer):
        super().__init__()
        d, self.heads, self.maps = config.d_model, config.heads, config.maps
        size = d // (2 * self.heads)
        self.qkv, self.out = Linear(d, 3 * d, bias=False), Linear(d, d, bias=False)
        self.lambda_init = lambda_init(layer)
        if self.maps == 2:
            for name in ("lambda_q1", "lambda_k1", "lambda_q2", "lambda_k2"):
                self.register_parameter(name, Parameter(torch.empty(size)))
            self.norm = RMSNorm(2 * size, EPSILON)

    def lam(self):
        """exp(q1 k1) - exp(q2 k2) + its first value (Eq. 2): steps as those of the weights."""
        one = (self.lambda_q1 * self.lambda_k1).sum()
        two = (self.lambda_q2 * self.lambda_k2).sum()
        return one.float().exp() - two.float().exp() + self.lambda_init

    def split(self, x, turn):
        """Queries and keys, two neighbours of them to a head, and its values: (B, 2 H, T, K),
        (B, 2 H, T, K), (B, H, T, 2 K). With one map to a head values are as many as maps."""
        d, h = x.shape[-1], 2 * self.heads
        turned, v = self.qkv(x).split([2 * d, d], -1)  # (B, T, 2 D), (B, T, D)
        turned = rope(turned.unflatten(-1, (2 * h, -1)), turn)  # (B, T, 4 H, K): each map apart
        q, k = turned.transpose(1, 2).chunk(2, 1)  # (B, 2 H, T, K)
        return q, k, v.unflatten(-1, (h // self.maps, -1)).transpose(1, 2)

    def difference(self, weights):
        """What the values are weighted with: (B, 2 H, T, S) -> (B, H, T, S), rows of sum
        1 - lambda. With one map to a head all stays as it is."""
        if self.maps == 1:
            return weights
        one, two = weights.unflatten(1, (-1, 2)).unbind(2)  # (B, H, T, S)
        return one - self.lam().to(two.dtype) * two

    def join(self, heads):
        """Each head normalised and scaled (Eq. 3), then the product that joins them: (B, T, D)."""
        if self.maps == 2:
            heads = self.norm(heads) * (1 - self.lambda_init)
        return self.out(heads.transpose(1, 2).flatten(-2))

    def forward(self, x, turn, hidden, kept=None):
        """`x` (B, T, D); `kept`: keys and values before it. What attention adds, and all kept."""
        q, k, v = self.split(x, turn)
        if kept is not None:
            k, v = (torch.cat(pair, 2) for pair in zip(kept, (k, v)))
        heads = self.difference(maps(q, k, hidden)[1]) @ v  # (B, H, T, 2 K)
        return self.join(heads), (k, v)


class Block(Module):
    """Y = X + attention(norm(X)), then Y + SwiGLU(norm(Y)) (Eq. 4 and 5): llama's block."""

    def __init__(self, config, layer):
        super().__init__()
        self.attention = DifferentialAttention(config, layer)
        self.feed = SwiGLU(config)
        self.norm_1, self.norm_2 = (RMSNorm(config.d_model, EPSILON) for _ in range(2))

    def forward(self, x, turn, hidden, kept=None):
        added, kept = self.attention(self.norm_1(x), turn, hidden, kept)
        x = x + added
        return x + self.feed(self.norm_2(x)), kept


class DiffTransformer(Module):
    """Embedding, blocks, a last norm, scores of the next token."""

    def __init__(self, config, symbols):
        super().__init__()
        self.size = config.d_model // (2 * config.heads)
        self.embedding = Embedding(symbols, config.d_model)
        self.blocks = ModuleList([Block(config, n) for n in range(config.layers)])
        self.norm = RMSNorm(config.d_model, EPSILON)
        self.head = Linear(config.d_model, symbols, bias=False)
        self.initialise()

    def initialise(self):
        """Products keep the size of what they multiply; lambda's parts are N(0, 0.1^2), as in
        the authors' code."""
        for name, p in self.named_parameters():
            if "lambda" in name:
                torch.nn.init.normal_(p, std=0.1)
            elif p.dim() > 1:
                std = 0.02 if name == "embedding.weight" else p.shape[1] ** -0.5
                torch.nn.init.normal_(p, std=std)

    def forward(self, tokens):  # (B, T) -> (B, T, V)
        return self.read(tokens)[0]

    def read(self, tokens, state=None, most=None):
        """Scores (B, T, V) after each of `tokens`, which follow those read into `state`; and the
        state: keys and values of each layer. A token sees `most` keys, if that is given."""
        place = int(state["place"][0]) if state else 0
        known = state["key.0"].shape[2] if state else 0
        end = place + tokens.shape[1]
        x = self.embedding(tokens)  # (B, T, D)
        turn = turns(place, end, self.size, BASE, x.device)
        hidden = barred(known + tokens.shape[1], known, most, x.device).to(x.dtype)
        after = {"place": tokens.new_full((len(tokens),), end)}
        for n, block in enumerate(self.blocks):
            kept = state and (state[f"key.{n}"], state[f"value.{n}"])
            x, kept = block(x, turn, hidden, kept)
            after[f"key.{n}"], after[f"value.{n}"] = (y[:, :, -(most or end) :] for y in kept)
        return self.head(self.norm(x)), after

    def look(self, tokens):
        """What the exam asks for, layer by layer: scores, weights, states behind the block."""
        x = self.embedding(tokens)
        turn = turns(0, tokens.shape[1], self.size, BASE, x.device)
        hidden = barred(tokens.shape[1], device=x.device).to(x.dtype)
        for block in self.blocks:
            q, k, _ = block.attention.split(block.norm_1(x), turn)
            scores, weights = maps(q, k, hidden)
            x, _ = block(x, turn, hidden)
            yield scores, block.attention.difference(weights), x


def loss(scores, stretches):
    """Nats per answer and nats per character, one as much as the other.

    What needles and questions will be is drawn at random, so nothing is learned from them.
    """
    targets = stretches.tokens[:, 1:]
    nats = F.cross_entropy(scores[:, :-1].float().transpose(1, 2), targets, reduction="none")
    return nats.gather(1, stretches.asked).mean() + nats[stretches.text].mean()


def learning_rate(i, config):
    """Up linearly in `warmup` steps, then linearly down to the share `least` of it (Sec. 3.1)."""
    if i < config.warmup:
        return config.learning_rate * (i + 1) / config.warmup
    done = (i - config.warmup) / max(1, config.steps - config.warmup)
    return config.learning_rate * (1 - (1 - config.least) * done)


class Learner:
    """The loop's body: loss, gradients, one step of AdamW."""

    def __init__(self, config, net, masters):
        self.config, self.net, self.masters = config, net, masters
        named = zip((name for name, _ in net.named_parameters()), masters.masters)
        self.optimizer = AdamW(groups(named, config.weight_decay), betas=(0.9, config.beta2))

    def step(self, stretches, i):
        """Learn from the i-th batch; its loss in nats."""
        value = loss(self.net(stretches.tokens), stretches)
        value.backward()
        self.masters.take_gradients()
        torch.nn.utils.clip_grad_norm_(self.masters.masters, self.config.clip)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(i, self.config)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.masters.give_weights()
        return value.detach()
