"""The exam of the room: does a sentence of a film review speak for the film or against it?

SST-2 after pre-training on text without labels: common/exams/sentiment.py says how. Here stand
WordPiece as its tokenizer, and what is read in pre-training, in stretches as in papers/bert: runs
of whole sentences of one document that fit into the context.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import torch
from torch import Tensor

from common.exams.sentiment import BATCH, SentimentExam
from common.exams.wordpieces import learn_pieces
from papers.bpe.version2.model import Trainer

SMALL = {1_000: 0.35, 100: 0.15}  # labels -> steps of fine-tuning, as a part of those with all
GROUP = 8  # batches whose stretches are sorted by length, so that little is padding
HELD_OUT = 64  # stretches of each part for the loss of pre-training

Stretch = list[list[int]]  # sentences of tokens


class Exam(SentimentExam):
    """`config` says how many pieces and places there are, and which share of reviews is read."""

    def __init__(self, data: str, pretrain: str, config, seed=0, device="cpu", quick=False):
        self.config = config
        super().__init__(
            data,
            pretrain,
            lambda texts: learn_pieces(texts, config.pieces, Trainer),
            special=(),
            most=config.context - 2,  # beside [CLS] and [SEP]
            seed=seed,
            device=device,
            quick=quick,
        )
        self.order = lru_cache(maxsize=8)(self._order)

    @property
    def pieces(self) -> list[str]:
        return self.tokenizer.pieces

    @lru_cache(maxsize=2)  # noqa: B019  # an exam lives as long as its run
    def stretches(self, split: str = "train") -> dict[str, list[Stretch]]:
        """Of "wikipedia" and "reviews", in the order of their documents."""
        return {
            name: [part for document in documents for part in cut(document, self.most)]
            for name, documents in self.documents(split).items()
        }

    def reading(self, i: int, size: int) -> Tensor:
        """The i-th batch to pre-train on, as rows: of either part, so that `config.reviews` of all
        batches are reviews; each pass has an order of its own."""
        parts = self.stretches()
        before, now = (int(self.config.reviews * k + 1e-9) for k in (i, i + 1))
        name, at = ("reviews", before) if now > before else ("wikipedia", i - before)
        size = min(size, len(parts[name]))
        passed, place = divmod(at, len(parts[name]) // size)
        chosen = self.order(name, passed, size)[place].tolist()
        return self.joined([parts[name][n] for n in chosen])

    def _order(self, name: str, passed: int, size: int) -> Tensor:
        """Numbers of stretches by batch: neighbours in length, in an order of the pass's own."""
        lengths = torch.tensor([sum(map(len, part)) for part in self.stretches()[name]])
        rng = torch.Generator().manual_seed((self.seed * 1_000_003 + passed) * 2 + len(name) % 2)
        drawn = torch.randperm(len(lengths), generator=rng)
        groups = [g[lengths[g].argsort(stable=True)] for g in drawn.split(GROUP * size)]
        batches = torch.cat(groups)[: len(lengths) // size * size].view(-1, size)
        return batches[torch.randperm(len(batches), generator=rng)]

    def held_out(self) -> list[Tensor]:
        """Batches, as rows, on which the losses of pre-training are measured."""
        parts = [part for each in self.stretches("validation").values() for part in each[:HELD_OUT]]
        return [self.joined(parts[i : i + BATCH]) for i in range(0, len(parts), BATCH)]

    def joined(self, stretches: list[Stretch]) -> Tensor:
        return self.rows([sum(stretch, []) for stretch in stretches])

    def tokens_read(self, size: int) -> int:
        """In a step of so many rows, about: as many as reviews have on average."""
        reviews = self.stretches()["reviews"]
        return size * round(2 + sum(len(row) for (row,) in reviews) / len(reviews))

    def rows(self, sentences: list[list[int]]) -> Tensor:
        """[CLS] tokens [SEP] of each, filled up, of one length."""
        cls, sep = self.tokenizer.cls, self.tokenizer.sep
        return self.padded([[cls, *sentence, sep] for sentence in sentences])[0]

    def labelled_rows(self, i: int, size: int, labels: int | None = None) -> tuple[Tensor, Tensor]:
        """The i-th batch to fine-tune on, as rows, and its labels."""
        tokens, lengths, wanted = self.batch(i, size, labels)
        sentences = [row[:n] for row, n in zip(tokens.tolist(), lengths.tolist())]
        return self.rows(sentences), wanted

    def tuned(self, begin) -> dict[int, Callable]:
        """What is learned from fewer labels: `begin(steps)` gives such a net and its learner."""
        found = {}
        for labels, part in SMALL.items():
            steps = max(1, round(part * self.config.finetune_steps))
            net, learner = begin(steps)
            for i in range(steps):
                learner.tune(*self.labelled_rows(i, self.config.tune_batch, labels), i)
            found[labels] = self.judge(net)
        return found

    def judge(self, net):
        """A net of rows as the exam asks it: tokens without special ones, and lengths."""

        def scores(tokens, lengths):
            learning, _ = net.training, net.eval()
            found = net(self.rows([r[:n] for r, n in zip(tokens.tolist(), lengths.tolist())]))
            net.train(learning)
            return found.float()

        return scores


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
