"""How this room writes, token after token, on from the prompt; and where its heads look.

A prompt beyond the context is read as the versions read it: where a window is full, its last half
begins the next one. So a token looks back at half a window at least.
"""

from __future__ import annotations

import numpy as np

from common.ask.writer import LONGEST_MAP, Attention, Settings, Writer
from common.errors import UserError
from papers.gpt2.task import SAMPLE_TEMPERATURE, Exam


def writer(exam: Exam, predict, maps) -> Writer:
    """`predict` as in the exam; `maps(tokens (1, T))` gives each layer's weights (H, T, T).

    An empty prompt is the end of a line, as in the exam's samples.
    """
    start = "\n" if "\n" in exam.parts.train else exam.parts.train[0]

    def encode(prompt):
        return exam.vocabulary.encode(prompt or start)

    def read(tokens, state):
        log_p, state = predict(tokens, state)
        return log_p[:, -1], state

    def attend(text):
        import torch

        tokens = torch.as_tensor(encode(text))[None]
        count = tokens.shape[1]
        if count > LONGEST_MAP:
            raise UserError(
                f"this text has {count} tokens: give at most {LONGEST_MAP} for a readable map."
            )
        shown = [exam.vocabulary.decode([token]) for token in tokens[0].tolist()]
        whole = []
        for start, first, end in windows(count, exam.context):
            with torch.no_grad():
                layers = [layer.numpy() for layer in maps(tokens[:, start:end])]  # each (H, t, t)
            whole = whole or [np.zeros((len(layer), count, count), np.float32) for layer in layers]
            for all_of, layer in zip(whole, layers):
                all_of[:, first:end, start:end] = layer[:, first - start :]
        return [Attention(f"layer {n}", shown, shown, map_) for n, map_ in enumerate(whole, 1)]

    return Writer(
        encode=encode,
        decode=exam.vocabulary.decode,
        next=read,
        defaults=Settings(temperature=SAMPLE_TEMPERATURE),
        attend=attend,
    )


def windows(count: int, context: int):
    """(start, first, end) of each window over `count` tokens; those from `first` on are new."""
    start = end = 0
    while end < count:
        first, start = end, max(0, end - context // 2) if end else 0
        end = min(count, start + context)
        yield start, first, end
