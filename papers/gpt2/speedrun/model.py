"""Speedrun: not GPT-2 as published, but what gets a small GPT furthest in seconds on a CPU.

Kept from the paper: a decoder before whose sublayers the norm stands, trained on the next token.
Changed: where a window's last few characters say most, they are looked up, not attended to
(`shifts`, `grams`); matrices learn by Muon, with products in float32: at these sizes bfloat16 saves
nothing, and a processor without its instructions takes many times as long.
What each trick gave, and where it comes from, stands in the paper's README, "The speedrun".

Symbols: d_model the width, h heads, d_k = d_model / h, N layers.
Shapes:  B batch, T positions, H heads, K = d_k, D = d_model, V characters, G lengths
         of run, M matrices, R their shorter side, L their longer side.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch.nn import Module, Parameter

HASH, PRIME = 2_654_435_761, 2_147_483_647
# One step of Newton-Schulz maps each singular value s to a s + b s^3 + c s^5.
NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
EPSILON = 1e-10


@dataclass(frozen=True)
class Config:  # ours: no paper has these values
    context: int = 64
    d_model: int = 128
    heads: int = 4
    layers: int = 2
    shifts: int = 3  # earlier characters whose own embeddings are added to the input
    grams: int = 4  # the longest run of characters with a hashed embedding; 1: none
    buckets: int = 16_384  # rows for each length of run
    base: float = 1000.0  # of rotary positions
    scale: float = 0.3  # of q k^T: queries and keys are normalised
    cap: float = 15.0  # no score is larger
    dropout: float = 0.0
    forget: float = 0.0  # share of places that, in training, forget their longer runs
    batch: int = 16
    steps: int = 160
    matrix_rate: float = 0.03
    embedding_rate: float = 0.05
    gram_rate: float = 0.05
    head_rate: float = 0.01
    momentum: float = 0.95
    iterations: int = 5  # of Newton-Schulz

    def __post_init__(self):
        if self.d_model % (2 * self.heads):
            raise ValueError("d_model must be a multiple of 2 heads")


def norm(x):
    """x / rms(x): without weights."""
    return F.rms_norm(x, x.shape[-1:])


def rotary(config):
    """Cosines and signed sines (T, K) that turn each pair of components by its position."""
    half = config.d_model // config.heads // 2
    angles = torch.arange(config.context)[:, None] * config.base ** -(torch.arange(half) / half)
    return angles.cos().repeat(1, 2), torch.cat([-angles.sin(), angles.sin()], -1)


class Speedrun(Module):
    """Looked-up characters, blocks of attention and feed-forward network, a head."""

    def __init__(self, config, symbols):
        super().__init__()
        self.config, self.symbols = config, symbols
        d, n = config.d_model, config.layers
        self.embedding = Parameter(torch.empty(config.shifts + 1, symbols + 1, d))
        self.grams = Parameter(torch.empty((config.grams - 1) * config.buckets, d))
        self.attention = Parameter(torch.empty(n, 4, d, d))  # of queries, keys, values, output
        self.feed = Parameter(torch.empty(n, 2, 4 * d, d))  # in, and out transposed
        self.head = Parameter(torch.empty(symbols, d))
        tables = (*rotary(config), torch.full((config.context,) * 2, -math.inf).triu(1))
        for name, table in zip(("cosine", "sine", "hidden"), tables):
            self.register_buffer(name, table, persistent=False)
        self.initialise()

    @torch.no_grad()
    def initialise(self):
        """Whatever is added to the residual path, and the head, begin at zero: uniform scores."""
        torch.nn.init.normal_(self.embedding, std=0.05)
        for matrices in (self.attention, self.feed):
            torch.nn.init.normal_(matrices, std=self.config.d_model**-0.5)
            matrices[:, -1] = 0
        for table in (self.grams, self.head):
            torch.nn.init.zeros_(table)

    def look_up(self, tokens):
        """(B, T) -> (B, T, D): each character, those before it, and the runs that end with it.

        What stands before a window is a character of its own, number V.
        """
        c, t, nothing = self.config, tokens.shape[1], self.symbols
        past = max(c.shifts, c.grams - 1)
        padded = F.pad(tokens, (past, 0), value=nothing)
        before = [padded[:, past - k : past - k + t] for k in range(past + 1)]  # (B, T): k earlier
        x = sum(F.embedding(before[k], self.embedding[k]) for k in range(c.shifts + 1))
        runs, number = [], tokens
        for k in range(1, c.grams):
            number = number * (nothing + 1) + before[k]
            runs.append((number * HASH % PRIME) % c.buckets + (k - 1) * c.buckets)
        if runs:
            rows = torch.stack(runs, -1).flatten(0, 1)  # (B T, G)
            known = self.known(rows)
            found = F.embedding_bag(
                rows, self.grams, mode="sum", sparse=True, per_sample_weights=known
            )
            x = x + found.view(x.shape)  # (B, T, D)
        return x

    def known(self, rows):
        """1 for each run that counts, (B T, G): in training, some places forget runs from a
        length on, as if never seen. Held-out text has many such places, text read twice none."""
        count, forget = rows.shape[1], self.config.forget if self.training else 0.0
        if not forget:
            return None
        kept = torch.randint(count, (len(rows), 1), device=rows.device)
        whole = torch.rand(len(rows), 1, device=rows.device) >= forget
        return (whole | (torch.arange(count, device=rows.device) < kept)).float()

    def turn(self, x):
        """Normalised and turned by position: (B, T, H, K) -> (B H, T, K)."""
        x = norm(x).transpose(1, 2)  # (B, H, T, K)
        t, half = x.shape[2], x.shape[3] // 2
        swapped = torch.cat([x[..., half:], x[..., :half]], -1)
        return (x * self.cosine[:t] + swapped * self.sine[:t]).flatten(0, 1)

    def weights(self, x, matrices):
        """Attention weights (B H, T, T), and values (B H, T, K)."""
        (b, t, d), h = x.shape, self.config.heads
        # (B, T, H, K)
        q, k, v = F.linear(x, matrices[:3].reshape(3 * d, d)).view(b, t, 3, h, -1).unbind(2)
        q, k = self.turn(q), self.turn(k)
        # (B H, T, T)
        scores = torch.baddbmm(self.hidden[:t, :t], q, k.transpose(1, 2), alpha=self.config.scale)
        return scores.softmax(-1), v.transpose(1, 2).reshape(b * h, t, -1)

    def attend(self, x, matrices):
        """softmax(scale q k^T) v through the output matrix: (B, T, D) -> (B, T, D)."""
        b, t, d = x.shape
        weights, v = self.weights(x, matrices)
        y = torch.bmm(weights, v).view(b, -1, t, v.shape[-1]).transpose(1, 2)  # (B, T, H, K)
        return F.linear(y.reshape(b, t, d), matrices[3])

    def blocks(self, tokens):
        """Pairs of a block's normalised input (B, T, D) and its attention matrices; at last the
        input of the head and None."""
        x = self.drop(norm(self.look_up(tokens)))
        for matrices, (inner, outer) in zip(self.attention.unbind(), self.feed.unbind()):
            y = norm(x)
            yield y, matrices
            x = x + self.drop(self.attend(y, matrices))
            y = F.linear(norm(x), inner).relu().square()  # (B, T, 4 D)
            x = x + self.drop(F.linear(y, outer.t()))  # (B, T, D)
        yield norm(x), None

    def drop(self, x):
        return F.dropout(x, self.config.dropout) if self.training and self.config.dropout else x

    def forward(self, tokens):
        """Scores (B, T, V) of what follows each of `tokens` (B, T), T at most the context."""
        *_, (x, _) = self.blocks(tokens)
        cap = self.config.cap
        return cap * torch.tanh(F.linear(x, self.head) / cap)

    def read(self, tokens, state=None):
        """Scores (B, T, V) after each of `tokens`, which follow those read into `state`.

        The state is the window so far, and each call computes it anew. Where it is full, its last
        half stays.
        """
        window, found = state["tokens"] if state else tokens[:, :0], []
        context = self.config.context
        while tokens.shape[1]:
            if window.shape[1] == context:
                window = window[:, context - context // 2 :]
            fitting = tokens[:, : context - window.shape[1]]
            window, tokens = torch.cat([window, fitting], 1), tokens[:, fitting.shape[1] :]
            found.append(self(window)[:, -fitting.shape[1] :])
        return torch.cat(found, 1), {"tokens": window}


def loss(scores, targets):
    """Cross-entropy in nats per character."""
    return F.cross_entropy(scores.flatten(0, 1), targets.flatten())


def batch(tokens, config, seed, i):
    """The i-th inputs and targets (B, T). Each pass cuts the text into windows at an offset of
    its own and reads each window at most once, in an order of its own."""
    passed, place = divmod(i, max(1, len(tokens) // config.context // config.batch - 1))
    rng = torch.Generator().manual_seed(seed * 1_000_003 + passed)
    room = min(config.context, len(tokens) - config.context)
    offset = int(torch.randint(room, (), generator=rng))
    order = torch.randperm((len(tokens) - 1 - offset) // config.context, generator=rng)
    chosen = order[(place * config.batch + torch.arange(config.batch)) % len(order)]
    starts = offset + chosen * config.context
    rows = tokens[(starts[:, None] + torch.arange(config.context + 1)).to(tokens.device)]
    return rows[:, :-1], rows[:, 1:]


def orthogonal(matrices, iterations):
    """About U V^T of each matrix U S V^T (..., R or L, L or R): all singular values near 1."""
    x = matrices.flatten(0, -3)
    tall = x.shape[-2] > x.shape[-1]
    x = x.mT if tall else x
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + EPSILON)  # no singular value above 1
    a, b, c = NEWTON_SCHULZ
    for _ in range(iterations):
        square = x @ x.mT  # (M, R, R)
        # (M, R, L)
        x = torch.baddbmm(x, torch.baddbmm(square, square, square, beta=b, alpha=c), x, beta=a)
    return (x.mT if tall else x).reshape(matrices.shape)


class Optimizer:
    """Muon for matrices, Adam for tables that every batch reads whole, and for the table of runs,
    of which a batch reads a few rows, steps of one size for each of these.

    `state` holds what it remembers, by parameter.
    """

    def __init__(self, config, net):
        self.config, self.net, self.state = config, net, {}

    @torch.no_grad()
    def step(self, i):
        """The i-th step; rates fall to zero along a line."""
        c, net = self.config, self.net
        left = 1 - i / c.steps
        for p in (net.attention, net.feed):
            self.muon(p, c.matrix_rate * left, 0.85 + (c.momentum - 0.85) * min(1, i / 100))
        self.adam(net.embedding, c.embedding_rate * left, i)
        self.adam(net.head, c.head_rate * left, i)
        if c.grams > 1:
            self.rows(net.grams, c.gram_rate * left)
        net.zero_grad()

    def kept(self, p, **shapes):
        """The parameter's memory: zeros at first."""
        make = {name: p.new_zeros(shape) for name, shape in shapes.items() if p not in self.state}
        return self.state.setdefault(p, make)

    def muon(self, p, rate, momentum):
        mean = self.kept(p, mean=p.shape)["mean"].lerp_(p.grad, 1 - momentum)
        direction = orthogonal(p.grad.lerp(mean, momentum), self.config.iterations)
        p.sub_(direction, alpha=rate * max(1, p.shape[-2] / p.shape[-1]) ** 0.5)

    def adam(self, p, rate, i, beta1=0.8, beta2=0.95):
        kept = self.kept(p, mean=p.shape, square=p.shape)
        mean = kept["mean"].lerp_(p.grad, 1 - beta1) / (1 - beta1 ** (i + 1))
        square = kept["square"].lerp_(p.grad.square(), 1 - beta2) / (1 - beta2 ** (i + 1))
        p.sub_(mean / (square.sqrt() + EPSILON), alpha=rate)

    def rows(self, p, rate, decay=0.99):
        """A row that was read moves by its gradient over the root of a sum of squares: its own so
        far, each time it is read decayed a little, and this one's."""
        gradient = p.grad.coalesce()
        rows, values = gradient.indices()[0], gradient.values()
        square = self.kept(p, square=p.shape[:1])["square"]
        square[rows] = square[rows] * decay + values.square().mean(-1)
        p.index_add_(0, rows, values / (square[rows].sqrt() + EPSILON)[:, None], alpha=-rate)


class Learner:
    def __init__(self, config, net, seed):
        self.config, self.net, self.seed = config, net, seed
        self.optimizer = Optimizer(config, net)

    def step(self, tokens, i):
        """Learn from the i-th batch; its loss in nats per character."""
        if self.config.dropout or self.config.forget:
            torch.manual_seed(self.seed * 1_000_003 + i)  # the same after a restart
        inputs, targets = batch(tokens, self.config, self.seed, i)
        value = loss(self.net(inputs), targets)
        value.backward()
        self.optimizer.step(i)
        return value.detach()
