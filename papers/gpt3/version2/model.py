"""GPT-3, Brown et al. 2020, version 2: GPT-2's net with a band in every other layer, and what one
asks of it: answers from examples in the window, and whether a test was seen in training.

Everything but the banded layers is papers/gpt2's. Against version 1: of a banded layer only the
band is computed, and its cache is read no further back; residual projections begin smaller, the
head is the embedding; decay for matrices only, the rate falls to a tenth and stays there, clipping;
answers are scored against what the model would say without the question.

Symbols: n_ctx the window, w the band, d_model the width.
Shapes:  B batch, T positions, S those looked at, H heads, K = d_k, D = d_model, V tokens,
         N blocks, P positions of a block, W = P + w - 1, C cache.
"""

import math
import re
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from papers.adam.version2.model import AdamW, groups
from papers.gpt2.version2 import model as gpt2
from papers.gpt2.version2.model import batch, loss

FEWEST = 16  # places of a block: products of fewer cost more than they save


@dataclass(frozen=True)
class Config:  # defaults: Table 2.1, first row; Sec. 2.1; Appendix B
    context: int = 2048
    band: int = 256  # not in the paper; GPT-Neo's
    d_model: int = 768
    heads: int = 12
    layers: int = 12
    std: float = 0.02  # of matrices at the start: as GPT-2
    batch: int = 256  # Table 2.1: half a million tokens
    tasks: int = 0  # rows of a batch that hold tasks instead of text: ours
    learning_rate: float = 6e-4
    warmup: int = 715  # 375 million tokens
    falling: float = 260 / 300  # of all tokens: the rate falls so long
    least: float = 0.1  # of the rate: there it ends
    beta2: float = 0.95
    weight_decay: float = 0.1
    clip: float = 1.0
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


# -- the net (Sec. 2.1) ---------------------------------------------------------------------------


def blocked(x, size, step):
    """Windows of `size` positions, one every `step`."""
    return x.unfold(2, size, step).transpose(-1, -2)  # (B, H, N, W, K)


def scale(q):
    return q.shape[-1] ** -0.5


def banded(q, k, v, band, block=None):
    """softmax(q k^T / sqrt(d_k)) v, where a position sees itself and the w - 1 before it.

    `q` (B, H, T, K) are the last of the positions of `k` and `v` (B, H, S, K). They are taken in
    blocks of P, whose keys are P + w - 1 in a row: T (P + w - 1) products in place of T^2, and with
    a `block` of 1 no more than T w. Returns (B, H, T, K).
    """
    t, c = q.shape[2], min(block or max(band, FEWEST), q.shape[2])
    back = -t % c  # positions that fill up the last block
    front = band - 1 + t - k.shape[2]  # and the first band; negative where more is known
    q = F.pad(q, (0, 0, 0, back)).unflatten(2, (-1, c))  # (B, H, N, P, K)
    k, v = (blocked(F.pad(x, (0, 0, front, back)), c + band - 1, c) for x in (k, v))
    scores = scale(q) * q @ k.transpose(-1, -2)  # (B, H, N, P, W)
    weights = (scores + edges(t + back, c, band, front, q)).softmax(-1)  # (B, H, N, P, W)
    return (weights @ v).flatten(2, 3)[:, :, :t]  # (B, H, T, K)


def edges(t, c, band, front, like):
    """0 in the band, -inf beside it and before the text: (N, P, W)."""
    row, column = torch.arange(c)[:, None], torch.arange(c + band - 1)
    within = (column >= row) & (column < row + band)  # (P, W)
    known = torch.arange(0, t, c)[:, None, None] + column >= front  # (N, 1, W)
    return torch.where(within & known, 0.0, -math.inf).to(like)


def is_banded(layer):
    """Dense and banded layers alternate (Sec. 2.1); which comes first, the paper does not say."""
    return layer % 2 == 0


class Banded(gpt2.Attention):
    """GPT-2's attention with a band."""

    def __init__(self, config):
        super().__init__(config)
        self.band = config.band

    def forward(self, x, hidden, kept=None, start=0):
        """`x` (B, T, D); `kept` (B, H, C, K): keys and values, known up to `start`, of which the
        last w - 1 are looked at. `hidden` is for dense layers."""
        (b, t, d), end = x.shape, start + x.shape[1]
        # (B, H, T, K)
        q, k, v = self.c_attn(x).view(b, t, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        if kept is not None:
            kept[0][:, :, start:end], kept[1][:, :, start:end] = k, v
            k, v = (x[:, :, max(0, start - self.band + 1) : end] for x in kept)  # (B, H, S, K)
        y = banded(q, k, v, self.band)  # (B, H, T, K)
        return self.c_proj(y.transpose(1, 2).reshape(b, t, d))  # (B, T, D)


class GPT3(gpt2.GPT2):
    """GPT-2 with a band in every other layer."""

    def __init__(self, config, symbols):
        super().__init__(config, symbols)
        for n, block in enumerate(self.h):
            if is_banded(n):
                block.attn = Banded(config)
        self.initialise()


def parameters(layers, d, symbols, context):
    """How many numbers such a net learns: blocks, embeddings and the last norm."""
    return layers * (12 * d * d + 13 * d) + (symbols + context) * d + 2 * d


# -- answers (Sec. 2.4) ---------------------------------------------------------------------------


def score(log_p, lengths, unconditional):
    """How good answers are, from their log-probabilities after the question and `unconditional`,
    without it: what the question adds to an answer, per token."""
    return (log_p - unconditional) / lengths


# -- contamination (Appendix C) -------------------------------------------------------------------

WORDS = 13  # the longest N that the paper takes


def words(text):
    """In lower case, without punctuation."""
    return re.findall(r"\w+", text.lower())


def grams(text, n):
    """Runs of n words, in order; of a shorter text the whole."""
    found = words(text)
    n = min(n, len(found))
    return [tuple(found[i : i + n]) for i in range(len(found) - n + 1)] if n else []


def contaminated(examples, training, n=WORDS):
    """For each example of a test, the first run of n words that the training text has as well, or
    None. An example of fewer words is looked for as a whole (Sec. 4)."""
    wanted = [grams(example, n) for example in examples]
    sizes = {len(runs[0]) for runs in wanted if runs}
    known = set().union(*(grams(training, size) for size in sizes))
    for runs in wanted:
        yield next((" ".join(run) for run in runs if run in known), None)


# -- training (Appendix B) ------------------------------------------------------------------------


def learning_rate(i, config):
    """Up linearly in `warmup` steps, down along a cosine to a tenth, and on at that."""
    if i < config.warmup:
        return config.learning_rate * (i + 1) / config.warmup
    span = config.falling * config.steps - config.warmup
    done = min(1.0, (i - config.warmup) / max(1.0, span))
    above = (1 - config.least) * 0.5 * (1 + math.cos(math.pi * done))
    return config.learning_rate * (config.least + above)


class Learner:
    """The loop's body: windows, loss, gradients cut to `clip`, one step of AdamW."""

    def __init__(self, config, net, masters, seed):
        self.config, self.net, self.masters, self.seed = config, net, masters, seed
        named = zip((name for name, _ in net.named_parameters()), masters.masters)
        self.optimizer = AdamW(groups(named, config.weight_decay), betas=(0.9, config.beta2))

    def step(self, tokens, tasks, i):
        """Learn from the i-th windows of the text and from `tasks` (B, T + 1), of which answers
        alone are learned; the sum of both losses in nats per token."""
        inputs, targets = batch(tokens, self.config, self.seed, i)  # (B, T)
        kept = len(inputs) - len(tasks)
        inputs, targets = (
            torch.cat([text[:kept], rows])
            for text, rows in ((inputs, tasks[:, :-1]), (targets, tasks[:, 1:]))
        )
        scores = self.net(inputs)  # (B, T, V)
        value = loss(scores[:kept], targets[:kept]) if kept else 0.0
        if len(tasks):  # every other token is an answer
            value = value + loss(scores[kept:, ::2], targets[kept:, ::2])
        value.backward()
        self.masters.take_gradients()
        torch.nn.utils.clip_grad_norm_(self.masters.masters, self.config.clip)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(i, self.config)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.masters.give_weights()
        return value.detach()
