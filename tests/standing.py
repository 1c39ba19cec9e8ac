"""Rooms that stand. One in work, without verdicts yet, is held by the fast tests alone."""

from pathlib import Path

from common.evidence.verdicts import FILE
from common.paper import Room, rooms


def standing(root: Path | None = None) -> dict[str, Room]:
    """The rooms that have verdicts, by name."""
    return {name: home for name, home in rooms(root).items() if home.path(FILE).exists()}
