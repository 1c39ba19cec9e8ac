"""What a user asks of this room's networks: what stands in a gap, and what a review says."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from common.ask.abilities import MASK, Classifier, Filler
from common.ask.writer import Attention
from common.errors import UserError
from common.exams.documents import as_in_reviews
from common.exams.sentiment import CLASSES
from papers.electra.task import Exam

Maps = Callable[[Tensor], Iterable[Tensor]]  # of a row, the heads' weights by layer


def exam_of(checkpoint) -> Exam:
    """The exam as it was when these weights were learned: it knows the pieces."""
    return Exam(checkpoint.data, checkpoint.more_data["pretrain"], checkpoint.config)


def doors(exam: Exam, net, scores: Callable[[Tensor], Tensor], maps: Maps):
    """A net of either version as Filler and Classifier; both show where it looks.

    `scores(row)` are those of all pieces at each of its places.
    """
    pieces = exam.pieces

    @torch.no_grad()
    def fill(text: str):
        row = tokens_of(exam, text)
        found = scores(row).float().softmax(-1)
        gaps = (row[0] == exam.tokenizer.mask).nonzero()[:, 0].tolist()
        return [list(zip(pieces, found[at].tolist())) for at in gaps]

    @torch.no_grad()
    def classify(text: str):
        return net(tokens_of(exam, text)).float().softmax(-1)[0].tolist()

    @torch.no_grad()
    def attend(text: str):
        row = tokens_of(exam, text)
        names = [pieces[i] for i in row[0].tolist()]
        layers = (weights.float().numpy() for weights in maps(row))
        return [Attention(f"layer {n}", names, names, layer) for n, layer in enumerate(layers, 1)]

    return Filler(fill, attend), Classifier(list(CLASSES), classify, attend=attend)


def tokens_of(exam: Exam, text: str) -> Tensor:
    """A user's text as one row, in the form of reviews; its gaps become [MASK].

    UserError for a text that is empty or longer than the context.
    """
    parts = [exam.tokens(as_in_reviews(part)) for part in text.split(MASK)]
    found = parts[0]
    for part in parts[1:]:
        found = [*found, exam.tokenizer.mask, *part]
    if not found:
        raise UserError("there is no word in this text.")
    if len(found) > exam.most:
        raise UserError(f"the text has {len(found)} pieces, and the model reads {exam.most}.")
    return exam.rows([found])
