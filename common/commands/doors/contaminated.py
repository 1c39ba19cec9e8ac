"""`papers contaminated`: what of a test a model saw in training. Light until the command runs."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from common.commands import doors
from common.commands.doors.fill import Top
from common.commands.doors.shown import answer
from common.commands.generate import Data, Folder, Json, PaperName, Train, Version
from common.commands.overview import wrap
from common.commands.weights import opened
from common.errors import visible
from common.paper import room


def contaminated(
    paper: PaperName,
    test: Annotated[
        str, typer.Argument(metavar="FILE", help="A text; blank lines part its examples.")
    ],
    top: Top = 10,
    version: Version = None,
    checkpoint: Folder = None,
    data: Data = None,
    train: Train = False,
    json: Json = False,
) -> None:
    """Find examples of a test that a model saw in training, word for word."""
    from rich.console import Console

    from common.data.own import read_own

    doors.check(room(paper), "contaminated")
    parts = re.split(r"\n\s*\n", read_own(test)[0])
    examples = [part for part in map(str.strip, parts) if part]
    door = "contaminated"
    with opened(paper, version, checkpoint, data, train=train, door=door) as (variant, model):
        shared = model.find(examples)
    found = [
        {"example": number, "shared": run}
        for number, run in enumerate(shared, 1)
        if run is not None
    ]
    told = {"paper": paper, "variant": variant, "test": test, "examples": len(examples)}
    lines = [f"{len(found)} of {len(examples)} examples share words with the training text."]
    for row in found[:top]:
        lines += wrap(f"{row['example']}. {visible(row['shared'])}", Console().width)
    answer(json, told | {"contaminated": found}, lines)
