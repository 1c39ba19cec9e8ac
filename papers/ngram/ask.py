"""What both versions can be asked: a Writer that draws word after word."""

from __future__ import annotations

import numpy as np

from common.ask.writer import Settings, Writer
from papers.ngram.task import END, SAMPLE_TEMPERATURE, START, UNKNOWN, Exam, words_of

SIGNS = ",.:;!?])'"  # without a blank before them


def writer(exam: Exam, model, order: int) -> Writer:
    """Sentences are lines; the prompt's words that training lacked are <unk>, which it never
    writes."""

    def encode(prompt: str) -> list[int]:
        ids = []
        for line in prompt.split("\n"):
            ids += [END, *(exam.numbers.get(word, UNKNOWN) for word in words_of(line))]
        return ids

    def decode(ids) -> str:
        words = ["\n" if i == END else exam.words[i] for i in ids if i != START]
        glued = ["\n", *words]
        return "".join(
            word if word in SIGNS or word == "\n" or (before == "\n" and i) else f" {word}"
            for i, (before, word) in enumerate(zip(glued, words))
        )

    def scores(read: np.ndarray) -> np.ndarray:
        ended = np.flatnonzero(read == END)
        context = np.append(START, read[ended[-1] + 1 :]) if len(ended) else read
        p = np.array(model.distribution(context))
        p[[START, UNKNOWN]] = 0
        with np.errstate(divide="ignore"):
            return np.log(p)

    def following(tokens, state):
        read = np.asarray(tokens) if state is None else np.concatenate([state, tokens], axis=1)
        read = read[:, -max(order, 2) :]
        return np.stack([scores(row) for row in read]), read

    return Writer(
        encode=encode,
        decode=decode,
        next=following,
        defaults=Settings(temperature=SAMPLE_TEMPERATURE),
    )
