"""`papers attend`: where a model looks. Light until the command runs."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from common.commands.generate import Data, Folder, PaperName, Version, opened
from common.errors import UserError
from common.paper import Room, find_root, room, rooms


def attend(
    paper: PaperName,
    text: Annotated[str, typer.Argument(help="What the model is to read.")],
    version: Version = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Default: local/attend/PAPER.")
    ] = None,
    checkpoint: Folder = None,
    data: Data = None,
) -> None:
    """Draw a model's attention on a text: a picture per layer, and one page that works offline."""
    from common.visualize import write_pages

    if not attends(room(paper)):
        able = ", ".join(other.name for other in rooms().values() if attends(other))
        raise UserError(f"{paper} has no attention to draw; these have: {able}.")
    with opened(paper, version, checkpoint, data) as (variant, writer):
        if writer.attend is None:
            raise UserError(f"{paper} {variant} has no attention to draw: try another --version.")
        maps = writer.attend(text)
    folder = out or find_root() / "local" / "attend" / paper
    if out is None:
        shutil.rmtree(folder, ignore_errors=True)  # layers of another version
    for path in write_pages(folder, f"{paper} {variant}: attention", text, maps):
        print(path.relative_to(find_root()) if out is None else path)


def attends(home: Room) -> bool:
    """Can a version draw maps? Its Writer then has an `attend`, from its text.py or the room's."""
    files = [home.path("text.py"), *(home.path(v, "text.py") for v in home.paper.versions)]
    return any("attend" in path.read_text(encoding="utf-8") for path in files if path.is_file())
