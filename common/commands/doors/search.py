"""`papers search`: the documents that fit a query. Light until the command runs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from common.commands import doors
from common.commands.doors.fill import Top
from common.commands.doors.shown import answer
from common.commands.generate import Data, Folder, Json, PaperName, Train, Version
from common.commands.overview import wrap
from common.commands.weights import opened
from common.errors import UserError, visible
from common.paper import room

SHOWN = 200  # characters of a document


def search(
    paper: PaperName,
    query: Annotated[str, typer.Argument(help="What to look for.")],
    top: Top = 5,
    version: Version = None,
    checkpoint: Folder = None,
    data: Data = None,
    train: Train = False,
    json: Json = False,
) -> None:
    """Search a model's documents, best first."""
    from rich.console import Console

    doors.check(room(paper), "search")
    if not query.strip():
        raise UserError("the query is empty: say what to look for.")
    with opened(paper, version, checkpoint, data, train=train, door="search") as (variant, model):
        hits = list(model.search(query, top))[:top]
    told = {"paper": paper, "variant": variant, "query": query, "hits": list(map(asdict, hits))}
    lines = [] if hits else ["nothing found: no document has a word of it."]
    for i, hit in enumerate(hits, 1):
        text = " ".join(hit.text.split())
        cut = text if len(text) <= SHOWN else f"{text[:SHOWN].rstrip()} …"
        lines.append(f"{i}. {visible(hit.title)} ({hit.score:.3f})")
        lines += wrap(cut, Console().width, "   ")
    answer(json, told, lines)
