"""What versions that sit the exam over running text can be asked: to write, and what is inside.

The Writer goes on from the prompt, token after token. Where a version has attention, maps over a
text longer than the context are those of the windows in which it is read: where one is full, its
last half begins the next. So a token looks back at half a window at least.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from common.ask.abilities import Inside, Neighbours, Units
from common.ask.writer import LONGEST_MAP, Attention, Settings, State, Writer, as_array
from common.data.own import unix_newlines
from common.data.text import Characters, Tokens
from common.errors import UserError
from common.exams.reading import Streams, in_windows
from common.exams.text import SAMPLE_TEMPERATURE, Predict, TextExam
from common.exams.words import Words


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


Named = Mapping[str, Any]  # arrays by name, a row for each text, NumPy or torch


def text_units(
    exam: TextExam,
    predict: Predict,
    look: Callable[[State], Named],
    gates: Callable[[np.ndarray, State], Named] = lambda tokens, state: {},
) -> Units:
    """What is inside a network that carries a state, token after token.

    `look(state)` names the arrays of a state, e.g. `lambda h: {"hidden": h}`; `gates(tokens (B, 1),
    state)` gives the gates with which the token is taken into that state, None at the beginning.
    A long text is read as in the exam: in streams, each after some tokens before its own.
    """
    rule = exam.rule
    assert isinstance(rule, Streams)

    def step(tokens, state):
        here = {f"gate {name}": array for name, array in gates(tokens, state).items()}
        _, state = predict(tokens, state)
        return here | dict(look(state)), state

    def read(text: str) -> Inside:
        tokens = np.asarray(exam.vocabulary.encode(unix_newlines(text)))
        found = in_streams(step, tokens, rule)
        own = {name: found.pop(name) for name in list(found) if name.startswith("gate ")}
        shown = [exam.vocabulary.decode([token]) for token in tokens.tolist()]
        return Inside(shown, found, {name.removeprefix("gate "): own[name] for name in own})

    return Units(read, exam.parts.test)


def in_streams(step: Callable, tokens: np.ndarray, rule: Streams) -> dict[str, np.ndarray]:
    """Arrays (T, H) by name, from `step(tokens (B, 1), state) -> (arrays (B, H), state)`."""
    streams, length = rule.shape(len(tokens) + 1)
    padded = np.pad(tokens, (rule.context, streams * length - len(tokens)), mode="edge")
    rows = np.stack([padded[s * length :][: rule.context + length] for s in range(streams)])
    parts = [_each(step, rows[:1, rule.context :])]  # before the first stream there is nothing
    if streams > 1:
        after = _each(step, rows[1:])
        parts.append({name: array[:, rule.context :] for name, array in after.items()})
    whole = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return {
        name: array.reshape(-1, array.shape[-1])[: len(tokens)] for name, array in whole.items()
    }


def _each(step: Callable, rows: np.ndarray) -> dict[str, np.ndarray]:
    """Arrays (B, T, H) by name, over `rows` (B, T) from their beginning."""
    state, found = None, []
    for t in range(rows.shape[1]):
        here, state = step(rows[:, t : t + 1], state)
        found.append({name: as_array(array) for name, array in here.items()})
    return {name: np.stack([here[name] for here in found], axis=1) for name in found[0]}


def text_neighbours(exam: TextExam, vectors: Any) -> Neighbours:
    """The tokens' vectors (V, D): of words where the vocabulary has some, else of characters."""
    vocabulary = exam.vocabulary
    assert isinstance(vocabulary, Words | Characters)
    rows = {symbol: number for number, symbol in enumerate(vocabulary.symbols)}
    rows = vocabulary.rows() if isinstance(vocabulary, Words) else rows
    return Neighbours(list(rows), as_array(vectors)[list(rows.values())])
