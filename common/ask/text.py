"""A Writer for versions that sit the exam over running text: token after token, on from the prompt.

Where a version has attention, maps over a text longer than the context are those of the windows in
which it is read: where one is full, its last half begins the next. So a token looks back at half a
window at least.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from common.ask.writer import LONGEST_MAP, Attention, Settings, Writer
from common.data.text import Tokens
from common.errors import UserError
from common.exams.reading import in_windows
from common.exams.text import SAMPLE_TEMPERATURE, Predict, TextExam


def text_writer(exam: TextExam, predict: Predict, attend: Callable | None = None) -> Writer:
    """`predict` as in the exam; `attend(tokens (1, T))` gives each layer's weights (H, T, T), for
    an exam that is read in windows.

    An empty prompt is the end of a line, as in the exam's samples.
    """

    def encode(prompt: str) -> Tokens:
        return exam.vocabulary.encode(prompt or exam.start)

    def read(tokens, state):
        log_p, state = predict(tokens, state)
        return log_p[:, -1], state

    return Writer(
        encode=encode,
        decode=exam.vocabulary.decode,
        next=read,
        defaults=Settings(temperature=SAMPLE_TEMPERATURE),
        attend=attend and (lambda text: attention(exam, encode(text), attend)),
    )


def attention(exam: TextExam, tokens, maps: Callable[..., Iterable]) -> list[Attention]:
    """A map of each layer over all tokens. UserError for more than one could read."""
    import torch

    context = in_windows(exam.rule).context
    rows, count = torch.as_tensor(tokens)[None], len(tokens)
    if count > LONGEST_MAP:
        raise UserError(
            f"this text has {count} tokens: give at most {LONGEST_MAP} for a readable map."
        )
    whole: list[np.ndarray] = []
    for start, first, end in windows(count, context):
        with torch.no_grad():
            layers = [layer.numpy() for layer in maps(rows[:, start:end])]  # each (H, t, t)
        whole = whole or [np.zeros((len(layer), count, count), np.float32) for layer in layers]
        for all_of, layer in zip(whole, layers):
            all_of[:, first:end, start:end] = layer[:, first - start :]
    shown = [exam.vocabulary.decode([token]) for token in rows[0].tolist()]
    return [Attention(f"layer {n}", shown, shown, weights) for n, weights in enumerate(whole, 1)]


def windows(count: int, context: int) -> Iterator[tuple[int, int, int]]:
    """(start, first, end) of each window over `count` tokens; those from `first` on are new."""
    start = end = 0
    while end < count:
        first, start = end, max(0, end - context // 2) if end else 0
        end = min(count, start + context)
        yield start, first, end
