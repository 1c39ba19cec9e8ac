"""ELECTRA, Clark et al. 2020 (arXiv:2003.10555), version 2: as one would build it today.

The published pair, parameter by parameter, on the layers of papers/bert. Against version 1: the
embeddings are shared, with a width of their own; a token that was drawn right counts as original;
all that is hidden becomes [MASK]; marks begin at the odds; lower layers are tuned more slowly.

Shapes:  B batch, T tokens, D = d_model, E width of embeddings, G width of the generator, V pieces,
         M hidden places, Y classes.
"""

import math
from collections import defaultdict
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch.nn import Embedding, Identity, Linear, Module, ModuleList

from papers.adam.version2.model import AdamW, groups
from papers.bert.version2 import model as bert
from papers.bert.version2.model import APART, barred


@dataclass(frozen=True)
class Config(bert.Config):  # defaults: ELECTRA-Small, App. A (Table 6); fine-tuning App. B
    context: int = 128
    d_model: int = 256
    heads: int = 4
    embedding: int = 128  # width of the tokens' vectors
    generator: float = 0.25  # its width, as a part of the discriminator's
    weight: float = 50.0  # of the discriminator's loss: lambda in Sec. 2
    batch: int = 128
    learning_rate: float = 5e-4
    tune_rate: float = 3e-4
    layer_decay: float = 0.8  # of the rate of fine-tuning, from a layer to the one below


def smaller(config):
    """The generator's own config: narrower, heads as wide as the discriminator's (Sec. 3.2)."""
    heads = max(1, round(config.heads * config.generator))
    return replace(config, d_model=round(config.d_model * config.generator), heads=heads)


class Hiding(bert.Hiding):
    """What the generator has to fill in."""

    def __call__(self, tokens):
        """All that was chosen of `tokens` (B, T) becomes [MASK]; targets, -1 elsewhere (B, T)."""
        chosen = self.choose(tokens)  # (B, T)
        return tokens.masked_fill(chosen, self.mask), tokens.masked_fill(~chosen, -1)


class Body(Module):
    """Embeddings of width E, brought to the network's own width, and layers."""

    def __init__(self, config):
        super().__init__()
        same = config.embedding == config.d_model
        self.project = Identity() if same else Linear(config.embedding, config.d_model)
        self.layers = ModuleList(bert.Layer(config) for _ in range(config.layers))

    def forward(self, x, padding):  # (B, T, E), (B, T) -> (B, T, D)
        x, hidden = self.project(x), barred(x, padding)  # (B, T, D), (B, 1, 1, T)
        for layer in self.layers:
            x = layer(x, hidden)
        return x


class Foretelling(bert.Foretelling):
    """From a hidden place to scores of pieces, back at the width of the embeddings."""

    def __init__(self, config, pieces):
        super().__init__(narrow(config), pieces)
        self.transform = Linear(config.d_model, config.embedding)


def narrow(config):
    """As wide as the embeddings."""
    return replace(config, d_model=config.embedding, heads=1)


class Generator(Module):
    """A small BERT on the discriminator's embeddings."""

    def __init__(self, config, pieces):
        super().__init__()
        self.body, self.foretell = Body(config), Foretelling(config, pieces)

    def forward(self, embed, seen, at):  # twice (B, T) -> (M, V)
        x = self.body(embed(seen), seen == ELECTRA.pad)  # (B, T, G)
        return self.foretell(x[at], embed.tokens.weight)


class Discriminator(Module):
    """What is kept of the pair: embeddings, layers, a head that marks tokens, one for classes."""

    def __init__(self, config, pieces, classes):
        super().__init__()
        d, self.p = config.d_model, config.dropout
        self.embed, self.body = bert.Embeddings(narrow(config), pieces), Body(config)
        self.turn, self.mark, self.classes = Linear(d, d), Linear(d, 1), Linear(d, classes)

    def encode(self, tokens, padding):  # twice (B, T) -> (B, T, D)
        return self.body(self.embed(tokens), padding)

    def marks(self, tokens, padding):  # twice (B, T) -> (B, T)
        """sigmoid^-1 of how likely each token is to be a replaced one: 1 - D(x, t) in Sec. 2."""
        return self.mark(F.gelu(self.turn(self.encode(tokens, padding))))[..., 0]

    def forward(self, tokens):  # (B, T) -> (B, Y)
        """Scores of classes from the state of [CLS] as it is: the published code has no pooler."""
        x = self.encode(tokens, tokens == ELECTRA.pad)[:, 0]  # (B, D)
        return self.classes(F.dropout(x, self.p, self.training))


def draw(scores):
    """A piece for each row of `scores` (M, V), by softmax: (M,). No gradient comes back."""
    reached = scores.detach().softmax(-1).cumsum(-1)  # (M, V)
    lot = reached[:, -1:] * torch.rand_like(reached[:, :1])  # (M, 1)
    return torch.searchsorted(reached, lot, right=True)[:, 0].clamp(max=scores.shape[1] - 1)


def is_replaced(corrupted, tokens, at):
    """Which tokens were replaced: (B, T). One that was drawn as it had stood was not (Sec. 2)."""
    return corrupted != tokens


def padding_of(corrupted, tokens):
    """Which places no token may look at: (B, T). What was drawn may be the piece that fills up
    rows; it is no padding where it stands for a word of the text."""
    return tokens == ELECTRA.pad


def counted(tokens, at):
    """Where the discriminator learns: at every token, hidden before or not: (B, T)."""
    return tokens != ELECTRA.pad


def odds(config):
    """The first bias of marks: few tokens are replaced, and the layers need not learn that."""
    return math.log(config.share / (1 - config.share))


class ELECTRA(Module):
    """The pair. The discriminator owns the embeddings, all four of their parts."""

    pad = 0  # the piece that fills up rows

    def __init__(self, config, pieces, classes=2):
        super().__init__()
        self.config = config
        self.discriminator = Discriminator(config, pieces, classes)
        self.generator = Generator(smaller(config), pieces)
        self.apply(self.initialise)
        torch.nn.init.constant_(self.discriminator.mark.bias, odds(config))

    def initialise(self, module):
        if isinstance(module, Linear | Embedding):
            torch.nn.init.normal_(module.weight, std=self.config.std)
        if isinstance(module, Linear):
            torch.nn.init.zeros_(module.bias)

    def foretold(self, seen, at):  # twice (B, T) -> (M, V)
        return self.generator(self.discriminator.embed, seen, at)

    def forward(self, tokens, targets=None):
        """Scores of the classes. With `targets` (B, T), -1 where nothing was hidden, the `tokens`
        (B, T) have gaps, and each row gives the sums of nats over what the generator foretold and
        over what the discriminator marked, and how many tokens these were."""
        if targets is None:
            return self.discriminator(tokens)  # (B, Y)
        at = targets >= 0  # (B, T)
        scores = self.foretold(tokens, at).float()  # (M, V)
        nats = F.cross_entropy(scores, targets[at], reduction="none")  # (M,)
        told = nats.new_zeros(len(tokens)).index_add(0, at.nonzero()[:, 0], nats)  # (B,)
        corrupted, original = tokens.masked_scatter(at, draw(scores)), targets.where(at, tokens)
        padding = padding_of(corrupted, original)  # (B, T)
        marks = self.discriminator.marks(corrupted, padding).float()  # (B, T)
        replaced = is_replaced(corrupted, original, at).float()  # (B, T)
        here = counted(original, at).float()  # (B, T)
        each = F.binary_cross_entropy_with_logits(marks, replaced, reduction="none") * here
        return torch.stack([told, each.sum(1), here.sum(1)], 1)  # (B, 3)


PUBLISHED = {  # our names of heads -> those of huggingface/transformers
    "project": "electra.embeddings_project", "turn": "discriminator_predictions.dense",
    "mark": "discriminator_predictions.dense_prediction",
    "foretell.transform": "generator_predictions.dense",
    "foretell.transformed": "generator_predictions.LayerNorm", "foretell": "generator_lm_head",
}  # fmt: skip
SHARED = "electra.embeddings."
UNUSED = ("electra.embeddings.position_ids", "generator_lm_head.weight")


def published(name):
    """Whose one of our parameters is, and the names of what it is made of, one below the other."""
    owner, name = name.split(".", 1)
    name = name.removeprefix("body.")
    part, end = name.rsplit(".", 1)
    if part in PUBLISHED:
        return owner, [f"{PUBLISHED[part]}.{end}"]
    return owner, [f"electra.{found}" for found in bert.published(name)]


def load_published(discriminator, generator, heads):
    """A pair with published weights {name: tensor} of its two nets, for evaluation. `heads` of the
    discriminator are not in them: 64 components each. The layer for classes begins anew.
    ValueError for names that do not fit or embeddings that differ, RuntimeError for shapes."""
    both = {"discriminator": discriminator, "generator": generator}
    both = {o: {n: w for n, w in x.items() if n not in UNUSED} for o, x in both.items()}
    one, two = ({n: w for n, w in x.items() if n.startswith(SHARED)} for x in both.values())
    if one.keys() != two.keys() or not all(torch.equal(w, two[n]) for n, w in one.items()):
        raise ValueError("these two do not share their embeddings")
    both["generator"] = {n: w for n, w in both["generator"].items() if not n.startswith(SHARED)}
    config = config_of(*both.values(), heads)
    net = ELECTRA(config, config.pieces)
    made = {n: published(n) for n, _ in net.named_parameters() if "classes" not in n}
    for owner, weights in both.items():
        wanted = {part for who, parts in made.values() if who == owner for part in parts}
        if strange := weights.keys() ^ wanted:
            raise ValueError(f"missing or strange: {', '.join(sorted(strange)[:3])}")
    found = {n: torch.cat([both[who][part] for part in parts]) for n, (who, parts) in made.items()}
    net.load_state_dict(found, strict=False)
    return net.eval()


def config_of(large, small, heads):
    """Sizes, read off the weights."""
    names = [f"{SHARED}{n}_embeddings.weight" for n in ("word", "position")]
    tokens, places = (large.get(n, torch.empty(1, 1)) for n in names)
    width = len(large.get("discriminator_predictions.dense.bias", "?"))
    inner = small.get("generator_predictions.dense.weight", torch.empty(0, 1)).shape[1]
    layers = len({n.split(".")[3] for n in large if n.startswith("electra.encoder.layer.")})
    sizes = len(tokens), len(places), width, heads, layers
    return Config(*sizes, embedding=len(tokens[0]), generator=inner / width)


def total(generator, discriminator, weight):
    """What is minimised (Sec. 2, the last equation)."""
    return generator + weight * discriminator


def part_of_rate(name, config):
    """What part of the rate a parameter gets in fine-tuning (App. B): all of it in the layer for
    classes, less in each layer below, least in the embeddings and what widens them."""
    below = config.layers + 1
    if name.startswith("discriminator.body.layers."):
        below -= int(name.split(".")[3]) + 1
    elif name.startswith("discriminator.classes."):
        below = 0
    return config.layer_decay**below


class ByLayer(AdamW):
    """Each group steps at its own "part" of the rate that it is given."""

    def step(self):
        for group in self.param_groups:
            group["lr"] *= group["part"]
        super().step()


class Learner(bert.Learner):
    """One phase: pre-training, or with `tuning` so many steps of fine-tuning."""

    def __init__(self, config, net, masters, seed, pieces=None, tuning=None):
        super().__init__(config, net, masters, seed, pieces, tuning)
        self.hiding = Hiding(pieces, config.share) if pieces else None
        alike = defaultdict(list)  # part of the rate -> parameters with their names
        for (name, _), p in zip(net.named_parameters(), masters.masters):
            alike[part_of_rate(name, config) if tuning else 1.0].append((name, p))
        made = ((part, groups(those, config.weight_decay)) for part, those in alike.items())
        parts = [{**group, "part": part} for part, pair in made for group in pair]
        self.optimizer = ByLayer(parts, eps=1e-6)

    def losses(self, tokens):
        """Of `tokens` (B, T), what is hidden and what is put in its place drawn anew: nats per
        hidden piece of the generator, per token of the discriminator, and what is minimised."""
        seen, targets = self.hiding(tokens)  # (B, T)
        told, marked, counts = self.net(seen, targets).unbind(1)  # (B,)
        generator = told.sum() / (targets >= 0).sum().clamp(min=1)
        discriminator = marked.sum() / counts.sum().clamp(min=1)
        value = total(generator, discriminator, self.config.weight)
        return {"loss": value, "generator": generator, "discriminator": discriminator}

    @torch.no_grad()
    def held_out(self, batches):
        """The means over batches of rows that are not learned from, always with the same hidden."""
        torch.manual_seed(0)
        self.net.eval()
        found = [self.losses(tokens) for tokens in batches]
        self.net.train()
        names = ("generator", "discriminator")
        return {f"{n}_nats": sum(x[n].item() for x in found) / len(found) for n in names}

    def pretrain(self, tokens, i):
        torch.manual_seed(self.seed * APART + i)  # of masks, draws, dropout: so after a restart
        found = self.losses(tokens)
        self.descend(found["loss"], i)
        return {name: value.detach() for name, value in found.items()}
