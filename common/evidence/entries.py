"""What claims and deviations have in common: an id, filled texts, a list in the paper's room."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from common.errors import UserError, nearest
from common.paper import Room

IDENTIFIER = re.compile(r"[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*")  # names a variant and a DVC stage


def check_entry(entry: Any, filled: Collection[str]) -> None:
    """UserError unless the id is kebab or snake case and every field of `filled` has a text."""
    label = f"{type(entry).__name__.lower()} {entry.id!r}"
    if not isinstance(entry.id, str) or not IDENTIFIER.fullmatch(entry.id):
        raise UserError(f"{label}: an id is lower case words joined by '-' or '_'.")
    for name in filled:
        text = getattr(entry, name)
        if not isinstance(text, str) or not text.strip():
            raise UserError(f"{label} has no {name}: say it.")


def check_choice(entry: Any, name: str, choices: Collection[str]) -> None:
    """UserError with the nearest choice unless the field `name` is one of `choices`."""
    value = getattr(entry, name)
    if value not in choices:
        label = f"{type(entry).__name__.lower()} {entry.id!r}"
        raise UserError(f"{label}: no {name} {value!r}." + nearest(str(value), choices))


def check_unique(entries: Collection[Any], where: str) -> None:
    """UserError naming the first id that stands twice."""
    ids = [entry.id for entry in entries]
    for name in ids:
        if ids.count(name) > 1:
            raise UserError(f"{where}: the id {name!r} is given twice; rename one.")


def listed(room: Room, module: str, kind: type) -> tuple[Any, ...]:
    """The room's entries: CLAIMS of claims.py, DEVIATIONS of deviations.py; () without the file."""
    if not room.path("evidence", f"{module}.py").is_file():
        return ()
    where, name = f"papers/{room.name}/evidence/{module}.py", module.upper()
    entries = getattr(room.module(f"evidence.{module}"), name, None)
    if not isinstance(entries, tuple | list):
        raise UserError(f"{where} has no list {name}: name its {module} there.")
    for entry in entries:
        if not isinstance(entry, kind):
            raise UserError(f"{where}: {name} holds {entry!r}, which is no {kind.__name__}.")
    check_unique(entries, where)
    return tuple(entries)
