"""GPT-1, Radford et al. 2018, version 2: the published model, right and fast.

Parameters bear the names and have the shapes of the published weights, see `load_published`.
Against version 1: the norm after the sum, GELU by tanh, the answer from the extract token itself,
wherever a row ends; clipping; one product for queries, keys and values, attention plain or fused
by length, scores of tokens only where there are tokens, a cache, bfloat16.

Symbols: d_model the width, h heads, d_k = d_model / h, N layers; L_1, L_2, L_3 the losses of
         Sec. 3; lambda the weight of the auxiliary one.
Shapes:  B rows, L tokens of a sentence, T positions, S those looked at, C context, H heads,
         K = d_k, D = d_model, V tokens, Y classes, N targets of a batch.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch.nn import Embedding, LayerNorm, Module, ModuleList, Parameter

from papers.adam.version2.model import AdamW, groups

PAD, START, DELIMITER, EXTRACT = range(4)  # Sec. 3.3; other tasks' rows: ../task.py
EPSILON = 1e-5  # of the norms, in the published code
FUSED_FROM = 512  # positions: on a CPU the fused kernel pays from about here on


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
    clip: float = 1.0  # the published code; the paper does not say
    steps: int = 649  # of fine-tuning: 3 passes over 6,920 sentences
    few_steps: int = 94  # ours: 3 passes over 1,000 sentences, and as long over 100

    def __post_init__(self):
        if self.d_model % self.heads:
            raise ValueError("d_model must be a multiple of heads")

    finetune_steps = property(lambda config: config.steps)

    def tuning_steps(self, labels):
        return self.steps if labels is None else self.few_steps


def framed(tokens, lengths):
    """`tokens` (B, L), padded at the end, between START and EXTRACT: (B, T)."""
    rows = F.pad(tokens, (1, 1), value=PAD)  # (B, T)
    rows[:, 0] = START
    return rows.scatter(1, (lengths + 1)[:, None], EXTRACT)


def document(sentences):  # as pre-training reads it: START and EXTRACT are met before fine-tuning
    return [START, *(token for sentence in sentences for token in sentence), EXTRACT]


def answered(h, lengths):
    """What the head reads: the last block's output (B, D) at EXTRACT, of `h` (B, T, D)."""
    return h[torch.arange(len(h), device=h.device), lengths + 1]


# -- the net --------------------------------------------------------------------------------------


class Projection(Module):
    """x W + b. The published weights stand as (in, out)."""

    def __init__(self, rows, columns):
        super().__init__()
        self.weight = Parameter(torch.empty(rows, columns))
        self.bias = Parameter(torch.zeros(columns))

    def forward(self, x):
        return F.linear(x, self.weight.t(), self.bias)  # (B, T, D or 3 D or 4 D)


def gelu(x):
    """0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))), as in the published code."""
    return F.gelu(x, approximate="tanh")


def attend(q, k, v, hidden):
    """softmax(q k^T / sqrt(d_k)) v: (B, H, T, K), twice (B, H, S, K) -> (B, H, T, K).

    `hidden` (T, S) is 0 where a position may look and -inf where it may not; None hides nothing.
    """
    scale = q.shape[-1] ** -0.5
    if q.device.type != "cpu" or k.shape[-2] >= FUSED_FROM:
        return F.scaled_dot_product_attention(q, k, v, attn_mask=hidden, scale=scale)
    heads = q.shape[:2]
    q, k, v = (x.reshape(-1, *x.shape[-2:]) for x in (q, k, v))  # (B H, T, K), twice (B H, S, K)
    hidden = q.new_zeros(()) if hidden is None else hidden
    scores = torch.baddbmm(hidden, q, k.transpose(1, 2), alpha=scale)  # (B H, T, S)
    return torch.bmm(scores.softmax(-1), v).unflatten(0, heads)  # (B H, T, K) -> (B, H, T, K)


class Attention(Module):
    """Queries, keys and values from one product."""

    def __init__(self, config):
        super().__init__()
        d, self.heads = config.d_model, config.heads
        self.c_attn, self.c_proj = Projection(d, 3 * d), Projection(d, d)

    def forward(self, x, hidden, kept=None, start=0):
        """`x` (B, T, D); `kept` (B, H, C, K): keys and values, known up to `start`."""
        (b, t, d), end = x.shape, start + x.shape[1]
        # (B, H, T, K)
        q, k, v = self.c_attn(x).view(b, t, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        if kept is not None:
            kept[0][:, :, start:end], kept[1][:, :, start:end] = k, v
            k, v = (x[:, :, :end] for x in kept)  # (B, H, S, K)
        y = attend(q, k, v, hidden)  # (B, H, T, K)
        return self.c_proj(y.transpose(1, 2).reshape(b, t, d))  # (B, T, D)


class MLP(Module):
    """gelu(x W_1 + b_1) W_2 + b_2, four times as wide inside."""

    def __init__(self, config):
        super().__init__()
        self.c_fc = Projection(config.d_model, 4 * config.d_model)
        self.c_proj = Projection(4 * config.d_model, config.d_model)

    def forward(self, x):
        return self.c_proj(gelu(self.c_fc(x)))


def residual(x, sublayer, norm, drop):
    """LayerNorm(x + Sublayer(x)): the norm stands after the sum, as in the Transformer."""
    return norm(x + drop(sublayer(x)))


class Block(Module):
    """Attention and the feed-forward network (Eq. 2)."""

    def __init__(self, config):
        super().__init__()
        self.attn, self.mlp, self.p = Attention(config), MLP(config), config.dropout
        self.ln_1, self.ln_2 = (LayerNorm(config.d_model, EPSILON) for _ in range(2))

    def forward(self, x, hidden, kept=None, start=0):
        x = residual(x, lambda y: self.attn(y, hidden, kept, start), self.ln_1, self.drop)
        return residual(x, self.mlp, self.ln_2, self.drop)

    def drop(self, x):
        return F.dropout(x, self.p, self.training) if self.p else x


def blocks(config):
    return [Block(config) for _ in range(config.layers)]


def barred(size):  # 0 on and below the diagonal: no position sees a later one
    return torch.full((size, size), -math.inf).triu(1)


class GPT1(Module):
    """Token and position embeddings, blocks, and two heads: of tokens, tied, and of classes."""

    def __init__(self, config, symbols, classes=2):
        super().__init__()
        self.config = config
        self.tokens_embed = Embedding(symbols, config.d_model)
        self.positions_embed = Embedding(config.context, config.d_model)
        self.h = ModuleList(blocks(config))
        self.w_y = Parameter(torch.empty(classes, config.d_model))  # Eq. 3
        self.register_buffer("hidden", barred(config.context), persistent=False)
        self.initialise()

    def initialise(self):
        """N(0, std) for matrices and embeddings (Sec. 4.1)."""
        for p in self.parameters():
            if p.dim() > 1:
                torch.nn.init.normal_(p, std=self.config.std)

    def transform(self, tokens, state=None):
        """The last block's output (B, T, D), Eq. 2, for `tokens` (B, T); writes the cache."""
        start = 0 if state is None else state["tokens"].shape[1]
        end = start + tokens.shape[1]
        x = self.tokens_embed(tokens) + self.positions_embed.weight[start:end]  # (B, T, D)
        x = F.dropout(x, self.config.dropout, self.training)
        hidden = None if end - start == 1 else self.hidden[start:end, :end]  # (T, S)
        for n, block in enumerate(self.h):
            x = block(x, hidden, state and (state[f"key.{n}"], state[f"value.{n}"]), start)
        if state is not None:
            state["tokens"] = torch.cat([state["tokens"], tokens], 1)
        return x

    def forward(self, tokens, state=None):
        """Scores (B, T, V) of what follows each of `tokens` (B, T)."""
        return F.linear(self.transform(tokens, state), self.tokens_embed.weight)

    def head(self, h):  # (B, D) -> (B, Y): Eq. 3
        return F.linear(F.dropout(h, self.config.dropout, self.training), self.w_y)

    def classify(self, tokens, lengths):
        """Scores (B, Y) of the classes, as the exam asks for them."""
        return self.head(answered(self.transform(framed(tokens, lengths)), lengths))

    def losses(self, rows, lengths=None, labels=None):
        """Each row's two losses (B, 2), in nats: of its tokens, `rows` (B, T), and with `labels`
        (B) of its class. What weighs nothing is not computed."""
        h = self.transform(rows)
        spoken = judged = torch.zeros(len(h), device=h.device)
        if labels is None or self.config.auxiliary:
            spoken = token_nats(self, h, rows)
        if labels is not None:
            scores = self.head(answered(h, lengths)).float()
            judged = F.cross_entropy(scores, labels, reduction="none")
        return torch.stack([spoken, judged], 1)


# -- losses (Sec. 3.1 and 3.2), in nats -----------------------------------------------------------


def token_nats(net, h, rows):
    """The sum (B,) over tokens of `rows` (B, T), each from those before it, but for padding."""
    targets = rows[:, 1:]
    known = targets != PAD  # (B, T - 1)
    scores = F.linear(h[:, :-1][known], net.tokens_embed.weight)  # (N, V)
    nats = F.cross_entropy(scores.float(), targets[known], reduction="none")  # (N,)
    return nats.new_zeros(len(rows)).index_add(0, known.nonzero()[:, 0], nats)


def language_loss(nats, rows):
    """L_1: the mean over tokens, from the sums `nats` (B,) of `rows` (B, T)."""
    return nats.sum() / (rows[:, 1:] != PAD).sum()


def pretraining_rate(i, config):
    """Up linearly in `warmup` steps, then down to zero along a cosine (Sec. 4.1)."""
    if i < config.warmup:
        return config.learning_rate * (i + 1) / config.warmup
    done = (i - config.warmup) / max(1, config.pretrain_steps - config.warmup)
    return config.learning_rate * 0.5 * (1 + math.cos(math.pi * done))


def tuning_rate(i, config, steps):
    """Up in a small share of the steps, then down to zero, along lines (Sec. 4.1)."""
    warmup = max(1, round(config.tuning_warmup * steps))
    return config.tuning_rate * min((i + 1) / warmup, (steps - i) / max(1, steps - warmup))


class Learner:
    """The loops' bodies: rows of text, or sentences with their labels; one step of AdamW, whose
    decay is of matrices alone (Sec. 4.1)."""

    def __init__(self, config, net, masters, seed, labels=None):
        self.config, self.net, self.masters, self.seed = config, net, masters, seed
        self.labels, self.steps = labels, config.tuning_steps(labels)
        named = zip((name for name, _ in net.named_parameters()), masters.masters)
        self.optimizer = AdamW(groups(named, config.weight_decay))

    def loss(self, rows):
        return language_loss(self.net.losses(rows)[:, 0], rows)

    def read(self, rows, i):
        """Learn from the i-th `rows` (B, T) of text; L_1."""
        torch.manual_seed(self.seed * 1_000_003 + i)  # of dropout: the same after a restart
        return self.learn(self.loss(rows), pretraining_rate(i, self.config))

    def judge(self, tokens, lengths, labels, i):
        """Learn from the i-th `tokens` (B, L) and `labels` (B): L_3 = L_2 + lambda L_1."""
        torch.manual_seed(self.seed * 1_000_003 + i)
        rows = framed(tokens, lengths)
        spoken, judged = self.net.losses(rows, lengths, labels).unbind(1)  # (B,)
        judged, spoken = judged.mean(), language_loss(spoken, rows)  # L_2, L_1
        value = judged + self.config.auxiliary * spoken
        self.learn(value, tuning_rate(i, self.config, self.steps))
        return {"loss": value.detach(), "labels": judged.detach(), "text": spoken.detach()}

    def learn(self, value, rate):
        value.backward()
        self.masters.take_gradients()
        torch.nn.utils.clip_grad_norm_(self.masters.masters, self.config.clip)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.masters.give_weights()
        return value.detach()
