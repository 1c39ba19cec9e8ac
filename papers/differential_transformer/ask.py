"""How this room answers: a Writer that reads text with needles, and maps of where it looks."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch

from common.ask.writer import Attention, Settings, Writer
from common.errors import UserError
from papers.differential_transformer.task import LENGTH, Exam

LONGEST = 2 * LENGTH  # tokens on a side of a map that one can still read


def writer(exam: Exam, read: Callable, maps: Callable[..., Iterable]) -> Writer:
    """`read(tokens (B, T), state)` gives scores (B, T, V) and a state; `maps(tokens (1, T))` for
    each layer its maps (H, T, T) by name.

    An empty prompt is the end of a line.
    """

    def encode(prompt: str) -> list[int]:
        return exam.vocabulary.encode(prompt or exam.start)

    @torch.no_grad()
    def following(tokens, state):
        scores, state = read(torch.as_tensor(tokens), state)
        return scores[:, -1].float(), state

    @torch.no_grad()
    def attend(text: str) -> list[Attention]:
        """Negative weights of a difference are shown as nothing: nothing is taken from there."""
        tokens = encode(text)
        if len(tokens) > LONGEST:
            words = f"this text has {len(tokens)} tokens: give at most {LONGEST}"
            raise UserError(f"{words} for a readable map.")
        shown = [exam.vocabulary.decode([token]) for token in tokens]
        return [
            Attention(f"layer {n}, {name}", shown, shown, weights.float().numpy())
            for n, layer in enumerate(maps(torch.tensor([tokens])), 1)
            for name, weights in layer.items()
        ]

    return Writer(
        encode=encode,
        decode=exam.vocabulary.decode,
        next=following,
        defaults=Settings(max_tokens=60, temperature=0.8),
        attend=attend,
    )
