"""`papers near`: nearest words, and analogies. Light until the command runs."""

from __future__ import annotations

from typing import Annotated

import typer

from common.commands import doors
from common.commands.doors.fill import Top
from common.commands.doors.shown import answer, as_rows, bars
from common.commands.generate import Data, Folder, Json, PaperName, Train, Version
from common.commands.weights import opened
from common.errors import UserError
from common.paper import room


def near(
    paper: PaperName,
    word: Annotated[str | None, typer.Argument(help="A word that the model learned.")] = None,
    analogy: Annotated[
        tuple[str, str, str] | None,
        typer.Option(metavar="A B C", help="A is to B as C is to what? As in: man king woman."),
    ] = None,
    top: Top = 10,
    version: Version = None,
    checkpoint: Folder = None,
    data: Data = None,
    train: Train = False,
    json: Json = False,
) -> None:
    """Show the words nearest to one, by cosine; or what completes an analogy."""
    doors.check(room(paper), "near")
    if (word is None) == (analogy is None):
        raise UserError("name one word, or give --analogy with three, as in: man king woman.")
    with opened(paper, version, checkpoint, data, train=train, door="near") as (variant, model):
        found = model.analogy(*analogy, top) if analogy else model.near(word, top)
    asked = {"analogy": list(analogy)} if analogy else {"word": word}
    told = {"paper": paper, "variant": variant, **asked, "near": as_rows(found, "word", "cosine")}
    title = "{} is to {} as {} is to".format(*analogy) if analogy else f"near {word}"
    answer(json, told, [title, *bars(found, percent=False)])
