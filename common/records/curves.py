"""papers/<paper>/curves/<version>.csv: the mean learning curve of a version, for `dvc plots`.

`python -m common.records.curves rnn version2` writes it from the record whose numbers stand in
metrics/<version>.json; within an experiment of DVC, from the experiment's record.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from common.errors import UserError
from common.paper import Room, experiment, find_root, room
from common.records.record import Curve, Record, read_records, summary

Row = dict[str, Any]
COLUMNS = ("step", "tokens", "loss", "validation")


def curve(record: Record) -> str:
    """The CSV: at each step the means over the seeds that did not diverge, six digits.

    loss is in nats, validation in the room's own measure. A step where one of them lacks a value
    is left out. Losses with a name have columns of their own. Of a run in phases, steps and tokens
    are counted on from phase to phase, and what was validated before the last has a column of its
    own: it may be another measure.
    """
    runs = [run.curves for run in record.seeds if not run.diverged]
    rows: list[Row] = []
    for same in zip(*runs):
        rows += _rows(same, rows[-1] if rows else {}, last=same[0] is runs[0][-1])
    names = dict.fromkeys([*COLUMNS, *(name for row in rows for name in row)])
    text = io.StringIO()
    table = csv.DictWriter(text, list(names), lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return text.getvalue()


def _rows(same: Sequence[Curve], before: Row, last: bool) -> Iterator[Row]:
    """The rows of one phase, from its curve in every seed; `before` is the row above."""
    first = same[0]
    names = [
        name
        for name, column in first.columns().items()
        if name not in ("step", "tokens", "seconds") and any(v is not None for v in column)
    ]
    for place, step in enumerate(first.step):
        here = [c.columns() for c in same if place < len(c.step) and c.step[place] == step]
        means = {name: [columns[name][place] for columns in here] for name in names}
        if len(here) < len(same) or any(None in column for column in means.values()):
            continue
        row = {"step": before.get("step", 0) + step}
        row["tokens"] = before.get("tokens", 0) + first.tokens[place]
        for name, column in means.items():
            title = name if last or name != "validation" else f"validation_{first.phase}"
            row[title.removeprefix("losses.")] = f"{sum(column) / len(column):.6g}"
        yield row | ({"phase": first.phase} if first.phase else {})


def shown(home: Room, version: str) -> Record:
    """The record whose numbers metrics/<version>.json holds. UserError if there is none."""
    path = home.path("metrics", f"{version}.json")
    told = json.loads(path.read_bytes()) if path.is_file() else None
    folders = filter(None, (experiment(home.name), home.folder))
    records = (record for folder in folders for record in read_records(folder))
    for record in records:
        if record.variant == version and summary(record.seeds) == told:
            return record
    raise UserError(
        f"no record of {home.name} {version} has the numbers of metrics/{version}.json: "
        f"`papers reproduce {home.name}` trains it."
    )


def write(home: Room, version: str) -> Path:
    """Write the version's CSV and return its path."""
    path = home.path("curves", f"{version}.csv")
    text = curve(shown(home, home.version(version)))
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def main(arguments: Sequence[str]) -> int:
    """`python -m common.records.curves PAPER VERSION`."""
    if len(arguments) != 2:
        print("usage: python -m common.records.curves PAPER VERSION", file=sys.stderr)
        return 2
    try:
        print(write(room(arguments[0]), arguments[1]).relative_to(find_root()))
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
