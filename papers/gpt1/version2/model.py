"""GPT-1, Radford et al. 2018, version 2: the published model, right and fast.

Parameters bear the names and have the shapes of the published weights, see `load_published`.
Against version 1: the norm after the sum, GELU by tanh, the answer from the extract token itself,
wherever a row ends; clipping; one product for queries, keys and values, attention plain or fused
by length, scores of tokens only where there are tokens, a cache, bfloat16.

Symbols: d_model the width, h heads, d_k = d_model / h, N layers; L_1, L_2, L_3 the losses of
         Sec. 3; lambda the weight of the auxiliary one.
Shapes:  B rows, C context, T positions, S those looked at, H heads, K = d_k, D = d_model,
         V tokens, Y classes.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch.nn import Embedding, LayerNorm, Module, ModuleList, Parameter

from common.exams.sentiment import CLASSES, PAD, packed

START, DELIMITER, EXTRACT = 1, 2, 3  # after PAD; Sec. 3.3
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
    few_passes: int = 3  # over 1,000 and 100 of them
    few_steps: int = 0  # at least, where these are few

    def __post_init__(self):
        if self.d_model % self.heads:
            raise ValueError("d_model must be a multiple of heads")

    @property
    def finetune_steps(self):
        return self.steps

    def tuning_steps(self, labels):
        """Steps of a fine-tuning on so many labels; None for all."""
        if labels is None:
            return self.steps
        return max(self.few_steps, self.few_passes * labels // min(labels, self.tuning_batch))


# -- inputs (Fig. 1, right): lists of tokens ------------------------------------------------------


def classification(text):
    return [START, *text, EXTRACT]


def entailment(premise, hypothesis):
    return [START, *premise, DELIMITER, *hypothesis, EXTRACT]


def similarity(one, other):
    """There is no order between the two: both orders are read, what comes out is added."""
    return [entailment(one, other), entailment(other, one)]


def multiple_choice(context, answers):
    """A row for each answer; a softmax is over the rows."""
    return [entailment(context, answer) for answer in answers]


def framed(tokens, lengths):
    """Sentences (B, T), padded at the end, as `classification` has them: (B, T + 2)."""
    rows = F.pad(tokens, (1, 1), value=PAD)
    rows[:, 0] = START
    return rows.scatter(1, (lengths + 1)[:, None], EXTRACT)


def reading(documents, length):
    """Rows to pre-train on: each document between START and EXTRACT, so that both are known before
    they are needed."""
    return packed(documents, length, START, EXTRACT)


def answered(h, lengths):
    """What the head reads: the last block's output (B, D) at EXTRACT, of `h` (B, T, D)."""
    return h[torch.arange(len(h), device=h.device), lengths + 1]


# -- the net --------------------------------------------------------------------------------------


class Projection(Module):
    """x W + b. The published weights stand as (in, out)."""

    def __init__(self, rows, columns):
        super().__init__()
        self.weight = Parameter(torch.empty(rows, columns))
        self.bias = Parameter(torch.empty(columns))

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


def barred(size):
    """0 on and below the diagonal, -inf above: no position sees a later one."""
    return torch.full((size, size), -math.inf).triu(1)


class GPT1(Module):
    """Token and position embeddings, blocks, and two heads: of tokens, tied, and of classes."""

    def __init__(self, config, symbols):
        super().__init__()
        self.config = config
        self.tokens_embed = Embedding(symbols, config.d_model)
        self.positions_embed = Embedding(config.context, config.d_model)
        self.h = ModuleList(blocks(config))
        self.w_y = Parameter(torch.empty(len(CLASSES), config.d_model))  # Eq. 3
        self.register_buffer("hidden", barred(config.context), persistent=False)
        self.initialise()

    def initialise(self):
        """N(0, std) for matrices and embeddings, biases 0 (Sec. 4.1)."""
        for name, p in self.named_parameters():
            if p.dim() > 1:
                torch.nn.init.normal_(p, std=self.config.std)
            elif name.endswith("bias"):
                torch.nn.init.zeros_(p)

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

    def begin(self, tokens):
        """An empty cache for `tokens`' batch. All its tensors have the batch first."""
        c = self.config
        shape = (len(tokens), c.heads, c.context, c.d_model // c.heads)
        weight = self.tokens_embed.weight
        names = [f"{kind}.{n}" for n in range(c.layers) for kind in ("key", "value")]
        return {"tokens": tokens[:, :0], **{name: weight.new_zeros(shape) for name in names}}

    def read(self, tokens, state=None):
        """Scores (B, T, V) after each of `tokens`, which follow those read into `state`.

        The state is written in place: to go on from it twice, copy its tensors. Where the window
        is full, its last half is read anew, because learned positions cannot move.
        """
        state, found = dict(state) if state else self.begin(tokens), []
        context = self.config.context
        while tokens.shape[1]:
            if state["tokens"].shape[1] == context:
                half = state["tokens"][:, context - context // 2 :]
                state["tokens"] = half[:, :0]
                if half.shape[1]:
                    self(half, state)
            fitting = tokens[:, : context - state["tokens"].shape[1]]
            found.append(self(fitting, state))
            tokens = tokens[:, fitting.shape[1] :]
        return torch.cat(found, 1), state


# -- losses (Sec. 3.1 and 3.2), in nats -----------------------------------------------------------


def language_loss(net, h, rows):
    """L_1: each token of `rows` (B, T) from those before it, padding left out."""
    targets = rows[:, 1:]
    known = targets != PAD
    scores = F.linear(h[:, :-1][known], net.tokens_embed.weight)
    return F.cross_entropy(scores.float(), targets[known])


def class_loss(scores, labels):
    """L_2: `labels` (B) of `scores` (B, Y)."""
    return F.cross_entropy(scores.float(), labels)
