"""`papers samples`: what recorded models wrote; what to try after a training. Light until then."""

from __future__ import annotations

import shlex
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from common.commands import doors
from common.commands.overview import print_json
from common.commands.weights import primary_records
from common.errors import UserError
from common.paper import Room, find_root, room, rooms

if TYPE_CHECKING:
    from common.records.record import Record

INDENT = "    "
ASKED = {  # door -> what it is asked with, beside the paper
    **dict.fromkeys(("translate", "search"), ' "TEXT"'),
    **dict.fromkeys(("attend", "classify"), ' "TEXT"'),  # or a picture
    "fill": ' "A [MASK] TEXT"',
    "near": " WORD",
    "contaminated": " FILE",
    "caption": " PICTURE",
    "match": ' PICTURE "TEXT" "TEXT"',
}


def samples(
    paper: Annotated[str, typer.Argument(metavar="PAPER", help="As `papers list` names it.")],
    version: Annotated[
        str | None,
        typer.Option(
            help="Of this one only, e.g. version2+ID, or of a run by its id, as `papers runs list` "
            "names it. Default: every version."
        ),
    ] = None,
    count: Annotated[
        int, typer.Option("--samples", "-n", min=1, help="Show this many of each version.")
    ] = 1,
    json: Annotated[bool, typer.Option("--json", help="Machine-readable.")] = False,
) -> None:
    """Show what the recorded models wrote when their training ended."""
    home = room(paper)
    found = [row for record in _records(home, version) for row in rows(home, record)[:count]]
    if json:
        print_json(found)
    elif not found:
        raise UserError(_nothing(home, version))
    for row in found if not json else ():
        metric = "diverged" if row["value"] is None else f"{row['value']:.4f} {row['unit']}"
        print(f"{paper} {row['variant']} · {metric} · seed {row['seed']} · {row['hardware']}\n")
        print(textwrap.indent(row["text"].strip("\n"), INDENT, lambda line: True) + "\n")


def _records(home: Room, variant: str | None) -> list[Record]:
    """Of the paper's versions, in its order; else of that variant or run."""
    from common.records.own_runs import find_runs

    if variant is None:
        found = primary_records(home, list(home.paper.versions))
        return [found[version] for version in home.paper.versions if version in found]
    called = [listed.record for listed in find_runs(home, variant)]
    committed = called[0].variant == variant  # on several hardwares, it may be
    return list(primary_records(home, [variant]).values()) if committed else called


def rows(home: Room, record: Record) -> list[dict[str, Any]]:
    """A row per sample of the record, by seed, with what that seed reached."""
    metric = home.paper.metric
    return [
        {
            "paper": home.name,
            "variant": record.variant,
            "hardware": record.hardware.name,
            "data": record.dataset.name,
            "seed": run.seed,
            "metric": metric.name,
            "value": run.metrics.get(metric.name),
            "unit": metric.label,
            "text": text,
        }
        for run in record.seeds
        for text in run.samples
    ]


def _nothing(home: Room, variant: str | None) -> str:
    if not home.path("runs").is_dir():
        return f"{home.name} has no records yet: run `papers reproduce {home.name}`."
    others = [
        other.name
        for other in rooms().values()
        if any(rows(other, r) for r in primary_records(other, [other.newest]).values())
    ]
    what = f"{home.name} {variant}" if variant else home.name
    return f"the records of {what} hold no samples; these papers' do: {', '.join(others)}."


def next_steps(path: Path, data: str | None) -> str:
    """What to do with a training's result: commands that work as they stand, but for TEXT.

    path: its record; data: the user's text, if it learned from one.
    """
    from common.records.record import read_record

    record = read_record(path)
    home, weights = room(record.paper), path.parents[2] / "checkpoints" / record.variant
    here = doors.doors(home, record.version)
    if here and weights.is_dir():
        options = f"--version {record.variant}"
        if not weights.is_relative_to(home.folder):
            options = f"--checkpoint {weights.relative_to(find_root())}"
        options += f" --data {shlex.quote(data)}" if data else ""
        shown = [door for door in here if door != "chat" or "translate" not in here]
        pictures = doors.reads_pictures(home, record.version)
        asked = ASKED | dict.fromkeys(("attend", "classify"), " PICTURE") if pictures else ASKED
        commands = [f"papers {door} {home.name}{asked.get(door, '')} {options}" for door in shown]
    elif len(home.paper.numbered) > 1:
        old, new = home.paper.numbered[-2:]
        commands = [f"papers compare {home.name} {old} {new}", "papers ui"]
    else:
        commands = [f"papers show {home.name}", "papers ui"]
    return "next: " + "\n      ".join(commands)
