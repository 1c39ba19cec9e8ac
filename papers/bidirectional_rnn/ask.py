"""How this room answers: a sentence in, for or against the film out."""

from __future__ import annotations

import re

from common.ask.abilities import Classifier
from common.errors import UserError
from papers.bidirectional_rnn.task import CLASSES, Exam

# SST-2 has "is n't", "it 's" and "fine , but" as separate words, and no hyphens.
ENDING = re.compile(r"(n't|'\w+)\b")
MARK = re.compile(r"([^\w\s'])")


def as_in_reviews(text: str) -> str:
    """A sentence as the set would have it: "It isn't well-made." -> "it is n't well made ."."""
    text = text.lower().replace("’", "'").replace("-", " ")
    return " ".join(MARK.sub(r" \1 ", ENDING.sub(r" \1", text)).split())


def classifier(exam: Exam, scores) -> Classifier:
    """`scores` as in the exam."""

    def classify(text: str) -> list[float]:
        words = as_in_reviews(text)
        if not words:
            raise UserError("there is no word to judge: give a sentence.")
        return exam.answers(scores, [exam.encode(words)]).exp()[0].tolist()

    return Classifier(labels=CLASSES, classify=classify)
