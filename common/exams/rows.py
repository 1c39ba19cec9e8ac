"""The exam of common/exams/sentiment.py for networks that read whole rows, BERT and its kin.

`RowsExam` frames sentences as rows and fine-tunes on fewer labels. `PiecesExam` is that with
WordPiece as its tokenizer, and with what is read in pre-training: stretches, runs of whole
sentences of one document that fit into the context. A sentence of a review is a stretch of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, cast

import torch
from torch import Generator, Tensor

from common.exams.sentiment import BATCH, SentimentExam, by_length
from common.exams.wordpieces import WordPieces, learn_pieces

SMALL = {1_000: 0.8, 100: 0.4}  # labels -> steps of fine-tuning, as a part of those with all

Stretch = list[list[int]]  # sentences of tokens


class RowsExam(SentimentExam):
    """A room's own says in `rows` how sentences are framed."""

    config: Any

    def rows(self, sentences: list[list[int]]) -> Tensor:
        """Sentences with the special tokens around each, filled up, of one length."""
        raise NotImplementedError

    def labelled_rows(self, i: int, size: int, labels: int | None = None) -> tuple[Tensor, Tensor]:
        """The i-th batch to fine-tune on, as rows, and its labels."""
        tokens, lengths, wanted = self.batch(i, size, labels)
        return self.rows(without_padding(tokens, lengths)), wanted

    def tuned(self, begin: Callable) -> dict[int, Callable]:
        """What is learned from fewer labels: `begin(steps)` gives such a net and its learner."""
        found = {}
        for labels in self.few:
            steps = max(1, round(SMALL[labels] * self.config.steps))
            net, learner = begin(steps)
            for i in range(steps):
                learner.tune(*self.labelled_rows(i, self.config.tune_batch, labels), i)
            found[labels] = self.judge(net)
        return found

    def judge(self, net) -> Callable[[Tensor, Tensor], Tensor]:
        """A net of rows as the exam asks it: tokens without special ones, and lengths."""

        def scores(tokens, lengths):
            learning, _ = net.training, net.eval()
            found = net(self.rows(without_padding(tokens, lengths)))
            net.train(learning)
            return found.float()

        return scores


class PiecesExam(RowsExam):
    """`config` says how many pieces and places there are, and which share of reviews is read;
    `trainer` finds the pairs that become pieces, as papers/bpe's Trainer does."""

    trainer: Callable
    BESIDE = 2  # [CLS] and [SEP]: what stands in the context beside a stretch
    HELD_OUT = 64  # stretches of each part for the loss of pre-training

    def __init__(self, data: str, pretrain: str, config, seed=0, device="cpu", quick=False):
        self.config = config
        super().__init__(
            data,
            pretrain,
            lambda texts: learn_pieces(texts, config.pieces, self.trainer),
            special=(),
            most=config.context - self.BESIDE,
            seed=seed,
            device=device,
            quick=quick,
        )
        self.order = lru_cache(maxsize=8)(self._order)

    @classmethod
    def of(cls, checkpoint) -> PiecesExam:
        """The exam as it was when these weights were learned: it knows the pieces."""
        return cls(checkpoint.data, checkpoint.more_data["pretrain"], checkpoint.config)

    @property
    def wordpieces(self) -> WordPieces:
        return cast(WordPieces, self.tokenizer)

    @property
    def pieces(self) -> list[str]:
        return self.wordpieces.pieces

    @lru_cache(maxsize=2)  # noqa: B019  # an exam lives as long as its run
    def stretches(self, split: str = "train") -> dict[str, list[Stretch]]:
        """Of "wikipedia" and "reviews", in the order of their documents."""
        return {
            name: [part for document in documents for part in cut(document, self.most)]
            for name, documents in self.documents(split).items()
        }

    def reading(self, i: int, size: int) -> list[tuple[int, Stretch]]:
        """The i-th batch to pre-train on, each stretch with its number: of either part, so that
        `config.reviews` of all batches are reviews; each pass has an order of its own."""
        parts = self.stretches()
        before, now = (int(self.config.reviews * k + 1e-9) for k in (i, i + 1))
        name, at = ("reviews", before) if now > before else ("wikipedia", i - before)
        size = min(size, len(parts[name]))
        passed, place = divmod(at, len(parts[name]) // size)
        first = 0 if name == "wikipedia" else len(parts["wikipedia"])
        chosen = self.order(name, passed, size)[place].tolist()
        return [(first + n, parts[name][n]) for n in chosen]

    def reading_rows(self, i: int, size: int) -> Tensor:
        """The same batch as rows."""
        return self.joined(part for _, part in self.reading(i, size))

    def _order(self, name: str, passed: int, size: int) -> Tensor:
        lengths = torch.tensor([sum(map(len, part)) for part in self.stretches()[name]])
        rng = Generator().manual_seed((self.seed * 1_000_003 + passed) * 2 + len(name) % 2)
        return by_length(torch.arange(len(lengths)), lengths, size, rng)

    def held_out_stretches(self) -> list[Stretch]:
        """Those on which the loss of pre-training is measured."""
        parts = self.stretches("validation").values()
        return [part for each in parts for part in each[: self.HELD_OUT]]

    def held_out_rows(self) -> list[Tensor]:
        """Batches of them, as rows."""
        parts = self.held_out_stretches()
        return [self.joined(parts[i : i + BATCH]) for i in range(0, len(parts), BATCH)]

    def joined(self, stretches: Iterable[Stretch]) -> Tensor:
        """Stretches as rows."""
        return self.rows([sum(stretch, []) for stretch in stretches])

    def tokens_read(self, size: int) -> int:
        """In a step of so many rows, about: as many as reviews have on average."""
        reviews = self.stretches()["reviews"]
        return size * round(self.BESIDE + sum(len(row) for (row,) in reviews) / len(reviews))

    def rows(self, sentences: list[list[int]]) -> Tensor:
        """[CLS] tokens [SEP] of each, filled up, of one length."""
        cls, sep = self.wordpieces.cls, self.wordpieces.sep
        return self.padded([[cls, *sentence, sep] for sentence in sentences])[0]


def without_padding(tokens: Tensor, lengths: Tensor) -> list[list[int]]:
    return [row[:n] for row, n in zip(tokens.tolist(), lengths.tolist())]


def cut(document: list[list[int]], most: int) -> list[Stretch]:
    """Whole sentences, as many as fit; one that is longer than all is cut off."""
    found: list[Stretch] = []
    left = 0
    for sentence in document:
        if len(sentence) > left:
            found.append([])
            left = most
        found[-1].append(sentence[:most])
        left -= len(sentence[:most])
    return found
