"""How this room writes: character after character, on from the prompt."""

from __future__ import annotations

from common.ask.writer import Settings, Writer
from papers.rnn.task import SAMPLE_TEMPERATURE, Exam


def writer(exam: Exam, predict) -> Writer:
    """`predict` as in the exam. An empty prompt is the end of a line, as in the exam's samples."""

    def read(tokens, state):
        log_p, state = predict(tokens, state)
        return log_p[:, -1], state

    start = "\n" if "\n" in exam.vocabulary.symbols else exam.vocabulary.symbols[0]
    return Writer(
        encode=lambda prompt: exam.vocabulary.encode(prompt or start),
        decode=exam.vocabulary.decode,
        next=read,
        defaults=Settings(temperature=SAMPLE_TEMPERATURE),
    )
