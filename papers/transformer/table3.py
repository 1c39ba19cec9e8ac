"""Table 3's parameter counts, in closed form, and the vocabulary that they imply."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A row of Table 3 that prints a count; what it leaves out is as in the row 'base'."""

    printed: int  # million parameters
    layers: int = 6
    d_model: int = 512
    d_ff: int = 2048
    heads: int = 8
    d_k: int = 64
    d_v: int = 64

    @property
    def body(self) -> int:
        """Parameters of all layers: attention without biases, the rest with them.

        An encoder layer has one attention and two norms, a decoder layer two and three.
        """
        d = self.d_model
        attention = self.heads * d * 2 * (self.d_k + self.d_v)
        feed = 2 * d * self.d_ff + self.d_ff + d
        return self.layers * (3 * attention + 2 * feed + 5 * 2 * d)

    def total(self, symbols: int) -> int:
        """With one shared embedding of `symbols` words (Sec. 3.4)."""
        return self.body + symbols * self.d_model

    def vocabularies(self) -> tuple[int, int]:
        """The least and the greatest vocabulary whose total rounds to the printed count."""
        low, high = ((self.printed + half) * 1_000_000 - self.body for half in (-0.5, 0.5))
        return math.ceil(low / self.d_model), math.ceil(high / self.d_model) - 1


BASE = Row(65)
BIG = Row(213, d_model=1024, d_ff=4096, heads=16)
ROWS = (
    BASE,
    Row(58, d_k=16),  # (B)
    Row(60, d_k=32),
    Row(36, layers=2),  # (C)
    Row(50, layers=4),
    Row(80, layers=8),
    Row(28, d_model=256, d_k=32, d_v=32),
    Row(168, d_model=1024, d_k=128, d_v=128),
    Row(53, d_ff=1024),
    Row(90, d_ff=4096),
)
SAID = 37_000  # Sec. 5.1: "a shared source-target vocabulary of about 37000 tokens"


def shared_vocabularies() -> tuple[int, int]:
    """The vocabularies with which all of ROWS have their printed counts at once."""
    bounds = [row.vocabularies() for row in ROWS]
    return max(low for low, _ in bounds), min(high for _, high in bounds)
