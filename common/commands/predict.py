"""`papers predict`: what a larger run will give, by the committed runs. Light until it runs."""

from __future__ import annotations

import math
from typing import Annotated

import typer

from common.commands.doors.shown import answer
from common.commands.generate import Json, PaperName
from common.errors import UserError
from common.paper import Room, room, rooms

FORETELLS = "def forecasts("  # in the ask.py of the newest version: compute -> metric -> Forecast


def predict(
    paper: PaperName,
    compute: Annotated[
        float,
        typer.Option("--compute", metavar="FLOPS", help="Of the run's training, such as 1e12."),
    ],
    json: Json = False,
) -> None:
    """Foretell what a run of so much compute will give, from the committed runs."""
    home = room(paper)
    if not foretells(home):
        able = ", ".join(name for name, other in rooms().items() if foretells(other))
        raise UserError(f"{paper} foretells no run; these do: {able or 'none'}.")
    if not (math.isfinite(compute) and compute > 0):
        raise UserError(f"--compute must be a positive number of FLOPs, not {compute:g}.")
    found = home.module(f"{home.newest}.ask").forecasts(compute)
    told = {
        name: {"value": one.value, "low": one.low, "high": one.high, "law": one.law._asdict()}
        for name, one in found.items()
    }
    lines = [
        f"{name}  {one.value:.4g}  [{one.low:.4g}, {one.high:.4g}]  "
        f"{one.law.a:.4g} C^{one.law.b:.4g} + {one.law.c:.4g}"
        for name, one in found.items()
    ]
    answer(json, {"paper": paper, "compute": compute, "forecasts": told}, lines)


def foretells(home: Room) -> bool:
    path = home.path(home.newest, "ask.py")
    return path.is_file() and FORETELLS in path.read_text(encoding="utf-8")
