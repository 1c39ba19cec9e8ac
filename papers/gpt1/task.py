"""The exam of the room: film reviews judged by a model that first read other text.

What a version hands over, and what it learns from: common/exams/sentiment.py. Here stand the byte
pairs, the special tokens of Sec. 3.3, and the rows of pre-training.

Shapes: N rows, L tokens of a row.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import torch

from common.exams.sentiment import Mixed, SentimentExam
from papers.bpe.version2 import model as bpe

SPECIAL = ("<pad>", "<start>", "<delimiter>", "<extract>")
HELD_OUT = 48  # rows of either part on which pre-training is judged
QUICK_HELD_OUT = 4


class Exam(SentimentExam):
    """`frame(documents, length)` gives the rows (N, L) that a version reads in pre-training."""

    def __init__(self, data, pretrain, config, frame=None, **rest):
        learn = partial(byte_pairs, merges=config.merges)
        super().__init__(
            data, pretrain, learn, special=SPECIAL, most=config.context - len(SPECIAL) + 2, **rest
        )
        if frame is None:  # to be asked, not to learn
            return
        rows = {split: self._rows(split, frame, config) for split in ("train", "validation")}
        self.mixed = Mixed(*rows["train"], config.reviews, self.seed)
        count = min(HELD_OUT, *map(len, rows["validation"]))
        self.held_out = np.concatenate([part[:count] for part in rows["validation"]])

    def _rows(self, split, frame, config):
        documents = self.documents(split)
        return [frame(documents[part], config.context) for part in ("wikipedia", "reviews")]

    def reading(self, i, size):
        """The i-th rows (N, L) to pre-train on."""
        return torch.as_tensor(self.mixed(i, size), device=self.device)

    @torch.no_grad()
    def held_out_nats(self, loss):
        """Nats per token on held-out rows; `loss(rows)` is the mean of a batch."""
        rows = torch.as_tensor(self.held_out, device=self.device)
        parts = rows.split(16)
        return sum(loss(part).item() * len(part) for part in parts) / len(rows)


def byte_pairs(texts, merges):
    return bpe.train(texts, 256 + merges)
