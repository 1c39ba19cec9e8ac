"""`papers classify`: the class of a text or a picture. Light until the command runs."""

from __future__ import annotations

from typing import Annotated

import typer

from common.commands.doors.fill import Top
from common.commands.doors.shown import answer, as_rows, bars, present
from common.commands.generate import Data, Folder, Json, PaperName, Train, Version
from common.commands.weights import opened


def classify(
    paper: PaperName,
    what: Annotated[
        str, typer.Argument(metavar="TEXT|PICTURE", help="A text; or a PNG or JPEG file.")
    ],
    top: Top = 10,
    version: Version = None,
    checkpoint: Folder = None,
    data: Data = None,
    train: Train = False,
    json: Json = False,
) -> None:
    """Say which class a text or a picture belongs to, with probabilities."""
    from common.ask.abilities import ranked
    from common.data.pictures import read_picture

    door, what = "classify", present(what)
    with opened(paper, version, checkpoint, data, train=train, door=door) as (variant, model):
        read = read_picture(what) if model.reads == "image" else what
        found = ranked(model.labels, model.classify(read), top)
    told = {"paper": paper, "variant": variant, model.reads: what}
    answer(json, told | {"classes": as_rows(found, "label")}, bars(found))
