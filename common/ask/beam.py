"""Beam search over a Writer's next-token function."""

from __future__ import annotations

import numpy as np

from common.ask.writer import Settings, Writer, as_array, usable


def beam_search(writer: Writer, batch: np.ndarray, settings: Settings) -> list[list[int]]:
    """The best tokens that the beam finds after each prompt (B, T), up to an end and beyond.

    A text of n tokens, its end among them, is worth log p / penalty(n). Finished texts stay in
    the beam and compete with those that go on.
    """
    count, width = len(batch), settings.beam or 1
    log_p = np.where(np.arange(width) == 0, 0.0, -np.inf) + np.zeros((count, 1))
    lengths, done = np.zeros((count, width)), np.zeros((count, width), dtype=bool)
    found = np.zeros((count, width, 0), dtype=np.int64)
    rows, last, state = np.repeat(np.arange(count), width), batch, None
    for step in range(settings.max_tokens):
        scores, state = writer.next(last, state)
        if step == 0:  # at the beginning all texts of a prompt are one
            scores, state = scores[rows], writer.select(state, rows)
        scores = usable(as_array(scores).reshape(count, width, -1), ~done & np.isfinite(log_p))
        going = _continuations(scores, done, writer.end)
        total, lengths = log_p[..., None] + going, lengths + ~done
        worth = total / penalty(lengths, settings.length_penalty)[..., None]
        best = _largest(worth.reshape(count, -1), width)
        parent, token = np.divmod(best, total.shape[-1])
        log_p = np.take_along_axis(total.reshape(count, -1), best, axis=1)
        lengths, done = (np.take_along_axis(x, parent, axis=1) for x in (lengths, done))
        found = np.take_along_axis(found, parent[..., None], axis=1)
        found, done = np.concatenate([found, token[..., None]], -1), done | (token == writer.end)
        if done.all():
            break
        state = writer.select(state, (parent + width * np.arange(count)[:, None]).ravel())
        last = token.reshape(-1, 1)
    return found[:, 0].tolist()


def penalty(length: np.ndarray, alpha: float) -> np.ndarray:
    """((5 + n) / 6)^alpha, Wu et al. 2016, Eq. 14: without it short texts win."""
    return ((5 + length) / 6) ** alpha


def _continuations(scores: np.ndarray, done: np.ndarray, end: int | None) -> np.ndarray:
    """log p (B, width, V) of each next token; a finished text repeats its end at no cost."""
    shifted = scores.astype(np.float64)
    shifted -= shifted.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    if done.any():
        log_p[done] = -np.inf
        log_p[done, end] = 0
    return log_p


def _largest(values: np.ndarray, count: int) -> np.ndarray:
    """Places (B, count) of the largest values of each row, the largest first."""
    count = min(count, values.shape[1])
    places = np.argpartition(-values, count - 1, axis=1)[:, :count]
    order = np.argsort(-np.take_along_axis(values, places, axis=1), axis=1, kind="stable")
    return np.take_along_axis(places, order, axis=1)
