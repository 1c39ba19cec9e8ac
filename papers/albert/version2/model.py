"""ALBERT, Lan et al. 2019 (arXiv:1909.11942), version 2: as one would build it today.

Only what differs from version 2 of papers/bert. Against version 1: one layer that all depths share;
a lone sentence is cut in two instead of followed by a strange one; up to three whole words in a row
are hidden, anew at each reading; the GELU of the published code.

Symbols: E, L as in the paper; its H is d_model.
Shapes:  B batch, T tokens, D = d_model, E embedding, F = 4 D, V pieces, M hidden places.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch.nn import Embedding, Identity, LayerNorm, Linear, Module, ModuleList, Parameter

from papers.bert.version2 import model as bert


@dataclass(frozen=True)
class Config(bert.Config):  # defaults: ALBERT base (Table 1; Sec. 4.1); the rest is BERT's
    pieces: int = 30_000
    embedding: int = 128
    dropout: float = 0.0  # Sec. 4.8: removed, as it hurts; the first base model had 0.1
    longest: int = 3  # Sec. 4.1: so many words in a row are hidden together, at most
    batch: int = 4_096
    learning_rate: float = 1.76e-3
    pretrain_steps: int = 125_000


# -- what is learned from -----------------------------------------------------------------------


def halves(stretch):
    """Two runs of a stretch's sentences; a lone one is cut in two. The cut is drawn."""
    whole = sum(stretch, [])
    if len(stretch) > 1:
        cut = sum(map(len, stretch[: int(torch.randint(1, len(stretch), ()))]))
    else:
        cut = int(torch.randint(1, max(2, len(whole)), ()))
    return whole[:cut], whole[cut:]


def pair(stretch, other):
    """First segment, second segment, and whether they were swapped: in half of all cases
    (Sec. 3.1, inter-sentence coherence). `other` is a stretch from elsewhere, as BERT needs one."""
    first, second = halves(stretch)
    swapped = int(torch.randint(2, ()))
    return (second, first, 1) if swapped else (first, second, 0)


def rows_of(pairs, specials, context):
    """[CLS] first [SEP] second [SEP] of each pair, filled up: tokens, segments, and whether they
    were swapped. The segments say where a token stands, not whence it comes."""
    pad, cls, sep = specials
    rows = [([cls, *first, sep], [*second, sep]) for first, second, _ in pairs]
    rows = [(a + b)[:context] for a, b in rows], [len(a) for a, _ in rows]
    longest = max(map(len, rows[0]))
    tokens = torch.tensor([row + [pad] * (longest - len(row)) for row in rows[0]])
    segments = (torch.arange(longest) >= torch.tensor(rows[1])[:, None]) & (tokens != pad)
    return tokens, segments.long(), torch.tensor([swapped for *_, swapped in pairs])


class Hiding(bert.Hiding):
    """What is hidden in a text: one to `longest` whole words in a row, n of them with a
    probability that goes as 1/n (Sec. 4.1)."""

    def __init__(self, pieces, share, longest):
        super().__init__(pieces, share)
        weights = 1 / torch.arange(1, longest + 1)
        self.reaching = (weights.flip(0).cumsum(0).flip(0) / weights.sum()).tolist()  # P(n > k)
        low, high = 0.0, share  # of words, how many begin such a run: then `share` are in one
        for _ in range(50):
            begin = (low + high) / 2
            seen = 1.0
            for reached in self.reaching:
                seen *= 1 - begin * reached
            low, high = (begin, high) if 1 - seen < share else (low, begin)
        self.begin = low

    def choose(self, tokens):
        """Which of `tokens` (B, T) are to be foretold: all pieces of a word, or none."""
        goes_on, special = (x.to(tokens.device)[tokens] for x in (self.goes_on, self.special))
        word = (~goes_on).long().cumsum(1) - 1  # (B, T)
        begins, length = torch.rand(2, *tokens.shape, device=tokens.device)  # (B, T): by word
        hidden = torch.zeros_like(special)
        for k, reached in enumerate(self.reaching):
            reaches = (begins < self.begin) & (length < reached)  # (B, T)
            hidden |= F.pad(reaches, (k, 0))[:, : tokens.shape[1]]
        return hidden.gather(1, word.clamp(min=0)) & ~special


# -- the network --------------------------------------------------------------------------------


def gelu(x):
    """By tanh, as in the published code."""
    return F.gelu(x, approximate="tanh")


class Embeddings(bert.Embeddings):
    """V x E + E x H numbers instead of V x H (Sec. 3.1, factorized embedding)."""

    def __init__(self, config, pieces):
        Module.__init__(self)
        e, d, self.p = config.embedding, config.d_model, config.dropout
        self.tokens, self.positions = Embedding(pieces, e), Embedding(config.context, e)
        self.segments, self.norm = Embedding(2, e), LayerNorm(e, bert.EPSILON)
        self.widen = Identity() if e == d else Linear(e, d)  # none in the published code either

    def forward(self, tokens, segments=None):
        return self.widen(super().forward(tokens, segments))  # (B, T, D)


class Layer(bert.Layer):
    """BERT's, with the other GELU."""

    def forward(self, x, hidden):  # (B, T, D) -> (B, T, D)
        x = self.norm1(x + F.dropout(self.attention(x, hidden), self.p, self.training))
        y = gelu(self.first(x))  # (B, T, F)
        return self.norm2(x + F.dropout(self.second(y), self.p, self.training))


class Foretelling(Module):
    """From a hidden place back to the width of the embedding, then to scores of pieces."""

    def __init__(self, config, pieces):
        super().__init__()
        self.transform = Linear(config.d_model, config.embedding)
        self.transformed = LayerNorm(config.embedding, bert.EPSILON)
        self.bias = Parameter(torch.zeros(pieces))

    def forward(self, x, table):  # (M, D), (V, E) -> (M, V)
        x = self.transformed(gelu(self.transform(x)))  # (M, E)
        return F.linear(x, table, self.bias)  # (M, V)


class ALBERT(bert.BERT):
    """BERT, whose `follows` asks here whether two segments were swapped."""

    def __init__(self, config, pieces, classes=2):
        Module.__init__(self)
        self.config, d = config, config.d_model
        self.embed, self.foretell = Embeddings(config, pieces), Foretelling(config, pieces)
        self.layers = ModuleList(self.stack(config))
        self.pooler, self.follows, self.classes = Linear(d, d), Linear(d, 2), Linear(d, classes)
        self.apply(self.initialise)

    def stack(self, config):
        """One layer for all depths (Sec. 3.1, cross-layer parameter sharing)."""
        return [Layer(config)]

    def layer(self, depth):
        return self.layers[depth * len(self.layers) // self.config.layers]

    def encode(self, tokens, segments=None):
        """Final states (B, T, D) of `tokens` (B, T)."""
        x = self.embed(tokens, segments)
        hidden = bert.barred(x, tokens == self.pad)
        for depth in range(self.config.layers):
            x = self.layer(depth)(x, hidden)
        return x


# -- published weights --------------------------------------------------------------------------

PUBLISHED = {  # our names, part by part -> those of huggingface/transformers
    "embed": "embeddings", "tokens": "word_embeddings", "positions": "position_embeddings",
    "segments": "token_type_embeddings", "norm": "LayerNorm", "out": "dense",
    "norm1": "attention.LayerNorm", "first": "ffn", "second": "ffn_output",
    "norm2": "full_layer_layer_norm", "foretell": "predictions", "transform": "dense",
    "transformed": "LayerNorm", "follows": "sop_classifier.classifier", "classes": "classifier",
}  # fmt: skip
UNUSED = ("embeddings.position_ids", "predictions.decoder")


def published(name):
    """The names of what one of our parameters is made of, one below the other."""
    name = ".".join(PUBLISHED.get(part, part) for part in name.split("."))
    name = name.replace("embeddings.widen", "encoder.embedding_hidden_mapping_in")
    name = name.replace("layers.0", "encoder.albert_layer_groups.0.albert_layers.0")
    parts = ("query", "key", "value") if "qkv" in name else ("",)
    return [name.replace("qkv", part) for part in parts]


def load_published(weights, heads, layers):
    """An ALBERT with published weights {name: tensor}, with or without "albert." before names, for
    evaluation. `heads` and `layers` are not in them. Heads of the network that are not there begin
    anew. ValueError for names, RuntimeError for shapes that do not fit."""
    named = {n.removeprefix("albert."): w for n, w in weights.items()}
    named = {n: w for n, w in named.items() if not n.startswith(UNUSED)}
    tokens = named.get("embeddings.word_embeddings.weight", torch.empty(0, 0))
    places = named.get("embeddings.position_embeddings.weight", ())
    wide = named.get("encoder.embedding_hidden_mapping_in.bias", tokens.T)
    (pieces, e), d = tokens.shape, len(wide)
    sizes = {"pieces": pieces, "context": len(places), "d_model": d, "embedding": e}
    config = Config(**sizes, heads=heads, layers=layers)
    net = ALBERT(config, pieces, len(named.get("classifier.bias", "ab")))
    made = {name: published(name) for name, _ in net.named_parameters()}
    made = {
        n: parts for n, parts in made.items() if not n.startswith(bert.HEADS) or parts[0] in named
    }
    if strange := named.keys() ^ {part for parts in made.values() for part in parts}:
        raise ValueError(f"missing or strange: {', '.join(sorted(strange)[:3])}")
    found = {name: torch.cat([named[part] for part in parts]) for name, parts in made.items()}
    net.load_state_dict(found, strict=False)
    return net.eval()


# -- learning -----------------------------------------------------------------------------------


class Learner(bert.Learner):
    """BERT's; what it reads are stretches of text, which it makes pairs of."""

    def __init__(self, config, net, masters, seed, pieces=None, tuning=None):
        super().__init__(config, net, masters, seed, pieces, tuning)
        if pieces:
            self.hiding = Hiding(pieces, config.share, config.longest)
            self.specials = [pieces.index(name) for name in ("[PAD]", "[CLS]", "[SEP]")]

    def pretrain(self, stretches, i):
        """Learn from the i-th batch: the loss, and its parts, of hidden pieces and of order."""
        torch.manual_seed(self.seed * bert.APART + i)  # of all that is drawn: the same again
        pairs = [pair(stretch, stretches[n - 1]) for n, stretch in enumerate(stretches)]
        told, asked = self.nats(pairs)
        value = self.descend(told + asked, i)
        return {"loss": value, "hidden": told.detach(), "order": asked.detach()}

    def nats(self, pairs):
        """Of first, second and whether they were swapped: nats per hidden piece, and of order."""
        made = rows_of(pairs, self.specials, self.config.context)
        tokens, segments, swapped = (x.to(self.masters.masters[0].device) for x in made)
        seen, targets = self.hiding(tokens)  # (B, T)
        told, asked = self.net(seen, segments, targets, swapped).unbind(1)  # (B,)
        return told.sum() / (targets >= 0).sum().clamp(min=1), asked.mean()

    @torch.no_grad()
    def held_out(self, batches):
        """Nats per hidden piece, a mean over batches of pairs that are not learned from, always
        with the same hidden."""
        torch.manual_seed(0)
        self.net.eval()
        found = sum(self.nats(pairs)[0].item() for pairs in batches) / len(batches)
        self.net.train()
        return found

    @torch.no_grad()
    def wrong_orders(self, batches):
        """Percent of such pairs of which it says wrongly whether they were swapped."""
        self.net.eval()
        wrong, count = 0, 0
        for pairs in batches:
            made = rows_of(pairs, self.specials, self.config.context)
            tokens, segments, swapped = (x.to(self.masters.masters[0].device) for x in made)
            pooled = self.net.pool(self.net.encode(tokens, segments), tokens)
            wrong += (self.net.follows(pooled).argmax(1) != swapped).sum().item()
            count += len(pairs)
        self.net.train()
        return 100 * wrong / count
