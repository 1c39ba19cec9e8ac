"""papers/<paper>/curves/<version>.csv: the mean learning curve of a version, for `dvc plots`.

`python -m common.records.curves rnn version2` writes it from the record whose numbers stand in
metrics/<version>.json; within an experiment of DVC, from the experiment's record.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from common.errors import UserError
from common.paper import Room, experiment, find_root, room
from common.records.record import Record, read_records, summary

HEADER = "step,tokens,loss,validation\n"


def curve(record: Record) -> str:
    """The CSV: at each step the means over the seeds that did not diverge, six digits.

    loss is in nats, validation in the room's own measure. A step where one of them lacks a value
    is left out.
    """
    runs = [run.curve for run in record.seeds if run.curve.loss[-1] is not None]
    rows = []
    for run in runs[:1]:
        for place, step in enumerate(run.step):
            here = [c for c in runs if place < len(c.step) and c.step[place] == step]
            columns = [[getattr(c, name)[place] for c in here] for name in ("loss", "validation")]
            if len(here) == len(runs) and all(None not in column for column in columns):
                means = (f"{sum(column) / len(column):.6g}" for column in columns)
                rows.append(f"{step},{run.tokens[place]},{','.join(means)}\n")
    return HEADER + "".join(rows)


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
