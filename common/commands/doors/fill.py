"""`papers fill`: the likeliest words for the gaps of a text. Light until the command runs."""

from __future__ import annotations

from typing import Annotated

import typer

from common.commands import doors
from common.commands.doors.shown import answer, as_rows, bars
from common.commands.generate import Data, Folder, Json, PaperName, Train, Version
from common.commands.weights import opened
from common.errors import UserError
from common.paper import room

Top = Annotated[int, typer.Option(metavar="N", min=1, max=1_000, help="Show the N best.")]


def fill(
    paper: PaperName,
    text: Annotated[str, typer.Argument(help="A text with [MASK] where a word is missing.")],
    top: Top = 5,
    version: Version = None,
    checkpoint: Folder = None,
    data: Data = None,
    train: Train = False,
    json: Json = False,
) -> None:
    """Fill the gaps of a text: the likeliest words for each [MASK]."""
    from common.ask.abilities import MASK, ranked

    doors.check(room(paper), "fill")
    if not (gaps := text.count(MASK)):
        raise UserError(f"the text has no gap: write {MASK} where a word is missing.")
    with opened(paper, version, checkpoint, data, train=train, door="fill") as (variant, model):
        rows = model.fill(text)
        found = [ranked([t for t, _ in row], [p for _, p in row], top) for row in rows if row]
    if len(found) != gaps:
        raise UserError(f"{paper} {variant} answers for {len(found)} gaps of {gaps}.")
    best = text
    for row in found:
        best = best.replace(MASK, row[0][0].strip(), 1)
    told = {"paper": paper, "variant": variant, "text": text, "best": best}
    lines = [best]
    for i, row in enumerate(found, 1):
        lines += ["", f"{MASK} {i}" if gaps > 1 else MASK, *bars(row)]
    answer(json, told | {"gaps": [as_rows(row, "token") for row in found]}, lines)
