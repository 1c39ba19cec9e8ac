"""What a room's exam learned from its data and an answer needs: tokens, names of classes, sizes.

A checkpoint that carries it answers where that data is not. It is what JSON can hold of the exam's
attributes, and tokenizers as their own `to_json()` writes and `from_json(text)` reads them; not
the data. The version's `ask.py` need not know: it makes its `Exam` as ever.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Annotated, Any

from pydantic import BaseModel, Field

from common.errors import UserError
from common.paper import Room

Plain = str | int | float | bool | None
LARGEST = 256 << 10  # characters of a tokenizer; 2,000 byte pairs take 60,000


class Tokenizer(BaseModel, strict=True):
    """Its class, as module.name, and what `to_json` wrote."""

    of: Annotated[str, Field(max_length=200)]
    text: Annotated[str, Field(max_length=LARGEST)]


class Carried(BaseModel, strict=True):
    """Attributes of an exam by name."""

    plain: dict[str, Plain | list[Plain]]
    tokenizers: dict[str, Tokenizer]


def carry(exam: Any) -> Carried:
    """What of an exam can go with a checkpoint."""
    plain, tokenizers = {}, {}
    for name, value in vars(exam).items():
        items = list(value) if isinstance(value, tuple | list) else [value]
        if hasattr(value, "to_json"):
            kind = type(value)
            of = f"{kind.__module__}.{kind.__qualname__}"
            tokenizers[name] = Tokenizer(of=of, text=value.to_json())
        elif all(isinstance(item, Plain) for item in items):
            plain[name] = items if isinstance(value, tuple | list) else value
    return Carried(plain=plain, tokenizers=tokenizers)


@contextlib.contextmanager
def watched(home: Room) -> Iterator[list[Any]]:
    """The exams of the room that are made within the block."""
    found: list[Any] = []
    usual = exam_of(home).__init__

    def init(self: Any, *given: Any, **named: Any) -> None:
        usual(self, *given, **named)
        found.append(self)

    with _made_by(exam_of(home), init):
        yield found


@contextlib.contextmanager
def without_data(home: Room, carried: Carried) -> Iterator[None]:
    """Within the block the room's exam is made of what was carried, and reads no data."""
    exam = exam_of(home)  # loads the modules of its tokenizers
    found = carried.plain | {name: _read(told) for name, told in carried.tokenizers.items()}
    with _made_by(exam, lambda self, *given, **named: vars(self).update(found)):
        yield


def exam_of(home: Room) -> type:
    """UserError for a room that has none, such as one of word vectors."""
    exam = getattr(home.module("task"), "Exam", None)
    if exam is None:
        raise UserError(f"{home.name} has no Exam in its task.py: its weights cannot carry one.")
    return exam


def _read(told: Tokenizer) -> Any:
    """ValueError for what is no tokenizer of a paper that the exam uses."""
    module, _, name = told.of.rpartition(".")
    loaded = sys.modules.get(module) if module.startswith("papers.") else None
    kind = vars(loaded).get(name) if loaded else None
    if not (isinstance(kind, type) and hasattr(kind, "from_json")):
        raise ValueError(f"{told.of} is no tokenizer")
    return kind.from_json(told.text)


@contextlib.contextmanager
def _made_by(exam: Any, init: Callable[..., None]) -> Iterator[None]:
    own = vars(exam).get("__init__")
    exam.__init__ = init
    try:
        yield
    finally:
        if own:
            exam.__init__ = own
        else:
            del exam.__init__
