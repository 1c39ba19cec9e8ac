"""What a model can be asked besides writing: the objects that a version's `ask.load` may return.

`load(checkpoint) -> Filler`, or `-> tuple[Filler, Classifier]` for several. Texts come as the user
typed them, pictures as uint8 arrays (H, W, 3) of any size. A function that is given what it cannot
read raises UserError.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from common.ask.writer import DIVERGED, Attention, as_array
from common.errors import UserError, nearest

MASK = "[MASK]"  # how a user writes a gap, whatever the model's own sign is
Scored = tuple[str, float]


@dataclass(frozen=True)
class Filler:
    """Fills gaps: `fill(text)` gives for each MASK tokens with probabilities, in any order."""

    fill: Callable[[str], Sequence[Sequence[Scored]]]
    attend: Callable[[str], list[Attention]] | None = None


@dataclass(frozen=True)
class Classifier:
    """`classify(x)` gives a probability for each label; x is a picture or a text, as it `reads`.

    So does `attend(x)`, which shows where it looks.
    """

    labels: Sequence[str]
    classify: Callable[[Any], Sequence[float]]
    reads: str = "text"  # or "image"
    attend: Callable[[Any], list[Attention]] | None = None


@dataclass(frozen=True)
class Neighbours:
    """Word vectors (V, D), a row for each word; what is near is told by the cosine."""

    words: Sequence[str]
    vectors: np.ndarray

    def near(self, word: str, count: int) -> list[Scored]:
        """The words nearest to one. UserError for a word without a vector."""
        return self._nearest(self._unit()[self._row(word)], {word}, count)

    def analogy(self, a: str, b: str, c: str, count: int) -> list[Scored]:
        """What is to c as b is to a: the words nearest to b - a + c, without these three."""
        unit = self._unit()
        x, y, z = (unit[self._row(word)] for word in (a, b, c))
        return self._nearest(y - x + z, {a, b, c}, count)

    def _unit(self) -> np.ndarray:
        vectors = as_array(self.vectors).astype(np.float64)
        if not np.isfinite(vectors).all():
            raise UserError(DIVERGED.replace("no token a usable score", "no usable vectors"))
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)

    def _row(self, word: str) -> int:
        if word not in self.words:
            close = nearest(word, self.words)
            hint = close if close.startswith(" Did") else ""
            if all(len(known) == 1 for known in self.words):
                hint = " It has vectors of single characters alone."
            raise UserError(f"{word!r} has no vector: the model never learned it.{hint}")
        return list(self.words).index(word)

    def _nearest(self, wanted: np.ndarray, asked: set[str], count: int) -> list[Scored]:
        cosines = self._unit() @ wanted / max(float(np.linalg.norm(wanted)), 1e-12)
        order = np.argsort(-cosines, kind="stable")
        found = ((self.words[i], float(cosines[i])) for i in order)
        return [one for one in found if one[0] not in asked][:count]


@dataclass(frozen=True)
class Hit:
    """A document that was found; of what it says, the part to show."""

    title: str
    text: str
    score: float


@dataclass(frozen=True)
class Searcher:
    """`search(query, count)` gives the best documents, best first; [] where none has a word."""

    search: Callable[[str, int], Sequence[Hit]]


@dataclass(frozen=True)
class Contamination:
    """`find(examples)` gives for each example of a test a run of words that the model's training
    text has as well, or None."""

    find: Callable[[Sequence[str]], Sequence[str | None]]


@dataclass(frozen=True)
class Captioner:
    """`caption(picture)` says what is to be seen."""

    caption: Callable[[np.ndarray], str]


@dataclass(frozen=True)
class Matcher:
    """`match(picture, texts)` gives each text the probability that it is the one that fits."""

    match: Callable[[np.ndarray, Sequence[str]], Sequence[float]]


@dataclass(frozen=True)
class Inside:
    """What happens in a network as it reads: after each of its T tokens, by name, an array (T, H).

    The tokens' texts, one after the other, are the text that was read. A gate lies in [0, 1].
    """

    tokens: Sequence[str]
    units: Mapping[str, np.ndarray]  # such as the hidden layer, or a cell
    gates: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Units:
    """`read(text)` looks inside while the network reads; `held_out` is a text that it never learned
    from, in which one can look for units that follow something."""

    read: Callable[[str], Inside]
    held_out: str


def ranked(labels: Sequence[str], p: Sequence[float], most: int | None = None) -> list[Scored]:
    """Labels with their probabilities, likeliest first. UserError where these are none."""
    values = as_array(p).astype(np.float64).ravel()
    if len(values) != len(labels):
        raise UserError(f"the model gives {len(values)} probabilities for {len(labels)} labels.")
    if not (np.isfinite(values) & (values >= 0) & (values <= 1 + 1e-6)).all():
        raise UserError(DIVERGED.replace("no token a usable score", "no usable probabilities"))
    return [(labels[i], float(values[i])) for i in np.argsort(-values, kind="stable")[:most]]
