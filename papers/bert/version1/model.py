"""BERT, Devlin et al. 2018 (arXiv:1810.04805), version 1: a first reading.

Basic tensor operations and autograd. Norm and dropout come from papers/transformer, the optimizer's
parts from papers/adam; attention, the layers, pairs of segments and hidden pieces stand here. Its
mistakes are those of early code, and are kept: papers/bert/evidence/deviations.py names them.

Symbols: L layers, A heads, as in the paper; its H is d_model.
Shapes:  B batch, T tokens, H heads, K = D / H, D = d_model, F = 4 D, V pieces, Y classes.
"""

import math
from dataclasses import dataclass

import torch
from torch.nn import Module, ModuleList, Parameter

from papers.adam.version2 import model as adam
from papers.transformer.version2 import model as transformer

PAD = 0  # the piece that fills up rows
APART = 1_000_003  # between the streams of random numbers of two seeds


@dataclass(frozen=True)
class Config:  # defaults: BERT-Base, Sec. 3 (Model Architecture), App. A.2; fine-tuning App. A.3
    pieces: int = 30_522  # of the vocabulary; 30,000 in Sec. 3, this many in the published file
    context: int = 512
    d_model: int = 768
    heads: int = 12
    layers: int = 12
    std: float = 0.02  # of matrices at the start; the published code
    dropout: float = 0.1
    share: float = 0.15  # Sec. 3.1: of all tokens, how many are hidden
    reviews: float = 0.8  # ours: of the batches of pre-training, how many are reviews
    batch: int = 256
    learning_rate: float = 1e-4
    warmup: int = 10_000
    weight_decay: float = 0.01
    pretrain_steps: int = 1_000_000
    tune_batch: int = 32
    tune_rate: float = 3e-5
    tune_warmup: float = 0.1  # of the steps
    steps: int = 6_300  # of fine-tuning: three epochs of SST-2's 67,349 phrases
    finetune_steps = property(lambda config: config.steps)

    def __post_init__(self):
        if self.d_model % self.heads:
            raise ValueError("d_model must be a multiple of heads")


def drawn(low, high, rng):
    return int(torch.randint(low, high, (), generator=rng))


def segments_of(document, half, rng):
    """Two runs of a document's sentences, each at most `half` pieces long; does the second follow?
    In half of all cases it does; else it begins anywhere in the document (Sec. 3.1, Task 2). A
    document of one sentence is cut in two."""
    if len(document) == 1:
        middle = (len(document[0]) + 1) // 2
        document = [document[0][:middle], document[0][middle:]]
    cut = drawn(1, len(document), rng)
    first = sum(document[:cut], [])[-half:]
    random = drawn(0, 2, rng)  # as published: 0 where it follows, 1 where it does not
    start = drawn(0, len(document), rng) if random else cut
    return first, sum(document[start:], [])[:half], random


def hide(tokens, pieces, share, rng):
    """Tokens as the network sees them (T,), and the targets (T,), -1 where there are none.

    Of those chosen, 80 % become [MASK], 10 % any piece, 10 % stay (Sec. 3.1, Task 1).
    """
    chosen = torch.rand(tokens.shape, generator=rng) < share
    lot = torch.rand(tokens.shape, generator=rng)
    other = torch.randint(len(pieces), tokens.shape, generator=rng)
    seen = torch.where(chosen & (lot < 0.9), other, tokens)
    seen = torch.where(chosen & (lot < 0.8), pieces.index("[MASK]"), seen)
    return seen, torch.where(chosen, tokens, -1)


def example(stretch, n, pieces, config, seed):
    """[CLS] first [SEP] second [SEP] of the n-th stretch, a part hidden; always the same."""
    rng = torch.Generator().manual_seed(seed * APART + n)
    first, second, follows = segments_of(stretch, (config.context - 3) // 2, rng)
    cls, sep = map(pieces.index, ("[CLS]", "[SEP]"))
    tokens = torch.tensor([cls, *first, sep, *second, sep])
    segments = torch.tensor([0] * (len(first) + 2) + [1] * (len(second) + 1))
    return (*hide(tokens, pieces, config.share, rng), segments, follows)


def filled(rows, value):
    """Rows of unequal length, filled up with `value`: (B, T)."""
    longest = max(map(len, rows))
    found = torch.full((len(rows), longest), value)
    for n, row in enumerate(rows):
        found[n, : len(row)] = row
    return found


def batch(chosen, pieces, config, seed):
    """Of stretches with their numbers: tokens, targets, segments, and whether pairs follow."""
    made = (example(stretch, n, pieces, config, seed) for n, stretch in chosen)
    seen, targets, segments, follows = zip(*made)
    return filled(seen, PAD), filled(targets, -1), filled(segments, 0), torch.tensor(follows)


def matrix(config, rows, columns):
    return Parameter(torch.empty(rows, columns).normal_(std=config.std))


def vector(size):
    return Parameter(torch.zeros(size))


def gelu(x):
    """x Phi(x), Phi the normal distribution function (Hendrycks & Gimpel 2016, Eq. 1)."""
    return x * 0.5 * (1 + torch.erf(x / math.sqrt(2)))


class Attention(Module):
    """softmax(Q K^T / sqrt(d_k)) V in h heads: every token looks at all, but not at padding."""

    def __init__(self, config):
        super().__init__()
        d, self.heads, self.p = config.d_model, config.heads, config.dropout
        self.w_q, self.w_k, self.w_v, self.w_o = (matrix(config, d, d) for _ in range(4))
        self.b_q, self.b_k, self.b_v, self.b_o = (vector(d) for _ in range(4))

    def looks(self, x, padding):  # (B, T, D), (B, T) -> (B, H, T, T)
        q = self.split(x @ self.w_q + self.b_q)  # (B, H, T, K)
        k = self.split(x @ self.w_k + self.b_k)  # (B, H, T, K)
        scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])  # (B, H, T, T)
        return scores.masked_fill(padding[:, None, None], -math.inf).softmax(-1)

    def forward(self, x, padding):  # (B, T, D), (B, T) -> (B, T, D)
        v = self.split(x @ self.w_v + self.b_v)  # (B, H, T, K)
        weights = transformer.dropout(self.looks(x, padding), self.p, self.training)
        return (weights @ v).transpose(1, 2).flatten(-2) @ self.w_o + self.b_o  # (B, T, D)

    def split(self, x):
        """(B, T, D) -> (B, H, T, K)."""
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)


class FeedForward(Module):
    """gelu(x W_1 + b_1) W_2 + b_2, four times as wide inside."""

    def __init__(self, config):
        super().__init__()
        d = config.d_model
        self.w_1, self.b_1 = matrix(config, d, 4 * d), vector(4 * d)
        self.w_2, self.b_2 = matrix(config, 4 * d, d), vector(d)

    def forward(self, x):  # (B, T, D)
        return gelu(x @ self.w_1 + self.b_1) @ self.w_2 + self.b_2  # (B, T, F) -> (B, T, D)


def norm(config):
    return transformer.LayerNorm(config.d_model, 1e-12)  # epsilon of the published code


class Layer(Module):
    """The Transformer's encoder layer: the norm comes after the sum."""

    def __init__(self, config):
        super().__init__()
        self.attention, self.feed = Attention(config), FeedForward(config)
        self.norms, self.p = ModuleList([norm(config) for _ in range(2)]), config.dropout

    def forward(self, x, padding):  # (B, T, D), (B, T) -> (B, T, D)
        y = self.attention(x, padding)
        x = self.norms[0](x + transformer.dropout(y, self.p, self.training))
        return self.norms[1](x + transformer.dropout(self.feed(x), self.p, self.training))


class BERT(Module):
    """Sum of three embeddings (Fig. 2), layers, and a head for each of the three questions."""

    def __init__(self, config, pieces, classes=2):
        super().__init__()
        self.config, d = config, config.d_model
        self.tokens, self.positions = matrix(config, pieces, d), matrix(config, config.context, d)
        self.segments, self.norm = matrix(config, 2, d), norm(config)
        self.layers = ModuleList([Layer(config) for _ in range(config.layers)])
        self.w_pool, self.b_pool = matrix(config, d, d), vector(d)
        self.w_turn, self.b_turn, self.turned = matrix(config, d, d), vector(d), norm(config)
        self.b_pieces = vector(pieces)
        self.w_follows, self.b_follows = matrix(config, d, 2), vector(2)
        self.w_classes, self.b_classes = matrix(config, d, classes), vector(classes)

    def encode(self, tokens, segments=None):
        """Final states (B, T, D) of `tokens` (B, T)."""
        segments = torch.zeros_like(tokens) if segments is None else segments
        x = self.tokens[tokens] + self.positions[: tokens.shape[1]] + self.segments[segments]
        x = transformer.dropout(self.norm(x), self.config.dropout, self.training)
        for layer in self.layers:
            x = layer(x, tokens == PAD)
        return x

    def pool(self, x, tokens):  # (B, T, D), (B, T) -> (B, D)
        """The final state of [CLS], and a layer of its own (the published code)."""
        return torch.tanh(x[:, 0] @ self.w_pool + self.b_pool)  # (B, D)

    def pieces(self, x):  # (B, T, D) -> (B, T, V)
        """Scores of what stands at each place: the embedding is the last matrix, too."""
        x = self.turned(gelu(x @ self.w_turn + self.b_turn))  # (B, T, D)
        return x @ self.tokens.T + self.b_pieces  # (B, T, V)

    def follows(self, pooled):  # (B, D) -> (B, 2)
        return pooled @ self.w_follows + self.b_follows  # (B, 2)

    def forward(self, tokens, segments=None, targets=None, follows=None):
        """Scores of the classes; with targets each row's two losses in their place: the sum over
        its hidden pieces, and of whether its second segment follows."""
        x = self.encode(tokens, segments)
        pooled = self.pool(x, tokens)
        if targets is None:
            pooled = transformer.dropout(pooled, self.config.dropout, self.training)
            return pooled @ self.w_classes + self.b_classes  # (B, Y)
        told = (nats(self.pieces(x), targets.clamp(min=0)) * (targets >= 0)).sum(1)
        return torch.stack([told, nats(self.follows(pooled), follows)], 1)  # (B, 2)


def nats(scores, targets):
    """-log p of the targets, over the last axis of the scores."""
    log_p = scores - scores.logsumexp(-1, keepdim=True)
    return -log_p.gather(-1, targets[..., None])[..., 0]


class Adam(adam.AdamW):
    """As published with BERT: Adam with decoupled decay, its moments as they are."""

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            known = [p for p in group["params"] if p.grad is not None]
            self.advance(known)
            thetas, gradients, ms, vs = self._tensors(known)
            adam.decay_(thetas, gradients, group)
            adam.moments_(ms, vs, gradients, *group["betas"])
            below = adam.denominators(vs, 1.0, group["eps"])
            torch._foreach_addcdiv_(thetas, ms, below, -group["lr"])


def learning_rate(i, peak, warmup, steps):
    """Up along a line in `warmup` steps, then down along one to zero (App. A.2)."""
    return peak * min((i + 1) / max(1, warmup), (steps - i) / max(1, steps - warmup))


class Learner:
    """One phase: pre-training, or with `tuning` so many steps of fine-tuning."""

    def __init__(self, config, net, masters, seed, pieces=None, tuning=None):
        self.config, self.net, self.masters, self.seed = config, net, masters, seed
        self.vocabulary = pieces
        self.plan = config.learning_rate, config.warmup, config.pretrain_steps
        if tuning:
            self.plan = config.tune_rate, config.tune_warmup * tuning, tuning
        self.optimizer = Adam(masters.masters, eps=1e-6, weight_decay=config.weight_decay)

    def nats(self, chosen):
        """Of stretches with their numbers: nats per hidden piece, and of what follows."""
        given = batch(chosen, self.vocabulary, self.config, self.seed)
        seen, targets, segments, follows = (x.to(self.masters.masters[0].device) for x in given)
        told, asked = self.net(seen, segments, targets, follows).unbind(1)  # (B,)
        return told.sum() / (targets >= 0).sum().clamp(min=1), asked.mean()

    @torch.no_grad()
    def held_out(self, batches):
        """The mean of the first over batches that are not learned from."""
        self.net.eval()
        found = sum(self.nats(chosen)[0].item() for chosen in batches) / len(batches)
        self.net.train()
        return found

    def pretrain(self, chosen, i):
        """Learn from the i-th batch of stretches with their numbers."""
        torch.manual_seed(self.seed * APART + i)  # of dropout: the same after a restart
        told, asked = self.nats(chosen)
        value = self.descend(told + asked, i)
        return {"loss": value, "hidden": told.detach(), "follows": asked.detach()}

    def tune(self, tokens, labels, i):
        """Learn from the i-th `tokens` (B, T) and their `labels` (B,); nats per text."""
        torch.manual_seed(self.seed * APART + i)
        return self.descend(nats(self.net(tokens), labels).mean(), i)

    def descend(self, value, i):
        value.backward()
        self.masters.take_gradients()
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(i, *self.plan)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.masters.give_weights()
        return value.detach()
