"""Where demo weights are, and what is said where they are not whole."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from common.ask import DEMO
from common.commands import doors
from common.errors import UserError
from common.paper import Room, find_root


@contextlib.contextmanager
def restorable(home: Room, folder: Path) -> Iterator[None]:
    """What is wrong with a demo ends with how to get the committed one back."""
    try:
        yield
    except UserError as error:
        if folder.resolve() != demo_folder(home):
            raise
        mend = f"`git restore {shown(folder)}` brings the demo weights back."
        raise UserError(f"{error} {mend}") from None


def demo_folder(home: Room) -> Path:
    return home.path(DEMO).resolve()


def shown(folder: Path) -> Path:
    place, root = folder.resolve(), find_root()
    return place.relative_to(root) if place.is_relative_to(root) else folder


def demo(home: Room, variant: str | None, door: str) -> Path | None:
    """The folder of the demo weights, if they are of that variant and have the door."""
    folder = demo_folder(home)
    if not folder.is_dir():
        return None
    from common.ask.checkpoint import told_by

    with restorable(home, folder):
        told = told_by(folder)
    able = told.version in doors.able(home, door)
    return folder if able and variant in (None, told.variant) else None
