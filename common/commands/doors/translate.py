"""`papers translate`: sentences in, their translations out. Light until the command runs."""

from __future__ import annotations

from typing import Annotated

import typer

from common.commands import doors
from common.commands.doors.shown import answer
from common.commands.generate import STDIN, Data, Folder, Json, PaperName, Train, Version, read
from common.commands.weights import opened
from common.errors import UserError, visible
from common.paper import room


def translate(
    paper: PaperName,
    sentences: Annotated[
        list[str],
        typer.Argument(
            metavar="SENTENCE ...", help="Each is translated by itself; - reads lines from a pipe."
        ),
    ],
    version: Version = None,
    checkpoint: Folder = None,
    data: Data = None,
    train: Train = False,
    json: Json = False,
) -> None:
    """Translate sentences, a line each, as the paper does it (`papers generate` has options)."""
    from common.ask.generation import generate

    doors.check(room(paper), "translate")
    given = read(sentences)
    if STDIN in sentences:
        given = [line for text in given for line in text.splitlines() if line.strip()]
    if not given:
        raise UserError("there is no sentence to translate: give one.")
    door = "translate"
    with opened(paper, version, checkpoint, data, train=train, door=door) as (variant, model):
        found = generate(model, given, model.defaults)
    rows = [{"text": text, "translation": made} for text, made in zip(given, found)]
    answer(json, {"paper": paper, "variant": variant, "translations": rows}, map(visible, found))
