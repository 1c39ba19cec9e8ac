"""How a held-out text is read: every token but the first is scored once, with context before it.

Streams suit a model that carries a state, windows one that looks back a bounded way.

Shapes: B rows that are read side by side, T tokens of a piece, N tokens of the text,
        V symbols.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from common.errors import UserError
from common.exams.text import Predict, Rule, Sat, TextExam, mean

PIECE = 64  # tokens per call of predict in a stream, and windows per call: both bound its memory


@dataclass(frozen=True)
class Streams:
    """The text is cut into up to `most` streams of at least `context` tokens, which are read side
    by side. Each stream first reads the `context` tokens before its own without being scored, so
    every token has at least so many before it where the text has them."""

    most: int
    context: int

    def bits(self, predict: Predict, tokens: np.ndarray) -> np.ndarray:
        """Bits of each of `tokens` (N,) but the first: (N - 1,)."""
        streams, length = self.shape(len(tokens))
        # Stream s scores the targets s * length + 1 ... (s + 1) * length. The first stream has no
        # text before it, the last may end early: both ends are filled up and not scored.
        ends = (self.context, streams * length + 1 - len(tokens))
        padded, width = np.pad(tokens, ends, mode="edge"), self.context + length + 1
        rows = np.stack([padded[s * length :][:width] for s in range(streams)])
        scored = [_stream_bits(predict, rows[:1, self.context :], None)]
        if streams > 1:
            _, state = predict(rows[1:, : self.context], None)
            scored.append(_stream_bits(predict, rows[1:, self.context :], state))
        return np.concatenate(scored).ravel()[: len(tokens) - 1]

    def shape(self, size: int) -> tuple[int, int]:
        """How many streams a text of `size` tokens is cut into, and their length."""
        streams = min(self.most, max(1, (size - 1) // self.context))
        return streams, math.ceil((size - 1) / streams)


def _stream_bits(predict: Predict, rows: np.ndarray, state) -> np.ndarray:
    """Bits of rows[:, 1:], reading on from `state`."""
    found = []
    for start in range(0, rows.shape[1] - 1, PIECE):
        log_p, state = predict(rows[:, start : start + PIECE + 1][:, :-1], state)
        found.append(_chosen_bits(log_p, rows[:, start + 1 : start + PIECE + 1]))
    return np.concatenate(found, axis=1)


@dataclass(frozen=True)
class Windows:
    """Windows of `context` tokens, each beginning half a window after the one before, of which
    only the last half is scored. So every token has at least half a window before it where the
    text has it."""

    context: int

    def bits(self, predict: Predict, tokens: np.ndarray) -> np.ndarray:
        """Bits of each of `tokens` (N,) but the first: (N - 1,)."""
        targets, context, step = len(tokens) - 1, self.context, max(1, self.context // 2)
        windows = 1 + max(0, math.ceil((targets - context) / step))
        padded = np.pad(tokens, (0, (windows - 1) * step + context - targets), mode="edge")
        rows = np.stack([padded[w * step :][: context + 1] for w in range(windows)])
        scored = _window_bits(predict, rows)  # (B, T)
        return np.concatenate([scored[0], scored[1:, -step:].ravel()])[:targets]

    def fresh_bits(self, predict: Predict, tokens: np.ndarray) -> np.ndarray:
        """Bits in whole windows that begin from nothing, as nanoGPT measures: (B, T)."""
        starts = self.context * np.arange((len(tokens) - 1) // self.context)
        if not starts.size:
            return np.zeros((0, self.context))
        return _window_bits(predict, tokens[starts[:, None] + np.arange(self.context + 1)])


def _window_bits(predict: Predict, rows: np.ndarray) -> np.ndarray:
    """Bits of rows[:, 1:], each row read by itself."""
    pieces = [rows[start : start + PIECE] for start in range(0, len(rows), PIECE)]
    return np.concatenate(
        [_chosen_bits(predict(piece[:, :-1], None)[0], piece[:, 1:]) for piece in pieces]
    )


def _chosen_bits(log_p: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Bits (B, T) of `targets` (B, T) under `log_p` (B, T, V)."""
    return -np.take_along_axis(log_p, targets[..., None], axis=2)[..., 0] / math.log(2)


def in_windows(rule: Rule) -> Windows:
    """The rule of an exam that is read in windows. UserError for another."""
    if not isinstance(rule, Windows):
        raise UserError(f"this exam reads by {type(rule).__name__}: it must be read in Windows.")
    return rule


def fresh_windows(exam: TextExam, sat: Sat) -> dict[str, float]:
    """A measure of exams by Windows: bits per character in windows that begin from nothing, and
    bits per token in their second and their last quarter."""
    rule = in_windows(exam.rule)
    fresh = rule.fresh_bits(sat.predict, sat.tokens)
    quarter = max(1, rule.context // 4)
    characters = len(exam.vocabulary.decode(sat.tokens[1 : fresh.size + 1]))
    return {
        "fresh_window_bits": fresh.sum() / characters if characters else math.nan,
        "second_quarter_bits": mean(fresh[:, quarter : 2 * quarter]),
        "last_quarter_bits": mean(fresh[:, -quarter:]),
    }
