"""What `papers report --check` looks for beside the pages: records, metrics and evidence that
contradict the room, the code, the catalogue or each other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from common.commands.checking.evidence import evidence_problems
from common.commands.checking.records import (
    copies,
    curves_problems,
    metrics_problems,
    place_of,
    record_problems,
    starts_problems,
)
from common.errors import UserError
from common.evidence.verdicts import FILE
from common.paper import Room, rooms
from common.records.current import changed_sources
from common.records.record import Record, read_records


def problems(root: Path, note: Callable[[str], object] = print) -> list[str]:
    """A sentence for everything that cannot be as it is, of all papers under `root`.

    `note` is told what could not be looked at on this machine.
    """
    return [problem for room in rooms(root).values() for problem in of_room(root, room, note)]


def of_room(root: Path, room: Room, note: Callable[[str], object] = print) -> list[str]:
    """The same of one paper."""
    try:
        records = read_records(room.folder)
        found = of_records(root, room, records)
        judged = room.path(FILE).is_file() or room.path("evidence", "claims.py").is_file()
        if judged and records and not any(changed_sources(record, root) for record in records):
            found += evidence_problems(root, room, note)
    except UserError as error:
        return [str(error)]
    return found


def of_records(root: Path, room: Room, records: list[Record]) -> list[str]:
    """The same of one paper's records and metrics."""
    found = []
    for record in records:
        place = place_of(record)
        found += [f"{place}: {problem}" for problem in record_problems(root, room, record)]
        if changed := changed_sources(record, root):
            found.append(
                f"{place}: {changed[0]} changed since it was run; run it again, or `papers reseal "
                f"{room.name}` if the numbers cannot have changed."
            )
    found += [*starts_problems(room, records), *copies(records), *metrics_problems(room, records)]
    return [*found, *curves_problems(room, records)]
