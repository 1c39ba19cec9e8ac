"""How this room answers: a sentence in, for or against the film out; and text that goes on."""

from __future__ import annotations

from common.ask.abilities import Classifier
from common.ask.writer import Settings, Writer
from common.errors import UserError
from common.exams.documents import as_in_reviews
from papers.gpt1.task import SPECIAL, Exam


def exam_of(checkpoint) -> Exam:
    """The exam with the tokens that the weights know."""
    return Exam(checkpoint.data, checkpoint.more_data["pretrain"], checkpoint.config)


def classifier(exam: Exam, scores) -> Classifier:
    """`scores` as in the exam."""

    def classify(text: str) -> list[float]:
        if not (words := as_in_reviews(text)):
            raise UserError("there is no word to judge: give a sentence.")
        return exam.answers(scores, [exam.encode(words)]).exp()[0].tolist()

    return Classifier(labels=exam.classes, classify=classify)


def writer(exam: Exam, predict) -> Writer:
    """`predict(tokens (B, T), state)`: log-probabilities (B, T, V) and the state, in NumPy. A text
    begins behind <start> and ends with <extract>."""
    start, end = SPECIAL.index("<start>"), SPECIAL.index("<extract>")

    def encode(prompt: str) -> list[int]:
        return [start, *exam.tokens(as_in_reviews(prompt))]

    def decode(tokens) -> str:
        words = [int(token) - len(SPECIAL) for token in tokens]
        return exam.tokenizer.decode([word for word in words if word >= 0])

    def read(tokens, state):
        log_p, state = predict(tokens, state)
        return log_p[:, -1], state

    settings = Settings(max_tokens=60, temperature=0.8)
    return Writer(encode=encode, decode=decode, next=read, defaults=settings, end=end)
