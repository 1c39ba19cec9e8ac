"""Records into MLflow and out of it; sealing records anew; repeating a sample of them."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

from common.commands.overview import print_json, table
from common.errors import UserError
from common.paper import find_root, room, rooms
from common.records import (
    Record,
    parse_record,
    read_record,
    read_records,
    record_path,
    write_json,
)

KIND = {  # what a record shares with the one whose place it takes
    "profile": lambda record: record.profile,
    "dataset": lambda record: record.dataset.name,
    "text": lambda record: record.dataset.sha256[:12],
    "config": lambda record: record.config,
}
SHOWN = ("profile", "dataset", "text")


def adopt(path: Path) -> Path:
    """Put a record that was made elsewhere into its place and return that place.

    UserError, with nothing written, if it is damaged or contradicts its room, the catalogue or
    itself, or the record in that place is of another kind or has seeds that this one lacks.
    """
    from common.checking.records import copies, record_problems

    record = parse_record(path, str(path))
    home = room(record.paper)
    home.version(record.version)
    place = record_path(home.folder, record)
    said = _replaces(path, record, read_record(place)) if place.is_file() else ""
    others = (r for r in read_records(home.folder) if record_path(home.folder, r) != place)
    problems = chain(record_problems(find_root(), home, record), copies([*others, record]))
    if problem := next(problems, ""):
        raise UserError(f"{path}: {problem}")
    write_json(place, record.model_dump(mode="json"))
    if said:
        print(said)
    return place


def _replaces(path: Path, new: Record, old: Record) -> str:
    """What the new record takes the place of. UserError if they are not runs of the same kind."""
    where = "/".join(("papers", old.paper, "runs", old.hardware.name, f"{old.variant}.json"))
    mend = f"delete {where} first if it is to go (git keeps it)."
    for what, read in KIND.items():
        if read(new) != read(old):
            shown = f" ({read(new)}, there {read(old)})" if what in SHOWN else ""
            raise UserError(f"{path} has another {what} than the record in place{shown}: {mend}")
    lost = sorted({run.seed for run in old.seeds} - {run.seed for run in new.seeds})
    if lost:
        seeds = ", ".join(map(str, lost))
        raise UserError(f"{path} lacks seeds that the record in place has ({seeds}): {mend}")
    same = "the same record" if new.seal == old.seal else f"one of {old.started[:10]}"
    return f"replaces {same} with {len(old.seeds)} seeds: {where}"


def import_all(files: list[Path]) -> None:
    """Take in `files`, then bring MLflow up to date with all committed records."""
    root = find_root()
    for path in files:
        print(f"{path.name} -> {adopt(path).relative_to(root)}")
    print(bring_up_to_date(root))


def bring_up_to_date(root: Path) -> str:
    """Import every paper's records. UserError if MLflow cannot take them.

    The checkout's own store is made what the records say; one that others share keeps the rest.
    """
    from common import tracking
    from common.tracked.store import sqlite_path

    records, store = all_records(), tracking.uri(root)
    done = tracking.import_records(records, store, figures(root))
    own = sqlite_path(store) == root.resolve() / "mlflow.db"
    gone = tracking.remove_others(records, store) if own else 0
    return f"MLflow: {done}{f', {gone} without a record removed' if gone else ''}."


def all_records() -> list[Record]:
    """Every paper's records."""
    return [record for home in rooms().values() for record in read_records(home.folder)]


def figures(root: Path) -> dict[str, list[Path]]:
    """Paper -> the figures of its report."""
    folder = root / "reports" / "figures"
    return {name: sorted(folder.glob(f"{name}-*.svg")) for name in rooms()}


def export(folder: Path) -> None:
    from common import tracking

    written, left_out = tracking.export_records(tracking.uri(find_root()), folder)
    for path in written:
        print(path)
    for record in left_out:
        print(
            f"left out: {record.paper} {record.variant} on {record.hardware.name}, profile "
            f"{record.profile}, started {record.started}: a newer one has its place"
        )


def serve(port: int) -> None:
    from common import tracking

    root = find_root()
    print(bring_up_to_date(root))
    tracking.serve(root, port)


def reseal(name: str | None) -> None:
    """Seal anew what is proved and tell DVC; UserError names the variants that must run again."""
    from common import reseal as sealing

    again = []
    for paper in [room(name).name] if name else list(rooms()):
        for row in sealing.reseal(find_root(), paper):
            told = f" ({row['reason']})" if row["reason"] else ""
            print(f"{paper} {row['variant']} on {row['hardware']}: {row['outcome']}{told}")
            again += [f"{paper} {row['variant']}"] * (row["outcome"] == sealing.AGAIN)
        for line in sealing.tell_dvc(find_root(), paper):
            print(line)
    if again:
        raise UserError(f"to be run again: {', '.join(sorted(set(again)))}: `papers reproduce`.")


def verify(name: str | None, sample: int, json: bool) -> None:
    """UserError when a repeated run is not what its record says."""
    from common.verify import verify as repeat

    rows = repeat(find_root(), sample, name)
    if json:
        print_json(rows)
    else:
        table("", list(rows[0]), [list(row.values()) for row in rows])
    if wrong := [f"{r['paper']} {r['variant']} seed {r['seed']}" for r in rows if not r["ok"]]:
        raise UserError(f"not what the record promises: {', '.join(wrong)}.")
