"""ALBERT, Lan et al. 2019 (arXiv:1909.11942), version 1: a first reading.

Basic tensor operations, on those of papers/bert's version 1: only what differs stands here. Its
mistakes are those of early code, and are kept: papers/albert/evidence/deviations.py names them.

Symbols: E, L as in the paper; its H is d_model.
Shapes:  B batch, T tokens, D = d_model, E embedding, V pieces.
"""

import copy
from dataclasses import dataclass, replace

import torch
from torch.nn import Module, ModuleList

from papers.bert.version1 import model as bert
from papers.transformer.version2 import model as transformer


@dataclass(frozen=True)
class Config(bert.Config):  # defaults: ALBERT base (Table 1; Sec. 4.1); the rest is BERT's
    pieces: int = 30_000
    embedding: int = 128
    batch: int = 4_096
    learning_rate: float = 1.76e-3
    pretrain_steps: int = 125_000


def pair(stretch, other, rng):
    """Two runs of a stretch's sentences, and whether they were swapped (Sec. 3.1). A lone sentence
    is followed by what begins `other`, and called swapped (the published code)."""
    if len(stretch) == 1:
        return stretch[0], other[0], 1
    cut = bert.drawn(1, len(stretch), rng)
    first, second = sum(stretch[:cut], []), sum(stretch[cut:], [])
    return (second, first, 1) if bert.drawn(0, 2, rng) else (first, second, 0)


def example(first, second, pieces, config, rng):
    """[CLS] first [SEP] second [SEP], a part hidden: tokens, targets, segments. Where both are too
    long, each is cut to its half of the room."""
    room = config.context - 3
    first = first[: max(room // 2, room - len(second))]
    second = second[: room - len(first)]
    cls, sep = map(pieces.index, ("[CLS]", "[SEP]"))
    tokens = torch.tensor([cls, *first, sep, *second, sep])
    segments = torch.tensor([0] * (len(first) + 2) + [1] * (len(second) + 1))
    return (*bert.hide(tokens, pieces, config.share, rng), segments)


def batch(pairs, pieces, config, rng):
    """Pairs as tokens, targets and segments, and whether they were swapped."""
    made = [example(first, second, pieces, config, rng) for first, second, _ in pairs]
    fill = (bert.PAD, -1, 0)
    rows = (bert.filled(part, value) for part, value in zip(zip(*made), fill))
    return *rows, torch.tensor([swapped for *_, swapped in pairs])


class ALBERT(bert.BERT):
    """Tables of width E, a matrix to H behind them, layers that begin alike."""

    def __init__(self, config, pieces, classes=2):
        Module.__init__(self)
        self.config, d, e = config, config.d_model, config.embedding
        self.tokens, self.positions = (
            bert.matrix(config, pieces, e),
            bert.matrix(config, config.context, e),
        )
        self.segments, self.norm = bert.matrix(config, 2, e), transformer.LayerNorm(e, 1e-12)
        self.w_widen, self.b_widen = bert.matrix(config, e, d), bert.vector(d)
        layer = bert.Layer(config)
        self.layers = ModuleList([copy.deepcopy(layer) for _ in range(config.layers)])
        self.w_pool, self.b_pool = bert.matrix(config, d, d), bert.vector(d)
        self.w_turn, self.b_turn = bert.matrix(config, d, e), bert.vector(e)
        self.turned = transformer.LayerNorm(e, 1e-12)
        self.b_pieces = bert.vector(pieces)
        self.w_follows, self.b_follows = bert.matrix(config, d, 2), bert.vector(2)
        self.w_classes, self.b_classes = bert.matrix(config, d, classes), bert.vector(classes)

    def embed(self, tokens, segments=None):
        segments = torch.zeros_like(tokens) if segments is None else segments
        x = self.tokens[tokens] + self.positions[: tokens.shape[1]] + self.segments[segments]
        x = transformer.dropout(self.norm(x), self.config.dropout, self.training)
        return x @ self.w_widen + self.b_widen  # (B, T, D)

    def encode(self, tokens, segments=None):
        """Final states (B, T, D) of `tokens` (B, T)."""
        x = self.embed(tokens, segments)
        for layer in self.layers:
            x = layer(x, tokens == bert.PAD)
        return x

    def pieces(self, x):  # (B, T, D) -> (B, T, V)
        """Scores of what stands at each place: back to E, then the table once more."""
        x = self.turned(bert.gelu(x @ self.w_turn + self.b_turn))  # (B, T, E)
        return x @ self.tokens.T + self.b_pieces  # (B, T, V)


class Learner(bert.Learner):
    """BERT's; what it reads are stretches of text, which it makes pairs of."""

    def pretrain(self, stretches, i):
        """Learn from the i-th batch: the loss, and its parts, of hidden pieces and of order."""
        torch.manual_seed(self.seed * bert.APART + i)  # of dropout: the same after a restart
        rng = torch.Generator().manual_seed(self.seed * bert.APART + i)
        pairs = [pair(stretch, stretches[n - 1], rng) for n, stretch in enumerate(stretches)]
        told, asked = self.nats(pairs, rng)
        value = self.descend(told + asked, i)
        return {"loss": value, "hidden": told.detach(), "order": asked.detach()}

    def nats(self, pairs, rng):
        """Nats per hidden piece, and of whether pairs were swapped."""
        given = batch(pairs, self.vocabulary, self.config, rng)
        seen, targets, segments, swapped = (x.to(self.masters.masters[0].device) for x in given)
        told, asked = self.net(seen, segments, targets, swapped).unbind(1)  # (B,)
        return told.sum() / (targets >= 0).sum().clamp(min=1), asked.mean()

    @torch.no_grad()
    def held_out(self, batches):
        """The mean of the first over batches of pairs, always with the same pieces hidden."""
        rng = torch.Generator().manual_seed(0)
        self.net.eval()
        found = sum(self.nats(pairs, rng)[0].item() for pairs in batches) / len(batches)
        self.net.train()
        return found

    @torch.no_grad()
    def wrong_orders(self, batches):
        """Percent of such pairs of which it says wrongly whether they were swapped."""
        rng, wrong, count = torch.Generator().manual_seed(0), 0, 0
        self.net.eval()
        for pairs in batches:
            given = batch(pairs, self.vocabulary, replace(self.config, share=0.0), rng)
            tokens, _, segments, swapped = (x.to(self.masters.masters[0].device) for x in given)
            pooled = self.net.pool(self.net.encode(tokens, segments), tokens)
            wrong += (self.net.follows(pooled).argmax(1) != swapped).sum().item()
            count += len(pairs)
        self.net.train()
        return 100 * wrong / count
