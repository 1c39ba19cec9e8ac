"""BERT, Devlin et al. 2018 (arXiv:1810.04805), version 2: as one would build it today.

The published network, parameter by parameter. Against version 1: whole words are hidden, anew at
each reading, and no special token; no pairs; the vocabulary's product at hidden places alone; one
product for queries, keys and values; Adam's bias correction, decay of matrices only, clipping.

Shapes:  B batch, T tokens, H heads, K = D / H, D = d_model, F = 4 D, V pieces, M hidden places,
         Y classes.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch.nn import Embedding, LayerNorm, Linear, Module, ModuleList, Parameter

from papers.adam.version2.model import AdamW, groups

EPSILON = 1e-12  # of the norms, in the published code
FUSED_FROM = 512  # tokens: on a CPU the fused kernel pays from about here on
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
    clip: float = 1.0  # the published code
    pretrain_steps: int = 1_000_000
    tune_batch: int = 32
    tune_rate: float = 3e-5
    tune_warmup: float = 0.1  # of the steps
    steps: int = 6_300  # of fine-tuning: three epochs of SST-2's 67,349 phrases
    finetune_steps = property(lambda config: config.steps)

    def __post_init__(self):
        if self.d_model % self.heads:
            raise ValueError("d_model must be a multiple of heads")


class Hiding:
    """What is hidden in a text: whole words, no special token."""

    def __init__(self, pieces, share):
        """`pieces` by id; special ones are in brackets, those that go on with a word begin ##."""
        self.mask, self.share, self.size = pieces.index("[MASK]"), share, len(pieces)
        self.goes_on = torch.tensor([piece.startswith("##") for piece in pieces])
        self.special = torch.tensor([p[0] + p[-1] == "[]" for p in pieces])

    def choose(self, tokens):
        """Which of `tokens` (B, T) are to be foretold: all pieces of a word, or none."""
        goes_on, special = (x.to(tokens.device)[tokens] for x in (self.goes_on, self.special))
        word = (~goes_on).long().cumsum(1) - 1  # (B, T)
        drawn = torch.rand(tokens.shape, device=tokens.device).gather(1, word)  # (B, T): by word
        return (drawn < self.share) & ~special

    def __call__(self, tokens):
        """Tokens as the network sees them (B, T), and targets (B, T), -1 where there are none. Of
        what was chosen, 80 % become [MASK], 10 % any piece, 10 % stay."""
        chosen, lot = self.choose(tokens), torch.rand(tokens.shape, device=tokens.device)
        other = torch.randint_like(tokens, self.size)
        seen = tokens.where(~chosen | (lot >= 0.9), other)
        return seen.masked_fill(chosen & (lot < 0.8), self.mask), tokens.masked_fill(~chosen, -1)


class Embeddings(Module):
    """Token, position and segment (Fig. 2), a norm, dropout."""

    def __init__(self, config, pieces):
        super().__init__()
        d, self.p = config.d_model, config.dropout
        self.tokens, self.positions = Embedding(pieces, d), Embedding(config.context, d)
        self.segments, self.norm = Embedding(2, d), LayerNorm(d, EPSILON)

    def forward(self, tokens, segments=None):
        x = self.tokens(tokens) + self.positions.weight[: tokens.shape[1]]  # (B, T, D)
        x = x + (self.segments.weight[0] if segments is None else self.segments(segments))
        return F.dropout(self.norm(x), self.p, self.training)


def attend(q, k, v, hidden, p=0.0):
    """softmax(q k^T / sqrt(K)) v, three times (B, H, T, K) -> (B, H, T, K), with dropout `p`.
    `hidden` (B, 1, 1, T) is 0 where a token may look and -inf where it may not."""
    scale = q.shape[-1] ** -0.5
    if q.device.type != "cpu" or k.shape[-2] >= FUSED_FROM:
        return F.scaled_dot_product_attention(q, k, v, attn_mask=hidden, dropout_p=p, scale=scale)
    heads = q.shape[:2]
    hidden = hidden.expand(-1, heads[1], -1, -1).flatten(0, 1)  # (B H, 1, T)
    q, k, v = (x.reshape(-1, *x.shape[-2:]) for x in (q, k, v))  # (B H, T, K)
    scores = torch.baddbmm(hidden, q, k.transpose(1, 2), alpha=scale)  # (B H, T, T)
    y = torch.bmm(F.dropout(scores.softmax(-1), p), v)  # (B H, T, K)
    return y.unflatten(0, heads)  # (B, H, T, K)


class Attention(Module):
    """Queries, keys and values from one product."""

    def __init__(self, config):
        super().__init__()
        d, self.heads, self.p = config.d_model, config.heads, config.dropout
        self.qkv, self.out = Linear(d, 3 * d), Linear(d, d)

    def forward(self, x, hidden):  # (B, T, D), (B, 1, 1, T) -> (B, T, D)
        # (B, H, T, K)
        q, k, v = self.qkv(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        y = attend(q, k, v, hidden, self.p if self.training else 0.0)
        return self.out(y.transpose(1, 2).flatten(-2))  # (B, T, D)


class Layer(Module):
    """Attention and the feed-forward network, each followed by its sum and norm (post-norm)."""

    def __init__(self, config):
        super().__init__()
        d, self.p = config.d_model, config.dropout
        self.attention, self.norm1 = Attention(config), LayerNorm(d, EPSILON)
        self.first, self.second = Linear(d, 4 * d), Linear(4 * d, d)
        self.norm2 = LayerNorm(d, EPSILON)

    def forward(self, x, hidden):  # (B, T, D) -> (B, T, D)
        x = self.norm1(x + F.dropout(self.attention(x, hidden), self.p, self.training))
        y = F.gelu(self.first(x))  # (B, T, F): by the error function
        return self.norm2(x + F.dropout(self.second(y), self.p, self.training))


class Foretelling(Module):
    """From a hidden place to scores of pieces: a layer, a norm, the embedding once more, a bias."""

    def __init__(self, config, pieces):
        super().__init__()
        self.transform = Linear(config.d_model, config.d_model)
        self.transformed = LayerNorm(config.d_model, EPSILON)
        self.bias = Parameter(torch.zeros(pieces))

    def forward(self, x, table):  # (M, D), (V, D) -> (M, V)
        return F.linear(self.transformed(F.gelu(self.transform(x))), table, self.bias)


def barred(x, padding):
    """(B, 1, 1, T): -inf at `padding` (B, T), where no place may look, else 0."""
    return x.new_zeros(padding.shape).masked_fill(padding, -math.inf)[:, None, None]


class BERT(Module):
    """Embeddings and layers; heads for hidden pieces, for the second segment and for classes."""

    pad = 0  # the piece that fills up rows

    def __init__(self, config, pieces, classes=2):
        super().__init__()
        self.config, d = config, config.d_model
        self.embed, self.foretell = Embeddings(config, pieces), Foretelling(config, pieces)
        self.layers = ModuleList(self.stack(config))
        self.pooler, self.follows, self.classes = Linear(d, d), Linear(d, 2), Linear(d, classes)
        self.apply(self.initialise)

    def stack(self, config):
        return [Layer(config) for _ in range(config.layers)]

    def initialise(self, module):
        if isinstance(module, Linear | Embedding):
            torch.nn.init.normal_(module.weight, std=self.config.std)
        if isinstance(module, Linear):
            torch.nn.init.zeros_(module.bias)

    def encode(self, tokens, segments=None):
        """Final states (B, T, D) of `tokens` (B, T)."""
        x = self.embed(tokens, segments)
        hidden = barred(x, tokens == self.pad)
        for layer in self.layers:
            x = layer(x, hidden)
        return x

    def pool(self, x, tokens):  # (B, T, D), (B, T) -> (B, D)
        """The final state of [CLS], and a layer of its own (the published code)."""
        return torch.tanh(self.pooler(x[:, 0]))

    def pieces(self, x):  # (M, D) -> (M, V)
        return self.foretell(x, self.embed.tokens.weight)

    def forward(self, tokens, segments=None, targets=None, follows=None):
        """Scores of the classes. With targets, -1 where nothing was hidden, each row's two losses:
        the sum over its hidden pieces, which alone reach the vocabulary's product, and of whether
        its second segment follows (`follows` 0: it does), zero where that is not asked."""
        x = self.encode(tokens, segments)
        if targets is None:
            pooled = F.dropout(self.pool(x, tokens), self.config.dropout, self.training)
            return self.classes(pooled)  # (B, Y)
        at = targets >= 0  # (B, T)
        nats = F.cross_entropy(self.pieces(x[at]).float(), targets[at], reduction="none")  # (M,)
        told = nats.new_zeros(len(x)).index_add(0, at.nonzero()[:, 0], nats)  # (B,)
        if follows is None:
            return torch.stack([told, torch.zeros_like(told)], 1)
        pair = self.follows(self.pool(x, tokens)).float()  # (B, 2)
        return torch.stack([told, F.cross_entropy(pair, follows, reduction="none")], 1)  # (B, 2)


PUBLISHED = {  # our names, part by part -> those of huggingface/transformers
    "embed": "embeddings", "tokens": "word_embeddings", "positions": "position_embeddings",
    "segments": "token_type_embeddings", "norm": "LayerNorm", "layers": "encoder.layer",
    "out": "output.dense", "norm1": "attention.output.LayerNorm", "first": "intermediate.dense",
    "second": "output.dense", "norm2": "output.LayerNorm", "pooler": "pooler.dense",
    "foretell": "cls.predictions", "transform": "transform.dense",
    "transformed": "transform.LayerNorm", "follows": "cls.seq_relationship",
    "classes": "classifier",
}  # fmt: skip
HEADS = ("pooler", "foretell", "follows", "classes")  # published weights may lack them
UNUSED = ("embeddings.position_ids", "cls.predictions.decoder")


def published(name):
    """The names of what one of our parameters is made of, one below the other."""
    name = ".".join(PUBLISHED.get(part, part) for part in name.split("."))
    parts = ("query", "key", "value") if "qkv" in name else ("",)
    return [name.replace("qkv", f"self.{part}") for part in parts]


def load_published(weights, heads):
    """A BERT with published weights {name: tensor}, with or without "bert." before names, for
    evaluation. `heads` is not in them: 64 components each in Sec. 3, fewer in later models. HEADS
    that are not there begin anew. ValueError for names, RuntimeError for shapes that do not fit."""
    named = {n.removeprefix("bert."): w for n, w in weights.items()}
    named = {n: w for n, w in named.items() if not n.startswith(UNUSED)}
    tokens = named.get("embeddings.word_embeddings.weight", torch.empty(0, 0))
    places = named.get("embeddings.position_embeddings.weight", ())
    layers = len({name.split(".")[2] for name in named if name.startswith("encoder.layer.")})
    config = Config(len(tokens), len(places), tokens.shape[1], heads, layers)
    net = BERT(config, len(tokens), len(named.get("classifier.bias", "ab")))
    made = {name: published(name) for name, _ in net.named_parameters()}
    made = {n: parts for n, parts in made.items() if not n.startswith(HEADS) or parts[0] in named}
    if strange := named.keys() ^ {part for parts in made.values() for part in parts}:
        raise ValueError(f"missing or strange: {', '.join(sorted(strange)[:3])}")
    found = {name: torch.cat([named[part] for part in parts]) for name, parts in made.items()}
    net.load_state_dict(found, strict=False)
    return net.eval()


def learning_rate(i, peak, warmup, steps):
    """Up along a line in `warmup` steps, then down along one to zero (App. A.2)."""
    return peak * min((i + 1) / max(1, warmup), (steps - i) / max(1, steps - warmup))


class Learner:
    """One phase: pre-training, or with `tuning` so many steps of fine-tuning."""

    def __init__(self, config, net, masters, seed, pieces=None, tuning=None):
        self.config, self.net, self.masters, self.seed = config, net, masters, seed
        self.plan = config.learning_rate, config.warmup, config.pretrain_steps
        if tuning:
            self.plan = config.tune_rate, config.tune_warmup * tuning, tuning
        self.hiding = Hiding(pieces, config.share) if pieces else None
        named = zip((name for name, _ in net.named_parameters()), masters.masters)
        self.optimizer = AdamW(groups(named, config.weight_decay), eps=1e-6)  # the published code

    def nats(self, tokens, segments=None, follows=None):
        """Of `tokens` (B, T): nats per hidden piece, and per row of whether a segment follows."""
        seen, targets = self.hiding(tokens)  # (B, T)
        told, asked = self.net(seen, segments, targets, follows).unbind(1)  # (B,)
        return told.sum() / (targets >= 0).sum().clamp(min=1) + asked.mean()

    @torch.no_grad()
    def held_out(self, batches):
        """The mean over batches that are not learned from, always with the same hidden."""
        torch.manual_seed(0)
        self.net.eval()
        found = sum(self.nats(tokens).item() for tokens in batches) / len(batches)
        self.net.train()
        return found

    def pretrain(self, tokens, i, segments=None, follows=None):
        torch.manual_seed(self.seed * APART + i)  # of masks and dropout: the same after a restart
        return self.descend(self.nats(tokens, segments, follows), i)

    def tune(self, tokens, labels, i):
        """Learn from the i-th `tokens` (B, T) and their `labels` (B,); nats per text."""
        torch.manual_seed(self.seed * APART + i)
        return self.descend(F.cross_entropy(self.net(tokens).float(), labels), i)

    def descend(self, value, i):
        value.backward()
        self.masters.take_gradients()
        torch.nn.utils.clip_grad_norm_(self.masters.masters, self.config.clip)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(i, *self.plan)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.masters.give_weights()
        return value.detach()
