"""Units that follow something in a text, such as quotation marks: found by a rule, not by eye.

Karpathy's post of 2015, "The Unreasonable Effectiveness of Recurrent Neural Networks", shows a few
such cells that were picked out by eye. Here the text is cut in two halves. In the first half the
unit is chosen whose correlation (Pearson's) with a property of the text is farthest from zero; what
is reported is its correlation in the second half, which had no part in the choice.

T is the number of tokens, H that of the units of a layer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from common.ask.abilities import Inside
from common.ask.writer import DIVERGED
from common.errors import UserError

FEWEST = 20  # places of a half at which a property holds, and at which it does not
NAME = re.compile(r"(?:\A|\n\n)([^\n:]+):(?=\n)")  # a line of its own after an empty one


def in_quotes(text: str) -> np.ndarray:
    """From a double quotation mark up to the next; an empty line ends one that was left open."""
    marks, held, inside = {'"': None, "“": True, "”": False}, [], False
    for before, c in zip(" " + text, text):
        if c in marks:
            inside = not inside if marks[c] is None else bool(marks[c])
        inside = inside and not (before == c == "\n")
        held.append(inside)
    return np.array(held, dtype=float)


def place_in_line(text: str) -> np.ndarray:
    """How many characters of the line are read: 1 at its first, 0 at the line feed that ends it."""
    places, place = [], 0
    for c in text:
        place = 0 if c == "\n" else place + 1
        places.append(place)
    return np.array(places, dtype=float)


def in_name(text: str) -> np.ndarray:
    """Inside the name of who speaks: a line of its own that ends in a colon."""
    held = np.zeros(len(text))
    for found in NAME.finditer(text):
        held[found.start(1) : found.end(1)] = 1
    return held


def in_word(text: str) -> np.ndarray:
    """Inside a word: a letter after a letter."""
    return np.array([a.isalpha() and b.isalpha() for a, b in zip(" " + text, text)], dtype=float)


def upper_case(text: str) -> np.ndarray:
    return np.array([c.isupper() for c in text], dtype=float)


PROPERTIES: dict[str, Callable[[str], np.ndarray]] = {
    "inside quotes": in_quotes,
    "place in the line": place_in_line,
    "inside a speaker's name": in_name,
    "inside a word": in_word,
    "upper case": upper_case,
}


@dataclass(frozen=True)
class Found:
    """The unit that follows a property, and how well."""

    property: str
    layer: str  # the array's name
    unit: int
    chosen: float  # its correlation in the half in which it was chosen
    correlation: float  # in the other half
    mean: float  # of the unit over the whole text
    deviation: float  # its standard deviation there

    @property
    def name(self) -> str:
        return f"{self.layer} {self.unit}"

    def lit(self, inside: Inside) -> np.ndarray:
        """How far the unit is from its mean, in standard deviations (T,); above zero where it is
        as it is where the property holds."""
        away = inside.units[self.layer][:, self.unit].astype(float) - self.mean
        return np.sign(self.chosen) * away / max(self.deviation, 1e-12)


def find(
    inside: Inside, properties: Mapping[str, Callable[[str], np.ndarray]] | None = None
) -> list[Found]:
    """The unit that follows each property; a property that is too rare in a half has none.

    UserError for units that are not finite. A token counts as its last character.
    """
    ends = np.cumsum([len(token) for token in inside.tokens]) - 1
    text = "".join(inside.tokens)
    names = [(layer, unit) for layer, x in inside.units.items() for unit in range(x.shape[1])]
    values = np.concatenate([x.astype(float) for x in inside.units.values()], axis=1)
    if not np.isfinite(values).all():
        raise UserError(DIVERGED.replace("no token a usable score", "no usable activations"))
    half, found = len(values) // 2, []
    for name, of in (PROPERTIES if properties is None else properties).items():
        held = of(text)[np.maximum(ends, 0)]
        if not (often(held[:half]) and often(held[half:])):
            continue
        first, second = (correlation(values[s], held[s]) for s in (slice(half), slice(half, None)))
        best = int(np.argmax(np.abs(first)))
        found.append(
            Found(
                name,
                *names[best],
                chosen=float(first[best]),
                correlation=float(second[best]),
                mean=float(values[:, best].mean()),
                deviation=float(values[:, best].std()),
            )
        )
    return found


def tint(value: float) -> str:
    """Blue at two deviations below the mean, white at the mean, red at two above."""
    share = min(1.0, abs(value) / 2)
    end = (0xE0, 0x4F, 0x39) if value > 0 else (0x4F, 0x86, 0xD9)
    return "#" + "".join(f"{round(255 + (c - 255) * share):02x}" for c in end)


def often(held: np.ndarray) -> bool:
    """Whether there are places enough on both sides of its mean."""
    above = int((held > held.mean()).sum()) if held.size else 0
    return min(above, held.size - above) >= FEWEST


def correlation(values: np.ndarray, held: np.ndarray) -> np.ndarray:
    """Pearson's of each column of `values` (T, H) with `held` (T,): (H,); 0 for one that stays."""
    x, y = values - values.mean(axis=0), held - held.mean()
    both = np.sqrt((x * x).sum(axis=0) * (y * y).sum())
    return (x * y[:, None]).sum(axis=0) / np.where(both > 1e-12, both, np.inf)
