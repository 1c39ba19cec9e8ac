"""The exam of the room: film reviews judged by a model that first read other text.

What a version hands over, and what it learns from: common/exams/sentiment.py. Here stand the byte
pairs, the special tokens of Sec. 3.3, the rows of pre-training, and those of each task.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import torch

from common.exams.sentiment import Mixed, SentimentExam, evaluated
from common.run.engine import Masters
from papers.bpe.version2 import model as bpe

SPECIAL = ("<pad>", "<start>", "<delimiter>", "<extract>")
_, START, DELIMITER, EXTRACT = range(len(SPECIAL))
HELD_OUT = 48  # rows of either part on which pre-training is judged


class Exam(SentimentExam):
    """`frame(sentences)` gives the tokens of a document, as a version reads it in pre-training."""

    def __init__(self, data, pretrain, config, frame=None, **rest):
        learn = partial(byte_pairs, merges=config.merges)
        super().__init__(
            data, pretrain, learn, special=SPECIAL, most=config.context - len(SPECIAL) + 2, **rest
        )
        if frame is None:  # to be asked, not to learn
            return
        rows = {split: list(self._rows(split, frame, config)) for split in ("train", "validation")}
        self.mixed = Mixed(*rows["train"], config.reviews, self.seed)
        count = min(HELD_OUT, *map(len, rows["validation"]))
        self.held_out = np.concatenate([part[:count] for part in rows["validation"]])

    def _rows(self, split, frame, config):
        """Rows of either part: framed documents, one after another, cut; a part that is shorter
        than a row is padded."""
        for documents in self.documents(split).values():
            tokens = np.concatenate([frame(document) for document in documents])
            tokens = np.pad(tokens, (0, max(0, config.context - len(tokens))))
            count = len(tokens) // config.context
            yield tokens[: count * config.context].reshape(count, -1)

    def reading(self, i, size):
        """The i-th rows to pre-train on."""
        return torch.as_tensor(self.mixed(i, size), device=self.device)

    @torch.no_grad()
    def held_out_nats(self, loss):
        """Nats per token on held-out rows; `loss(rows)` is the mean of a batch."""
        rows = torch.as_tensor(self.held_out, device=self.device)
        parts = rows.split(16)
        return sum(loss(part).item() * len(part) for part in parts) / len(rows)


def byte_pairs(texts, merges):
    return bpe.train(texts, 256 + merges)


def tuned(net, weights, exam, learner):
    """`net`, which begins from `weights` and learns as `learner(net, masters)` does in all its
    `steps`, from so many `labels`."""
    masters = Masters(net.parameters())
    for master, weight in zip(masters.masters, weights, strict=True):
        master.data.copy_(weight)
    masters.give_weights()
    learning = learner(net, masters)
    for i in range(learning.steps):
        learning.judge(*exam.batch(i, net.config.tuning_batch, learning.labels), i)
    return net


def judges(exam, net, begin):
    """What the exam asks for, by number of labels: `net`, which has learned from all of them, and
    what `begin(labels)` makes of few."""
    few = {n: begin(n) for n in exam.few}
    return {n: evaluated(each, each.classify) for n, each in {None: net, **few}.items()}


# -- the rows of tokens of each task (Fig. 1, right); only classification is trained here ---------

Tokens = list[int]


def classification(text: Tokens) -> Tokens:
    return [START, *text, EXTRACT]


def entailment(premise: Tokens, hypothesis: Tokens) -> Tokens:
    return [START, *premise, DELIMITER, *hypothesis, EXTRACT]


def similarity(one: Tokens, other: Tokens) -> list[Tokens]:
    """There is no order between the two: both orders are read, what comes out is added."""
    return [entailment(one, other), entailment(other, one)]


def multiple_choice(context: Tokens, answers: list[Tokens]) -> list[Tokens]:
    """A row for each answer; a softmax is over the rows."""
    return [entailment(context, answer) for answer in answers]
