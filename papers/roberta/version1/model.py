"""RoBERTa, Liu et al. 2019 (arXiv:1907.11692), version 1: a first reading.

Basic tensor operations; attention, the feed-forward network and the layers are those of
papers/bert's version 1. Full sentences without pairs and tokens hidden anew are the paper's; the
mistakes are those of early ports, and are kept: papers/roberta/evidence/deviations.py names them.

Shapes: B batch, T tokens, D = d_model, V tokens of the vocabulary, Y classes, N rows, L places.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import Module, ModuleList

from papers.adam.version2 import model as adam
from papers.bert.version1 import model as bert
from papers.transformer.version2 import model as transformer

BEGIN, PAD, END, _, MASK = range(5)  # <s>, <pad>, </s>, <unk> as published; <mask> is last there
EPSILON = 1e-5  # of the norms; fairseq has torch's
APART = 1_000_003  # between the streams of random numbers of two seeds


@dataclass(frozen=True)
class Config:  # defaults: RoBERTa-base, Table 9; fine-tuning Table 10
    merges: int = 50_000  # Sec. 4.4: GPT-2's, with its bytes and specials 50,265 tokens
    context: int = 512
    d_model: int = 768
    heads: int = 12
    layers: int = 12
    std: float = 0.02  # of matrices at the start; the published code
    dropout: float = 0.1
    share: float = 0.15  # of all tokens, how many are hidden (Sec. 2.3)
    reviews: float = 0.8  # ours: of the rows of pre-training, how many are reviews
    batch: int = 8_192
    learning_rate: float = 6e-4
    warmup: int = 24_000
    weight_decay: float = 0.01
    pretrain_steps: int = 500_000
    tune_batch: int = 32
    tune_rate: float = 1e-5
    tune_warmup: float = 0.06  # of the steps
    steps: int = 21_000  # of fine-tuning: ten epochs of SST-2's 67,349 phrases

    def __post_init__(self):
        if self.d_model % self.heads:
            raise ValueError("d_model must be a multiple of heads")

    @property
    def finetune_steps(self):
        return self.steps


def spaced(text):
    """A sentence to judge as it was given: no space before its first word."""
    return " ".join(text.split())


def full_sentences(documents, length):
    """Rows (N, L): whole sentences one after the other, as many as fit, across documents, with one
    more </s> where one ends (Sec. 4.2, FULL-SENTENCES)."""
    rows, row = [], [BEGIN]
    for document in documents:
        for sentence in document:
            sentence = sentence[: length - 2]
            if len(row) + len(sentence) > length - 1:
                rows.append(closed(row, length))
                row = [BEGIN]
            row = row + sentence
        if len(row) < length - 1:
            row = [*row, END]
    return np.array([*rows, closed(row, length)])


def closed(row, length):
    """A row with its </s>, filled up."""
    row = row if row[-1] == END else [*row, END]
    return row + [PAD] * (length - len(row))


def hide(tokens, symbols, share):
    """Tokens (B, T) as the network sees them, and the targets (B, T), -1 where there are none: of
    those chosen 80 % become <mask>, 10 % any token, 10 % stay; anew each time (Sec. 4.1)."""
    chosen = (torch.rand(tokens.shape) < share) & (tokens != PAD)
    lot = torch.rand(tokens.shape)
    other = torch.randint(symbols, tokens.shape)
    seen = torch.where(chosen & (lot < 0.9), other, tokens)
    seen = torch.where(chosen & (lot < 0.8), MASK, seen)
    return seen, torch.where(chosen, tokens, -1)


class RoBERTa(Module):
    """Embeddings and BERT's layers; heads for hidden tokens and for classes."""

    pad = PAD

    def __init__(self, config, pieces, classes=2):
        super().__init__()
        self.config, d = config, config.d_model
        self.tokens = bert.matrix(config, pieces, d)
        self.positions, self.norm = bert.matrix(config, config.context + 2, d), norm(config)
        self.layers = ModuleList([bert.Layer(config) for _ in range(config.layers)])
        for layer in self.layers:
            layer.norms = ModuleList([norm(config) for _ in range(2)])
        self.w_pool, self.b_pool = bert.matrix(config, d, d), bert.vector(d)
        self.w_turn, self.b_turn, self.turned = (
            bert.matrix(config, d, d),
            bert.vector(d),
            norm(config),
        )
        self.b_pieces = bert.vector(pieces)
        self.w_classes, self.b_classes = bert.matrix(config, d, classes), bert.vector(classes)

    def encode(self, tokens):  # (B, T) -> (B, T, D)
        x = self.tokens[tokens] + self.positions[: tokens.shape[1]]  # (B, T, D)
        x = transformer.dropout(self.norm(x), self.config.dropout, self.training)
        for layer in self.layers:
            x = layer(x, tokens == PAD)
        return x

    def pool(self, x):  # (B, T, D) -> (B, D)
        """The final state of <s>, and a layer of its own (the published code)."""
        return torch.tanh(x[:, 0] @ self.w_pool + self.b_pool)  # (B, D)

    def pieces(self, x):  # (B, T, D) -> (B, T, V)
        """Scores of what stands at each place: the embedding is the last matrix, too."""
        x = self.turned(bert.gelu(x @ self.w_turn + self.b_turn))  # (B, T, D)
        return x @ self.tokens.T + self.b_pieces  # (B, T, V)

    def forward(self, tokens, targets=None):
        """Scores of the classes; with `targets` (B, T) the nats of each row's hidden tokens."""
        x = self.encode(tokens)
        if targets is None:
            pooled = transformer.dropout(self.pool(x), self.config.dropout, self.training)
            return pooled @ self.w_classes + self.b_classes  # (B, Y)
        told = bert.nats(self.pieces(x), targets.clamp(min=0))  # (B, T)
        return (told * (targets >= 0)).sum(1)  # (B,)


def norm(config):
    return transformer.LayerNorm(config.d_model, EPSILON)


class Learner:
    """One phase: pre-training, or with `tuning` so many steps of fine-tuning."""

    def __init__(self, config, net, masters, seed, symbols=None, tuning=None):
        self.config, self.net, self.masters, self.seed = config, net, masters, seed
        self.symbols = symbols
        self.plan = config.learning_rate, config.warmup, config.pretrain_steps
        if tuning:
            self.plan = config.tune_rate, config.tune_warmup * tuning, tuning
        decay = config.weight_decay
        self.optimizer = adam.AdamW(masters.masters, eps=1e-6, weight_decay=decay)

    def nats(self, tokens):
        """Of the rows `tokens` (B, T), with masks drawn anew: nats per hidden token."""
        hidden = hide(tokens.cpu(), self.symbols, self.config.share)
        seen, targets = (x.to(tokens.device) for x in hidden)
        return self.net(seen, targets).sum() / (targets >= 0).sum().clamp(min=1)

    @torch.no_grad()
    def held_out(self, batches):
        """The mean over batches that are not learned from, always with the same masks."""
        torch.manual_seed(0)
        self.net.eval()
        found = sum(self.nats(tokens).item() for tokens in batches) / len(batches)
        self.net.train()
        return found

    def pretrain(self, tokens, i):
        """Learn from the i-th batch, the rows `tokens` (B, T)."""
        torch.manual_seed(self.seed * APART + i)  # of masks and dropout: the same after a restart
        return self.descend(self.nats(tokens), i)

    def tune(self, tokens, labels, i):
        """Learn from the i-th `tokens` (B, T) and their `labels` (B,); nats per text."""
        torch.manual_seed(self.seed * APART + i)
        return self.descend(bert.nats(self.net(tokens), labels).mean(), i)

    def descend(self, value, i):
        value.backward()
        self.masters.take_gradients()
        for group in self.optimizer.param_groups:
            group["lr"] = bert.learning_rate(i, *self.plan)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.masters.give_weights()
        return value.detach()
