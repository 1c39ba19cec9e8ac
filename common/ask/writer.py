"""The Writer: all that `generate`, `chat` and `attend` know of a model, and how a text is chosen.

A version that can write has an `ask.py` with `load(checkpoint) -> Writer`, beside its `model.py`
and `train.py`; it may import its own model, its paper's `task` and `ask`, and `common`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from common.data.text import Tokens
from common.errors import UserError, nearest

State = Any  # what a model carries from token to token: arrays, batch first, in dicts and tuples
LONGEST_MAP = 512  # tokens on a side of an attention map that one can still read
DRAWING = ("temperature", "top_k", "top_p")  # these make no sense together with a beam
LIMITS = {  # name -> type, smallest, largest
    "max_tokens": (int, 0, 1_000_000),
    "temperature": (float, 0, math.inf),
    "top_k": (int, 1, math.inf),
    "top_p": (float, 0, 1),
    "beam": (int, 1, 256),
    "length_penalty": (float, 0, math.inf),
    "seed": (int, 0, 2**63),
}
OPTIONAL = ("top_k", "beam")
DIVERGED = "the model gives no token a usable score: its training diverged; train it again."


@dataclass(frozen=True)
class Settings:
    """How the next token is chosen. UserError for a value out of its range."""

    max_tokens: int = 300
    temperature: float = 1.0  # 0 is greedy
    top_k: int | None = None  # draw from the k likeliest tokens
    top_p: float = 1.0  # draw from the likeliest tokens that together have this probability
    beam: int | None = None  # search instead of drawing; 1 is greedy
    length_penalty: float = 0.6  # of the beam: alpha in `penalty`
    seed: int = 0

    def __post_init__(self):
        for name, limits in LIMITS.items():
            _check(name, getattr(self, name), *limits)

    @property
    def greedy(self) -> bool:
        return self.temperature == 0 or self.top_p == 0 or self.top_k == 1


def _check(name: str, value: Any, kind: type, low: float, high: float) -> None:
    if value is None and name in OPTIONAL:
        return
    number = isinstance(value, int if kind is int else (int, float)) and not isinstance(value, bool)
    if not number or not low <= value <= high or value == math.inf:
        most = "" if high == math.inf else f" and at most {high}"
        what = "a whole number" if kind is int else "a number"
        raise UserError(f"{name!r} must be {what} of at least {low}{most}, not {value!r}.")


def change(settings: Settings, given: dict[str, Any]) -> Settings:
    """`settings` with the given ones; a beam ends drawing, and drawing the beam.

    UserError for an unknown name, a value out of range, a beam together with drawing, and for what
    would do nothing: the beam's penalty without a beam, top_k or top_p where all is greedy.
    """
    names = [field.name for field in fields(Settings)]
    for name in given:
        if name not in names:
            raise UserError(f"there is no setting {name!r}." + nearest(name, names))
    drawn = [name for name in DRAWING if name in given]
    if given.get("beam") is not None and drawn:
        raise UserError(f"a beam searches and does not draw: leave out {drawn[0]!r} or 'beam'.")
    ended: dict[str, Any] = {"beam": None} if drawn else {}
    changed = replace(settings, **{**ended, **given})
    if "length_penalty" in given and changed.beam is None:
        raise UserError("'length_penalty' does nothing without a beam: set 'beam' too.")
    idle = [name for name in ("top_k", "top_p") if given.get(name) not in (None, 1)]
    if idle and changed.temperature == 0:
        raise UserError(f"at 'temperature' 0 nothing is drawn: raise it, or leave out {idle[0]!r}.")
    return changed


def select(state: State, rows: np.ndarray) -> State:
    """The state of `rows`; a row may be taken several times. What is no array stays as it is."""
    if isinstance(state, dict):
        return {name: select(value, rows) for name, value in state.items()}
    if isinstance(state, tuple | list):
        return type(state)(select(value, rows) for value in state)
    return state[rows] if getattr(state, "ndim", 0) else state


@dataclass(frozen=True)
class Attention:
    """The weights of one layer's heads: each row sums to 1."""

    name: str  # e.g. "encoder, layer 1"
    queries: Sequence[str]  # the tokens that look, one per row
    keys: Sequence[str]  # the tokens that are looked at, one per column
    weights: np.ndarray  # (heads, queries, keys)


@dataclass(frozen=True)
class Writer:
    """A trained model that can write, as a version's `text.load(checkpoint)` gives it.

    `next(tokens (B, T), None)` reads prompts; `next(tokens (B, 1), state)` reads on. Both return
    scores (B, V) of the token after the last, NumPy or torch, normalised or not, -inf for tokens
    that must not be written; and the new state. A model that translates takes the prompt as its
    source, and then the words of the translation.
    """

    encode: Callable[[str], Tokens]  # UserError for what it cannot read; never empty
    decode: Callable[[Sequence[int]], str]
    next: Callable[[np.ndarray, State], tuple[Any, State]]
    defaults: Settings = Settings()
    end: int | None = None  # the token that ends a text
    continues: bool = True  # the text goes on where the prompt ends; else it answers the prompt
    longest: int | None = None  # tokens that it can write, if there is a bound
    attend: Callable[[str], list[Attention]] | None = None  # maps for a text, where there are any
    select: Callable[[State, np.ndarray], State] = select


@dataclass(frozen=True)
class Translator(Writer):
    """A Writer that answers a sentence with its translation."""

    continues: bool = False


def usable(scores: np.ndarray, going: np.ndarray) -> np.ndarray:
    """Scores (..., V) where texts are `going` (...), and 0 where they are not.

    UserError where a text has no likeliest token: one score is NaN or +inf, or all are -inf.
    """
    if not going.all():
        scores = np.where(going[..., None], scores, 0)
    if not np.isfinite(scores.max(axis=-1)).all():
        raise UserError(DIVERGED)
    return scores


def as_array(values: Any) -> np.ndarray:
    """NumPy of NumPy or torch."""
    if hasattr(values, "detach"):
        values = values.detach()
        values = (values.float() if values.is_floating_point() else values).cpu().numpy()
    return np.asarray(values)
