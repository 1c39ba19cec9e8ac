"""RoBERTa, Liu et al. 2019 (arXiv:1907.11692), version 2: papers/bert's version 2, and the changes.

The network is BERT's but for where positions begin and for segments, of which there is one. What
the paper changes is what is read: full sentences in place of pairs, tokens hidden anew each time,
byte pairs that are found again in fine-tuning, large batches, and an Adam to go with them.

Shapes: B batch, T tokens, D = d_model, N rows, L places of a row.
"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch.nn import Embedding, LayerNorm

from papers.bert.version2 import model as bert

BEGIN, PAD, END, _, MASK = range(5)  # <s>, <pad>, </s>, <unk> as published; <mask> is last there
SPECIALS = 5
EPSILON = 1e-5  # of the norms; fairseq has torch's
LEFT_OUT = ("follows",)  # heads of BERT that are not trained: no pairs, no question about them


@dataclass(frozen=True)
class Config:  # defaults: RoBERTa-base, Table 9; fine-tuning Table 10
    merges: int = 50_000  # Sec. 4.4: GPT-2's, with its bytes and specials 50,265 tokens
    context: int = 512
    d_model: int = 768
    heads: int = 12
    layers: int = 12
    std: float = 0.02  # of matrices at the start, as BERT's
    dropout: float = 0.1
    share: float = 0.15  # of all tokens, how many are hidden (Sec. 2.3)
    reviews: float = 0.8  # ours: of the rows of pre-training, how many are reviews
    batch: int = 8_192
    learning_rate: float = 6e-4
    warmup: int = 24_000
    weight_decay: float = 0.01
    beta2: float = 0.98  # Sec. 3.1: steadier with large batches
    clip: float = 1e9  # the norm that gradients are shortened to: none are (Table 9)
    pretrain_steps: int = 500_000
    tune_batch: int = 32
    tune_rate: float = 1e-5
    tune_warmup: float = 0.06  # of the steps
    tune_decay: float = 0.1
    steps: int = 21_000  # of fine-tuning: ten epochs of SST-2's 67,349 phrases

    def __post_init__(self):
        if self.d_model % self.heads:
            raise ValueError("d_model must be a multiple of heads")

    @property
    def finetune_steps(self):
        return self.steps


# -- what is read ---------------------------------------------------------------------------------


def spaced(text):
    """Each word with the space before it that it has inside a text, the first one, too."""
    return "".join(f" {word}" for word in text.split())


def full_sentences(documents, length):
    """Rows (N, L): whole sentences one after the other, as many as fit, across documents, with one
    more </s> where one ends (Sec. 4.2, FULL-SENTENCES)."""
    rows, row = [], []
    for document in documents:
        for sentence in document:
            sentence = sentence[: length - 2]
            if row and len(row) + len(sentence) > length - 2:
                rows.append(row)
                row = []
            row = row + sentence
        if len(row) < length - 2:
            row = [*row, END]
    return filled([*rows, row], length)


def filled(rows, length):
    """<s> tokens </s> of each row, filled up: (N, L)."""
    found = np.full((len(rows), length), PAD)
    for n, row in enumerate(rows):
        ended = row[-1:] == [END]
        found[n, : len(row) + 2 - ended] = [BEGIN, *row, *[END][ended:]]
    return found


class Hiding:
    """What is hidden in a text: any token that is not special, drawn anew each time (Sec. 4.1)."""

    def __init__(self, symbols, share):
        self.symbols, self.share = symbols, share

    def choose(self, tokens):  # (B, T) -> (B, T)
        drawn = torch.rand(tokens.shape, device=tokens.device)  # (B, T)
        return (drawn < self.share) & (tokens >= SPECIALS)

    def __call__(self, tokens):
        """Tokens as the network sees them (B, T), and targets (B, T), -1 where there are none. Of
        what was chosen, 80 % become <mask>, 10 % another that is not special, 10 % stay."""
        chosen, lot = self.choose(tokens), torch.rand(tokens.shape, device=tokens.device)
        other = torch.randint_like(tokens, SPECIALS, self.symbols)
        seen = tokens.where(~chosen | (lot >= 0.9), other)
        return seen.masked_fill(chosen & (lot < 0.8), MASK), tokens.masked_fill(~chosen, -1)


# -- the network ----------------------------------------------------------------------------------


def positions(tokens):
    """Rows of the table of positions (B, T): the first token has PAD + 1, padding has PAD."""
    read = (tokens != PAD).long()  # (B, T)
    return read.cumsum(1) * read + PAD


class Embeddings(bert.Embeddings):
    """Token and position; of segments one, added everywhere, as in the published weights."""

    def __init__(self, config, pieces):
        super().__init__(config, pieces)
        rows = config.context + PAD + 1  # two more than places: the first two are never read
        self.positions, self.segments = (
            Embedding(rows, config.d_model),
            Embedding(1, config.d_model),
        )

    def forward(self, tokens, segments=None):  # (B, T) -> (B, T, D)
        x = self.tokens(tokens) + self.positions(positions(tokens)) + self.segments.weight[0]
        return F.dropout(self.norm(x), self.p, self.training)


class RoBERTa(bert.BERT):
    pad = PAD

    def __init__(self, config, pieces, classes=2):
        super().__init__(config, pieces, classes)
        self.embed = Embeddings(config, pieces).apply(self.initialise)
        for name in LEFT_OUT:
            delattr(self, name)
        for module in self.modules():
            if isinstance(module, LayerNorm):
                module.eps = EPSILON
        with torch.no_grad():
            self.embed.segments.weight.zero_()
            self.embed.positions.weight[PAD] = 0


RENAMED = {  # names of huggingface/transformers' RoBERTa -> those of its BERT
    "lm_head.dense": "cls.predictions.transform.dense",
    "lm_head.layer_norm": "cls.predictions.transform.LayerNorm",
    "lm_head.bias": "cls.predictions.bias", "lm_head.decoder": "cls.predictions.decoder",
    "classifier.dense": "pooler.dense", "classifier.out_proj": "classifier",
}  # fmt: skip


def load_published(weights, heads):
    """A RoBERTa with published weights {name: tensor}, with or without "roberta." before names,
    for evaluation. `heads` is not in them: 64 components each. Heads that are not there begin
    anew. ValueError for names, RuntimeError for shapes that do not fit."""
    named = {}
    for name, weight in weights.items():
        name = name.removeprefix("roberta.")
        for old, new in RENAMED.items():
            name = new + name.removeprefix(old) if name.startswith(old) else name
        if not name.startswith(bert.UNUSED):
            named[name] = weight
    tokens = named.get("embeddings.word_embeddings.weight", torch.empty(0, 0))
    places = len(named.get("embeddings.position_embeddings.weight", ())) - PAD - 1
    layers = len({name.split(".")[2] for name in named if name.startswith("encoder.layer.")})
    sizes = {"context": places, "d_model": tokens.shape[1], "heads": heads, "layers": layers}
    net = RoBERTa(Config(**sizes), len(tokens), len(named.get("classifier.bias", "ab")))
    made = {name: bert.published(name) for name, _ in net.named_parameters()}
    made = {n: p for n, p in made.items() if not n.startswith(bert.HEADS) or p[0] in named}
    if strange := named.keys() ^ {part for parts in made.values() for part in parts}:
        raise ValueError(f"missing or strange: {', '.join(sorted(strange)[:3])}")
    found = {name: torch.cat([named[part] for part in parts]) for name, parts in made.items()}
    net.load_state_dict(found, strict=False)
    return net.eval()


# -- learning -------------------------------------------------------------------------------------


class Learner(bert.Learner):
    """One phase: pre-training, or with `tuning` so many steps of fine-tuning."""

    def __init__(self, config, net, masters, seed, symbols=None, tuning=None):
        super().__init__(config, net, masters, seed, tuning=tuning)
        self.hiding = Hiding(symbols, config.share) if symbols else None
        for group in self.optimizer.param_groups:
            group["betas"] = 0.9, config.beta2
            if tuning and group["weight_decay"]:
                group["weight_decay"] = config.tune_decay
