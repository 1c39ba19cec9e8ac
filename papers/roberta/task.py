"""The exam of the room: does a sentence of a film review speak for the film or against it?

SST-2 after pre-training on text without labels: common/exams/sentiment.py says how. Here stand the
byte pairs, the special tokens, and the rows of pre-training. How those are made of documents, and
whether a sentence begins with a space, each version says itself.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from torch import Tensor

from common.exams.rows import RowsExam
from common.exams.sentiment import Mixed
from papers.bpe.version2 import model as bpe

SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")  # published: the first four; <mask> is last
BEGIN, PAD, END, _, MASK = range(5)
HELD_OUT, AT_ONCE = 48, 32  # rows of each part for the loss of pre-training; read together


class Exam(RowsExam):
    """`spaced(text)` is a text as it is cut into tokens, `frame(documents, length)` gives the rows
    to pre-train on; without it the exam is to be asked, not to learn from."""

    def __init__(self, data, pretrain, config, spaced, frame=None, **rest):
        self.config, self.spaced = config, spaced
        learn = partial(byte_pairs, merges=config.merges)
        super().__init__(
            data, pretrain, learn, special=SPECIAL, most=config.context - 2, **rest
        )  # beside <s> and </s>
        if frame:
            rows = {split: self._rows(frame, split) for split in ("train", "validation")}
            self.mixed = Mixed(*rows["train"], config.reviews, self.seed)
            self.kept = np.concatenate([part[:HELD_OUT] for part in rows["validation"]])

    @classmethod
    def of(cls, run, spaced, frame) -> Exam:
        """The exam of a run."""
        data, more = (run.data, run.more_data["pretrain"]), {"seed": run.seed, "quick": run.quick}
        return cls(*data, run.config, spaced, frame, device=run.engine.device, **more)

    def _rows(self, frame, split: str) -> list[np.ndarray]:
        documents = self.documents(split)
        return [frame(documents[name], self.config.context) for name in ("wikipedia", "reviews")]

    def encode(self, text: str) -> list[int]:
        """A sentence to judge: at most `most` tokens, and at least one."""
        found = self.tokenizer.encode(self.spaced(text)) or self.tokenizer.encode("?")
        return [len(SPECIAL) + i for i in found[: self.most]]

    def reading(self, i: int, size: int) -> Tensor:
        """The i-th rows to pre-train on."""
        return self._trimmed(self.mixed(i, size))

    def held_out(self) -> list[Tensor]:
        """Batches of rows on which the loss of pre-training is measured."""
        return [
            self._trimmed(self.kept[i : i + AT_ONCE]) for i in range(0, len(self.kept), AT_ONCE)
        ]

    def _trimmed(self, rows: np.ndarray) -> Tensor:
        """Without the columns that are padding in all rows."""
        longest = int((rows != PAD).sum(1).max())
        return torch.as_tensor(rows[:, :longest], device=self.device)

    def tokens_read(self, size: int) -> int:
        """In a step of so many reviews, on average."""
        lengths = [len(row) for row in self.sentences["train"]]
        return size * round(2 + sum(lengths) / len(lengths))

    def rows(self, sentences: list[list[int]]) -> Tensor:
        """<s> tokens </s> of each, filled up."""
        longest = max(map(len, sentences))
        rows = [[BEGIN, *each, END] + [PAD] * (longest - len(each)) for each in sentences]
        return torch.tensor(rows, device=self.device)


def byte_pairs(texts, merges):
    return bpe.train(texts, 256 + merges)
