"""GPT-1, Radford et al. 2018, version 1: a language model from scratch, then its fine-tuning.

Norm and feed-forward network come from papers/transformer, the optimizer is papers/adam's;
attention and the loop stand here. Its mistakes are kept: papers/gpt1/evidence/deviations.py.

Symbols: d_model the width, h heads, d_k = d_model / h, N layers; L_1, L_2, L_3 the losses of
         Sec. 3; lambda the weight of the auxiliary one.
Shapes:  B rows, L tokens of a sentence, T positions, H heads, K = d_k,
         D = d_model, V tokens, Y classes.
"""

import math
from dataclasses import dataclass

import torch
from torch.nn import Module, ModuleList, Parameter

from papers.adam.version2 import model as adam
from papers.transformer.version2 import model as transformer

# Sec. 3.3; 2 is the delimiter, which one sentence does not need.
PAD, START, EXTRACT = 0, 1, 3


@dataclass(frozen=True)
class Config:  # defaults: Sec. 4.1
    merges: int = 40_000
    context: int = 512
    d_model: int = 768
    heads: int = 12
    layers: int = 12
    std: float = 0.02  # of matrices at the start
    dropout: float = 0.1
    reviews: float = 0.0  # share of what is read in pre-training; the paper's books are one part
    batch: int = 64
    learning_rate: float = 2.5e-4
    warmup: int = 2000
    weight_decay: float = 0.01
    pretrain_steps: int = 1_000_000  # 100 passes over the books: our reckoning of their size
    tuning_batch: int = 32
    tuning_rate: float = 6.25e-5
    tuning_warmup: float = 0.002  # of the steps
    auxiliary: float = 0.5  # lambda
    steps: int = 649  # of fine-tuning: 3 passes over 6,920 sentences
    few_steps: int = 94  # ours: 3 passes over 1,000 sentences, and as long over 100

    def __post_init__(self):
        if self.d_model % self.heads:
            raise ValueError("d_model must be a multiple of heads")

    @property
    def d_ff(self):  # Sec. 4.1: 3072 at width 768
        return 4 * self.d_model

    @property
    def finetune_steps(self):
        return self.steps

    def tuning_steps(self, labels):
        return self.steps if labels is None else self.few_steps


def matrix(rows, columns, std):
    """N(0, std), Sec. 4.1."""
    return Parameter(torch.empty(rows, columns).normal_(std=std))


def gelu(x):
    """x Phi(x), Phi the normal distribution function (Hendrycks & Gimpel 2016, Eq. 1)."""
    return x * 0.5 * (1 + torch.erf(x / math.sqrt(2)))


def document(sentences):
    """What pre-training reads of a document: its tokens between START and EXTRACT."""
    return [START, *(token for sentence in sentences for token in sentence), EXTRACT]


def framed(tokens, lengths):
    """`tokens` (B, L), padded at the end, between START and EXTRACT: (B, T)."""
    b, length = tokens.shape
    rows = torch.full((b, length + 2), PAD, device=tokens.device)  # (B, T)
    rows[:, 0], rows[:, 1:-1] = START, tokens
    rows[torch.arange(b), lengths + 1] = EXTRACT
    return rows


class CausalAttention(Module):
    """softmax(Q K^T / sqrt(d_k)) V in h heads; no position sees a later one."""

    def __init__(self, config):
        super().__init__()
        d, self.heads = config.d_model, config.heads
        self.w_q, self.w_k, self.w_v, self.w_o = (matrix(d, d, config.std) for _ in range(4))
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
    """The Transformer's, with the weights and the activation of the paper."""

    def __init__(self, config):
        super().__init__(config)
        for w in (self.w_1, self.w_2):
            torch.nn.init.normal_(w, std=config.std)

    def forward(self, x):  # (B, T, D)
        return gelu(x @ self.w_1 + self.b_1) @ self.w_2 + self.b_2  # (B, T, 4 D) -> (B, T, D)


class Block(Module):
    """The norm stands at the input of each sublayer: that is GPT-2's block."""

    def __init__(self, config):
        super().__init__()
        self.attention, self.feed = CausalAttention(config), FeedForward(config)
        self.norms = ModuleList([transformer.LayerNorm(config.d_model, 1e-5) for _ in range(2)])
        self.p = config.dropout

    def forward(self, x):
        x = x + transformer.dropout(self.attention(self.norms[0](x)), self.p, self.training)
        return x + transformer.dropout(self.feed(self.norms[1](x)), self.p, self.training)


class GPT(Module):
    """The Transformer's decoder without an encoder (Eq. 2), and the head of classes (Eq. 3)."""

    def __init__(self, config, symbols, classes=2):
        super().__init__()
        self.config = config
        self.tokens, self.positions = (
            matrix(size, config.d_model, config.std) for size in (symbols, config.context)
        )
        self.blocks = ModuleList([Block(config) for _ in range(config.layers)])
        self.norm = transformer.LayerNorm(config.d_model, 1e-5)
        self.w_y = matrix(classes, config.d_model, config.std)

    def transform(self, tokens):  # (B, T) -> (B, T, D)
        x = self.tokens[tokens] + self.positions[: tokens.shape[1]]
        x = transformer.dropout(x, self.config.dropout, self.training)
        for block in self.blocks:
            x = block(x)
        return self.norm(x)

    def forward(self, tokens):  # (B, T) -> (B, T, V)
        return self.transform(tokens) @ self.tokens.T

    def head(self, h):  # (B, T, D) -> (B, Y)
        """Eq. 3, from the last column: where a row is shorter than its batch, that is padding."""
        return transformer.dropout(h[:, -1], self.config.dropout, self.training) @ self.w_y.T

    def classify(self, tokens, lengths):
        """Scores (B, Y) of the classes, as the exam asks for them."""
        return self.head(self.transform(framed(tokens, lengths)))

    def losses(self, rows, labels=None):
        """Each row's two losses (B, 2), in nats: of its tokens, `rows` (B, T), and with `labels`
        (B) of its class. What weighs nothing is not computed."""
        h, none = self.transform(rows), torch.zeros(len(rows), device=rows.device)
        asked = labels is None or self.config.auxiliary > 0
        spoken = token_nats(self, h, rows) if asked else none  # (B,)
        judged = none if labels is None else class_nats(self.head(h), labels)  # (B,)
        return torch.stack([spoken, judged], 1)

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


def token_nats(net, h, rows):
    """The sum of Eq. 1 for each of `rows` (B, T): each token from those before it, padding left
    out (B,)."""
    scores = h[:, :-1] @ net.tokens.T  # (B, T - 1, V)
    log_p = scores - scores.logsumexp(-1, keepdim=True)  # (B, T - 1, V)
    nats = -log_p.gather(-1, rows[:, 1:, None])[..., 0]  # (B, T - 1)
    return (nats * (rows[:, 1:] != PAD)).sum(1)


def class_nats(scores, labels):
    """A term of Eq. 4 for each row: (B,)."""
    log_p = scores - scores.logsumexp(-1, keepdim=True)  # (B, Y)
    return -log_p.gather(-1, labels[:, None])[:, 0]


def language_loss(nats, rows):
    """L_1 (Eq. 1), the mean over tokens, from the sums `nats` (B,) of `rows` (B, T)."""
    return nats.sum() / (rows[:, 1:] != PAD).sum()


def pretraining_rate(i, config):
    """Up linearly in `warmup` steps, then down to zero along a cosine (Sec. 4.1)."""
    if i < config.warmup:
        return config.learning_rate * (i + 1) / config.warmup
    done = (i - config.warmup) / max(1, config.pretrain_steps - config.warmup)
    return config.learning_rate * 0.5 * (1 + math.cos(math.pi * done))


def tuning_rate(i, config, steps):
    """Up in a small share of the steps, then down to zero along a line (Sec. 4.1)."""
    warmup = max(1, round(config.tuning_warmup * steps))
    if i < warmup:
        return config.tuning_rate * (i + 1) / warmup
    return config.tuning_rate * (steps - i) / max(1, steps - warmup)


class Learner:
    """The loops' bodies: rows of text, or sentences with their labels; one step of AdamW."""

    def __init__(self, config, net, masters, seed, labels=None):
        self.config, self.net, self.masters, self.seed = config, net, masters, seed
        self.labels, self.steps = labels, config.tuning_steps(labels)
        named = zip((name for name, _ in net.named_parameters()), masters.masters)
        self.optimizer = adam.AdamW(adam.groups(named, config.weight_decay))

    def loss(self, rows):
        return language_loss(self.net.losses(rows)[:, 0], rows)

    def read(self, rows, i):
        """Learn from the i-th `rows` (B, T) of text; L_1."""
        torch.manual_seed(self.seed * 1_000_003 + i)  # of dropout: the same after a restart
        return self._learn(self.loss(rows), pretraining_rate(i, self.config))

    def judge(self, tokens, lengths, labels, i):
        """Learn from `tokens` (B, L) and `labels` (B): L_3 = L_2 + lambda L_1 (Eq. 5)."""
        torch.manual_seed(self.seed * 1_000_003 + i)
        rows = framed(tokens, lengths)
        spoken, judged = self.net.losses(rows, labels).unbind(1)  # (B,)
        judged, spoken = judged.mean(), language_loss(spoken, rows)  # L_2, L_1
        value = judged + self.config.auxiliary * spoken
        self._learn(value, tuning_rate(i, self.config, self.steps))
        return {"loss": value.detach(), "labels": judged.detach(), "text": spoken.detach()}

    def _learn(self, value, rate):
        value.backward()
        self.masters.take_gradients()
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.masters.give_weights()
        return value.detach()
