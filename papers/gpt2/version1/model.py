"""GPT-2, Radford et al. 2019, version 1: a language model from scratch.

Nothing prebuilt: the tokenizer is papers/bpe's, norm and feed-forward network come from
papers/transformer and are changed where the paper changes them, the optimizer is papers/adam's;
attention and the loop stand here. Its mistakes are kept: papers/gpt2/evidence/deviations.py.

Symbols: d_model the width, h heads, d_k = d_model / h, N layers, as in papers/transformer.
Shapes:  B batch, T positions, H heads, K = d_k, D = d_model, V tokens.
"""

import math
from dataclasses import dataclass

import torch
from torch.nn import Module, ModuleList, Parameter

from papers.adam.version2 import model as adam
from papers.bpe.version2 import model as bpe
from papers.transformer.version2 import model as transformer


@dataclass(frozen=True)
class Config:  # defaults: Table 2, first row; Sec. 2.2, 2.3; rate, decay, dropout of GPT-1
    merges: int | None = 50_000  # None: characters
    context: int = 1024
    d_model: int = 768
    heads: int = 12
    layers: int = 12
    dropout: float = 0.1
    batch: int = 512
    learning_rate: float = 2.5e-4
    weight_decay: float = 0.01
    steps: int = 100_000  # the paper does not say

    def __post_init__(self):
        if self.d_model % self.heads:
            raise ValueError("d_model must be a multiple of heads")

    @property
    def d_ff(self):  # four times the width, as in the Transformer and GPT-1
        return 4 * self.d_model


def vocabulary(text, characters, config):
    """Byte pairs learned on the training text; without merges, its characters (Sec. 2.2)."""
    return bpe.train([text], 256 + config.merges) if config.merges else characters


def matrix(rows, columns):
    """N(0, 0.02^2), as GPT-1."""
    return Parameter(torch.empty(rows, columns).normal_(std=0.02))


def gelu(x):
    """x Phi(x), Phi the normal distribution function (Hendrycks & Gimpel 2016, Eq. 1)."""
    return x * 0.5 * (1 + torch.erf(x / math.sqrt(2)))


class CausalAttention(Module):
    """softmax(Q K^T / sqrt(d_k)) V in h heads; no position sees a later one."""

    def __init__(self, config):
        super().__init__()
        d, self.heads = config.d_model, config.heads
        self.w_q, self.w_k, self.w_v, self.w_o = (matrix(d, d) for _ in range(4))
        self.b_q, self.b_k, self.b_v, self.b_o = (Parameter(torch.zeros(d)) for _ in range(4))

    def forward(self, x):  # (B, T, D) -> (B, T, D)
        q = self.split(x @ self.w_q + self.b_q)  # (B, H, T, K)
        k = self.split(x @ self.w_k + self.b_k)  # (B, H, T, K)
        v = self.split(x @ self.w_v + self.b_v)  # (B, H, T, K)
        scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])  # (B, H, T, T)
        steps = torch.arange(x.shape[1], device=x.device)
        later = steps > steps[:, None]  # (T, T)
        weights = scores.masked_fill(later, -math.inf).softmax(-1)
        joined = (weights @ v).transpose(1, 2).flatten(-2)  # (B, T, D)
        return joined @ self.w_o + self.b_o

    def split(self, x):
        """(B, T, D) -> (B, H, T, K)."""
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)


class FeedForward(transformer.FeedForward):
    """The Transformer's, with the weights and the activation of GPT-1."""

    def __init__(self, config):
        super().__init__(config)
        for w in (self.w_1, self.w_2):
            torch.nn.init.normal_(w, std=0.02)

    def forward(self, x):  # (B, T, D)
        return gelu(x @ self.w_1 + self.b_1) @ self.w_2 + self.b_2  # (B, T, 4 D) -> (B, T, D)


class Block(Module):
    """The norm stands at the input of each sublayer (Sec. 2.3), not after the sum."""

    def __init__(self, config):
        super().__init__()
        self.attention, self.feed = CausalAttention(config), FeedForward(config)
        self.norms = ModuleList([transformer.LayerNorm(config.d_model, 1e-5) for _ in range(2)])
        self.p = config.dropout

    def forward(self, x):
        x = x + transformer.dropout(self.attention(self.norms[0](x)), self.p, self.training)
        return x + transformer.dropout(self.feed(self.norms[1](x)), self.p, self.training)


class GPT(Module):
    """The Transformer's decoder without an encoder, and with learned positions (as GPT-1)."""

    def __init__(self, config, symbols):
        super().__init__()
        self.config = config
        self.tokens, self.positions = (
            matrix(size, config.d_model) for size in (symbols, config.context)
        )
        self.blocks = ModuleList([Block(config) for _ in range(config.layers)])
        self.norm = transformer.LayerNorm(config.d_model, 1e-5)  # Sec. 2.3: an additional one
        self.head = matrix(config.d_model, symbols)

    def forward(self, tokens):  # (B, T) -> (B, T, V)
        x = self.tokens[tokens] + self.positions[: tokens.shape[1]]
        x = transformer.dropout(x, self.config.dropout, self.training)
        for block in self.blocks:
            x = block(x)
        return self.norm(x) @ self.head

    def read(self, tokens, seen=None):
        """Scores (B, T, V) after each of `tokens`, which follow those in `seen`; all seen now.

        Everything before is computed again. When the window is full, its last half goes on.
        """
        seen, found = tokens[:, :0] if seen is None else seen, []
        while tokens.shape[1]:
            if seen.shape[1] == self.config.context:
                seen = seen[:, seen.shape[1] - self.config.context // 2 :]
            fitting = tokens[:, : self.config.context - seen.shape[1]]
            seen, tokens = torch.cat([seen, fitting], 1), tokens[:, fitting.shape[1] :]
            found.append(self(seen)[:, -fitting.shape[1] :])
        return torch.cat(found, 1), seen


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


class Learner:
    """The loop's body: windows, loss, gradients, one step of AdamW."""

    def __init__(self, config, net, masters, seed):
        self.config, self.net, self.masters, self.seed = config, net, masters, seed
        self.optimizer = adam.AdamW(
            masters.masters, lr=config.learning_rate, weight_decay=config.weight_decay
        )

    def step(self, tokens, i):
        """Learn from the i-th batch; its loss in nats per token."""
        torch.manual_seed(self.seed * 1_000_003 + i)  # of dropout: the same after a restart
        inputs, targets = batch(tokens, self.config, self.seed, i)
        value = loss(self.net(inputs), targets)
        value.backward()
        self.masters.take_gradients()
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.masters.give_weights()
        return value.detach()
