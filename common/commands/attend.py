"""`papers attend`: where a model looks. Light until the command runs."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from common.commands.doors.shown import present
from common.commands.generate import Data, Folder, PaperName, Train, Version
from common.commands.weights import opened
from common.paper import find_root


def attend(
    paper: PaperName,
    what: Annotated[
        str, typer.Argument(metavar="TEXT|PICTURE", help="A text; or a PNG or JPEG file.")
    ],
    version: Version = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FOLDER", help="Where to write. Default: local/attend/PAPER."
        ),
    ] = None,
    checkpoint: Folder = None,
    data: Data = None,
    train: Train = False,
) -> None:
    """Draw where a model looks: a page for the browser that needs no network, and SVG pictures."""
    from common.ask.visualize import write_pages
    from common.data.pictures import read_picture

    what = present(what)
    with opened(paper, version, checkpoint, data, train=train, door="attend") as (variant, model):
        picture = getattr(model, "reads", "text") == "image"
        maps = model.attend(read_picture(what) if picture else what)
    folder = output or find_root() / "local" / "attend" / paper
    if output is None:
        shutil.rmtree(folder, ignore_errors=True)  # layers of another version
    for path in write_pages(folder, f"{paper} {variant}: attention", maps):
        print(path.relative_to(find_root()) if output is None else path)
