"""Text from a Writer: greedy, temperature, top-k, top-p and beam, over its next-token function."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from common.ask.beam import beam_search
from common.ask.streaming import before, pieces
from common.ask.writer import Settings, Writer, as_array, usable
from common.errors import UserError

ROWS = 256  # texts that are written at once, a beam's counted: a model keeps something of each


def generate(writer: Writer, prompts: Sequence[str], settings: Settings) -> list[str]:
    """What the model writes after each prompt: the text of `write`."""
    return [writer.decode(chosen) for chosen in write(writer, prompts, settings)]


def write(writer: Writer, prompts: Sequence[str], settings: Settings) -> list[list[int]]:
    """The tokens after each prompt, without the end. Prompt i draws with `settings.seed` + i.

    Prompts of equal length run as one batch, so none is padded: each text is the one that the
    prompt gets alone.
    """
    check_length(writer, settings)
    encoded = [np.asarray(writer.encode(prompt), dtype=np.int64) for prompt in prompts]
    found: list[list[int]] = [[] for _ in prompts]
    for length in sorted({len(tokens) for tokens in encoded}):
        rows = [i for i, tokens in enumerate(encoded) if len(tokens) == length]
        for some in _parts(rows, max(1, ROWS // (settings.beam or 1))):
            batch = np.stack([encoded[i] for i in some])
            for i, chosen in zip(some, _batch(writer, batch, settings, some)):
                found[i] = chosen
    return found


def _parts(rows: list[int], most: int) -> Iterator[list[int]]:
    yield from (rows[start : start + most] for start in range(0, len(rows), most))


def stream(
    writer: Writer, prompt: str, settings: Settings, stop: str | None = None
) -> Iterator[str]:
    """The same text as `generate` for one prompt, in pieces; it ends before `stop`.

    A beam decides at the end, so its text is one piece.
    """
    if settings.beam is not None:
        yield from before(stop, iter(generate(writer, [prompt], settings)))
        return
    check_length(writer, settings)
    batch = np.asarray(writer.encode(prompt), dtype=np.int64)[None]
    chosen = (int(row[0]) for row in tokens(writer, batch, settings, [settings.seed]))
    yield from before(stop, pieces(writer.decode, _until(writer.end, chosen)))


def check_length(writer: Writer, settings: Settings) -> None:
    """UserError if the model cannot write so many tokens."""
    if writer.longest is not None and settings.max_tokens > writer.longest:
        raise UserError(
            f"'max_tokens' must be at most {writer.longest} here, not {settings.max_tokens}:"
            " the model has no positions beyond."
        )


def _batch(writer: Writer, batch: np.ndarray, settings: Settings, rows: list[int]):
    if settings.beam is not None:
        found = beam_search(writer, batch, settings)
        return [list(_until(writer.end, iter(row))) for row in found]
    seeds = [settings.seed + row for row in rows]
    steps = list(tokens(writer, batch, settings, seeds))
    written = np.stack(steps, axis=1) if steps else np.empty((len(batch), 0), dtype=np.int64)
    return [list(_until(writer.end, map(int, row))) for row in written]


def _until(end: int | None, chosen: Iterator[int]) -> Iterator[int]:
    for token in chosen:
        if token == end:
            return
        yield token


def tokens(
    writer: Writer, batch: np.ndarray, settings: Settings, seeds: Sequence[int]
) -> Iterator[np.ndarray]:
    """Step by step the next token of each row (B,) after the prompts `batch` (B, T).

    Row b draws with `seeds[b]`. What a row gets after its end means nothing.
    """
    random = [np.random.default_rng(seed) for seed in seeds]
    last, state, done = batch, None, np.zeros(len(batch), dtype=bool)
    for _ in range(settings.max_tokens):
        scores, state = writer.next(last, state)
        chosen = choose(usable(as_array(scores), ~done), settings, random)
        yield chosen
        last, done = chosen[:, None], done | (chosen == writer.end)
        if done.all():
            return


def choose(
    scores: np.ndarray, settings: Settings, random: Sequence[np.random.Generator]
) -> np.ndarray:
    """One token per row of scores (B, V): the likeliest, or drawn from those that are allowed."""
    if settings.greedy:
        return scores.argmax(-1)
    p, order = allowed(scores, settings)
    sums = p.cumsum(axis=-1)
    chosen = [_place(row, generator.random()) for row, generator in zip(sums, random)]
    if order is None:
        return np.array(chosen)
    return order[np.arange(len(order)), chosen]


def _place(sums: np.ndarray, uniform: float) -> int:
    """The first place whose sum exceeds that share of the whole: never one of probability 0."""
    wanted = min(uniform * sums[-1], np.nextafter(sums[-1], 0))
    return int(np.searchsorted(sums, wanted, side="right"))


def allowed(scores: np.ndarray, settings: Settings) -> tuple[np.ndarray, np.ndarray | None]:
    """Probabilities (B, V) from which to draw, and which token each stands for (None: its own).

    First the temperature, then the k likeliest, then of these the fewest that together have
    probability `top_p`; the others get 0. They need not sum to 1.
    """
    shifted = scores.astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        shifted -= shifted.max(axis=-1, keepdims=True)
        p = np.exp(shifted / settings.temperature)
    if settings.top_k is None and settings.top_p >= 1:
        return p, None
    order = np.argsort(-p, axis=-1, kind="stable")
    p = np.take_along_axis(p, order, axis=-1)
    if settings.top_k:
        p[:, settings.top_k :] = 0
    if settings.top_p < 1:
        before = p.cumsum(axis=-1) - p
        p[before >= settings.top_p * p.sum(axis=-1, keepdims=True)] = 0
    return p, order
