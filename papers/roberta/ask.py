"""What a user asks of this room's networks: what stands in a gap, and what a review says."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from torch import Tensor

from common.ask import gaps
from common.ask.abilities import MASK as GAP
from common.errors import UserError
from common.exams.documents import as_in_reviews
from papers.roberta.task import MASK, SPECIAL, Exam


def exam_of(checkpoint, spaced) -> Exam:
    """The exam as it was when these weights were learned: it knows the byte pairs."""
    more = checkpoint.more_data["pretrain"]
    return Exam(checkpoint.data, more, checkpoint.config, spaced)


def doors(exam: Exam, net, scores: Callable[[Tensor], Tensor]):
    """A net of either version as Filler and Classifier. Tokens are shown with the space before
    them, if they have one."""
    known = [exam.tokenizer.decode([i]) for i in range(len(exam.tokenizer))]
    read = partial(row_of, exam)
    return gaps.doors(read, [*SPECIAL, *known], MASK, net, scores, exam.classes)


def row_of(exam: Exam, text: str) -> Tensor:
    """A user's text as one row, in the form of reviews; its gaps become <mask>.

    UserError for a text that is empty or longer than the context.
    """
    parts = [as_in_reviews(part) for part in text.split(GAP)]
    found: list[int] = []
    for n, part in enumerate(parts):
        found += [MASK] * (n > 0) + (exam.encode(part) if part and not n else exam.tokens(part))
    if not found:
        raise UserError("there is no word in this text.")
    if len(found) > exam.most:
        raise UserError(f"the text has {len(found)} tokens, and the model reads {exam.most}.")
    return exam.rows([found])
