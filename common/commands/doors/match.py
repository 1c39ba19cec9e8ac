"""`papers match`: which text fits a picture. Light until the command runs."""

from __future__ import annotations

from typing import Annotated

import typer

from common.commands import doors
from common.commands.doors.caption import Picture
from common.commands.doors.shown import answer, as_rows, bars
from common.commands.generate import Data, Folder, Json, PaperName, Train, Version
from common.commands.weights import opened
from common.errors import UserError
from common.paper import room


def match(
    paper: PaperName,
    picture: Picture,
    texts: Annotated[list[str], typer.Argument(metavar="TEXT TEXT ...", help="Two or more.")],
    version: Version = None,
    checkpoint: Folder = None,
    data: Data = None,
    train: Train = False,
    json: Json = False,
) -> None:
    """Say which of several texts fits a picture, with probabilities."""
    from common.ask.abilities import ranked
    from common.data.pictures import read_picture

    doors.check(room(paper), "match")
    if len(set(texts)) < 2:
        raise UserError("a picture is matched with two different texts or more.")
    pixels = read_picture(picture)
    with opened(paper, version, checkpoint, data, train=train, door="match") as (variant, model):
        found = ranked(texts, model.match(pixels, texts))
    told = {"paper": paper, "variant": variant, "image": picture}
    answer(json, told | {"texts": as_rows(found, "text")}, bars(found))
