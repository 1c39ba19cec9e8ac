"""What a user asks of networks that fill gaps and judge reviews: BERT and its kin."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

import torch
from torch import Tensor

from common.ask.abilities import MASK, Classifier, Filler
from common.ask.writer import Attention
from common.errors import UserError
from common.exams.documents import as_in_reviews
from common.exams.rows import PiecesExam

Maps = Callable[[Tensor], Iterable[Tensor]]  # of a row, the heads' weights by layer
Scores = Callable[[Tensor], Tensor]  # of a row, those of all tokens at each of its places


def doors(
    read: Callable[[str], Tensor],
    names: Sequence[str],
    gap: int,
    net: Callable[[Tensor], Tensor],
    scores: Scores,
    classes: Sequence[str],
    attend: Maps | None = None,
    by: str = "layer",
) -> tuple[Filler, Classifier]:
    """A net of rows as Filler and Classifier. Given `attend(row)`, its maps, both show where it
    looks.

    `read(text)` is a user's text as one row, in which the token `gap` stands for a gap; `names` are
    those of all tokens, and `classes` those of the classes.
    """

    @torch.no_grad()
    def fill(text: str):
        row = read(text)
        found = scores(row).float().softmax(-1)
        gaps = (row[0] == gap).nonzero()[:, 0].tolist()
        return [list(zip(names, found[at].tolist())) for at in gaps]

    @torch.no_grad()
    def classify(text: str):
        return net(read(text)).float().softmax(-1)[0].tolist()

    @torch.no_grad()
    def shown(maps: Maps, text: str):
        row = read(text)
        read_as = [names[i] for i in row[0].tolist()]
        found = (weights.float().numpy() for weights in maps(row))
        return [Attention(f"{by} {n}", read_as, read_as, each) for n, each in enumerate(found, 1)]

    looks = partial(shown, attend) if attend else None
    return Filler(fill, looks), Classifier(list(classes), classify, attend=looks)


def piece_doors(exam: PiecesExam, net, scores: Scores, attend: Maps, by: str = "layer"):
    """The same of a net that reads pieces."""
    read = partial(row_of, exam)
    return doors(read, exam.pieces, exam.wordpieces.mask, net, scores, exam.classes, attend, by)


def row_of(exam: PiecesExam, text: str) -> Tensor:
    """A user's text as one row, in the form of reviews; its gaps become [MASK].

    UserError for a text that is empty or longer than the context.
    """
    parts = [exam.tokens(as_in_reviews(part)) for part in text.split(MASK)]
    found = parts[0]
    for part in parts[1:]:
        found = [*found, exam.wordpieces.mask, *part]
    if not found:
        raise UserError("there is no word in this text.")
    if len(found) > exam.most:
        raise UserError(f"the text has {len(found)} pieces, and the model reads {exam.most}.")
    return exam.rows([found])
