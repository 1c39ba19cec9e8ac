"""Tokens as text while they come."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

LONGEST_WAIT = 64  # tokens; only a model that writes broken characters makes them wait


def pieces(decode: Callable[[Sequence[int]], str], chosen: Iterator[int]) -> Iterator[str]:
    """Tokens as text, as they come: bytes of a character wait until it is whole.

    The tokens before are decoded with each, for a token may read otherwise at the beginning; but
    only the last of them, so that long texts cost no more per token than short ones.
    """
    context: list[int] = []
    shown = ""
    for token in chosen:
        context.append(token)
        text = decode(context)
        if text.endswith("\ufffd") and len(context) < LONGEST_WAIT:
            continue
        yield text[len(shown) :]
        context = context[-1:]
        shown = decode(context)
    yield decode(context)[len(shown) :]


def before(stop: str | None, parts: Iterator[str]) -> Iterator[str]:
    """The parts up to where `stop` begins; what may be its beginning waits."""
    held, sign = "", stop or ""
    for part in parts:
        held += part
        if sign and sign in held:
            yield held[: held.index(sign)]
            return
        keep = next((n for n in range(len(sign) - 1, 0, -1) if held.endswith(sign[:n])), 0)
        yield held[: len(held) - keep]
        held = held[len(held) - keep :]
    yield held
