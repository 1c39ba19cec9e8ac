"""`papers caption`: what a model sees in a picture. Light until the command runs."""

from __future__ import annotations

from typing import Annotated

import typer

from common.commands import doors
from common.commands.doors.shown import answer
from common.commands.generate import Data, Folder, Json, PaperName, Train, Version
from common.commands.weights import opened
from common.paper import room

Picture = Annotated[str, typer.Argument(metavar="PICTURE", help="A PNG or JPEG file.")]


def caption(
    paper: PaperName,
    picture: Picture,
    version: Version = None,
    checkpoint: Folder = None,
    data: Data = None,
    train: Train = False,
    json: Json = False,
) -> None:
    """Say in words what a picture shows."""
    from common.data.pictures import read_picture

    doors.check(room(paper), "caption")
    pixels = read_picture(picture)
    with opened(paper, version, checkpoint, data, train=train, door="caption") as (variant, model):
        found = model.caption(pixels)
    told = {"paper": paper, "variant": variant, "image": picture, "caption": found}
    answer(json, told, [found])
