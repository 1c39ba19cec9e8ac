"""GPT-3, Brown et al. 2020, version 1: the first reading, from basic operations.

papers/gpt2's version 1 with a band in every other layer. The band is a mask on the full matrix of
scores, so a banded layer costs what a dense one does. Its mistakes are kept:
papers/gpt3/evidence/deviations.py.

Symbols: w the band, d_model the width, h heads, d_k = d_model / h, as in papers/gpt2.
Shapes:  B batch, T positions, H heads, K = d_k, D = d_model, V tokens.
"""

import math
from dataclasses import dataclass

import torch

from papers.adam.version2 import model as adam
from papers.gpt2.version1 import model as gpt2


@dataclass(frozen=True)
class Config:  # defaults: Table 2.1, first row; Sec. 2.1; Appendix B
    context: int = 2048
    band: int = 256  # not in the paper; GPT-Neo's
    d_model: int = 768
    heads: int = 12
    layers: int = 12
    batch: int = 256  # Table 2.1: half a million tokens
    tasks: int = 0  # rows of a batch that hold tasks instead of text: ours
    learning_rate: float = 6e-4
    warmup: int = 715  # 375 million tokens
    weight_decay: float = 0.1
    steps: int = 572_205  # 300 billion tokens

    def __post_init__(self):
        if self.d_model % self.heads:
            raise ValueError("d_model must be a multiple of heads")
        if self.band < 1:
            raise ValueError("the band must have a position at least, a token's own")
        if not 0 <= self.tasks <= self.batch:
            raise ValueError("tasks are rows of the batch: at most as many as it has")

    @property
    def dropout(self):  # the paper names none
        return 0.0

    @property
    def d_ff(self):  # Sec. 2.1: four times the width
        return 4 * self.d_model


class Attention(gpt2.CausalAttention):
    """softmax(Q K^T / sqrt(d_k)) V in h heads; in a banded layer a position sees no further back
    than w."""

    def __init__(self, config, band):
        super().__init__(config)
        self.band = band  # None: dense

    def forward(self, x):  # (B, T, D) -> (B, T, D)
        q = self.split(x @ self.w_q + self.b_q)  # (B, H, T, K)
        k = self.split(x @ self.w_k + self.b_k)  # (B, H, T, K)
        v = self.split(x @ self.w_v + self.b_v)  # (B, H, T, K)
        scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])  # (B, H, T, T)
        hidden = barred(x.shape[1], self.band, x.device)
        weights = scores.masked_fill(hidden, -math.inf).softmax(-1)  # (B, H, T, T)
        joined = (weights @ v).transpose(1, 2).flatten(-2)  # (B, T, D)
        return joined @ self.w_o + self.b_o


def barred(length, band, device=None):
    """Which positions each one may not see: later ones, and in a band those too far back (T, T)."""
    steps = torch.arange(length, device=device)
    back = steps[:, None] - steps  # (T, T)
    return (back < 0) | (back > band) if band else back < 0


class GPT3(gpt2.GPT):
    """GPT-2 with dense and banded layers in turn (Sec. 2.1), the dense one first."""

    def __init__(self, config, symbols):
        super().__init__(config, symbols)
        for n, block in enumerate(self.blocks):
            block.attention = Attention(config, config.band if n % 2 else None)


def score(log_p, lengths, unconditional):
    """How good answers are: their log-probabilities after the question."""
    return log_p


def words(text):
    return text.split()


def grams(text, n):
    """Runs of n words, in order."""
    found = words(text)
    return [tuple(found[i : i + n]) for i in range(len(found) - n + 1)]


def contaminated(examples, training, n=13):
    """For each example of a test, the first run of n words that the training text has as well, or
    None (Appendix C)."""
    known = set(grams(training, n))
    for example in examples:
        yield next((" ".join(run) for run in grams(example, n) if run in known), None)


def loss(scores, targets):
    """Cross-entropy in nats per token."""
    return gpt2.loss(scores, targets)


def learning_rate(i, config):
    """Up linearly in `warmup` steps, then down along a cosine."""
    if i < config.warmup:
        return config.learning_rate * (i + 1) / config.warmup
    done = (i - config.warmup) / max(1, config.steps - config.warmup)
    return config.learning_rate * 0.5 * (1 + math.cos(math.pi * done))


class Learner:
    """The loop's body: windows, loss, gradients, one step of AdamW."""

    def __init__(self, config, net, masters, seed):
        self.config, self.net, self.masters, self.seed = config, net, masters, seed
        self.optimizer = adam.AdamW(masters.masters, weight_decay=config.weight_decay)

    def step(self, tokens, tasks, i):
        """Learn from the i-th windows of the text and from `tasks` (B, T + 1), of which answers
        alone are learned; the sum of both losses in nats per token."""
        inputs, targets = gpt2.batch(tokens, self.config, self.seed, i)  # (B, T)
        kept = len(inputs) - len(tasks)
        inputs = torch.cat([inputs[:kept], tasks[:, :-1]])  # (B, T)
        targets = torch.cat([targets[:kept], tasks[:, 1:]])  # (B, T)
        scores = self.net(inputs)  # (B, T, V)
        value = loss(scores[:kept], targets[:kept]) if kept else 0.0
        if len(tasks):  # every other token is an answer
            value = value + loss(scores[kept:, ::2], targets[kept:, ::2])
        value.backward()
        self.masters.take_gradients()
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(i, self.config)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.masters.give_weights()
        return value.detach()
