"""Records into MLflow and out of it; sealing records anew; repeating a sample of them."""

from __future__ import annotations

from itertools import chain, groupby
from pathlib import Path
from typing import Any

from common.commands.overview import mean, print_json, table
from common.errors import UserError
from common.paper import Room, find_root, room, rooms
from common.records.own_runs import Listed, changes, committed, own_runs, set_aside, shown
from common.records.record import (
    Record,
    parse_record,
    read_record,
    read_records,
    record_path,
    write_json,
)

KIND = {  # what a record shares with the one whose place it takes
    "profile": lambda record: record.profile,
    "dataset": lambda record: record.data_names,
    "text": lambda record: record.data_hashes,
    "config": lambda record: record.config,
}
SHOWN = ("profile", "dataset", "text")


def adopt(path: Path) -> Path:
    """Put a record that was made elsewhere into its place and return that place.

    UserError, with nothing written, if it is damaged or contradicts its room, the catalogue or
    itself, or the record in that place is of another kind or has seeds that this one lacks.
    """
    from common.commands.checking.records import copies, record_problems

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
    aside = f"papers runs aside {old.paper} {old.seal[:8]}"
    mend = f"if that is to go, `{aside}` makes it a run of your own first."
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

    The checkout's own store is made what the records say, with the user's own runs beside them;
    one that others share keeps the rest, and gets no runs that only one of them has.
    """
    from common.tracking import client as tracking
    from common.tracking.store import sqlite_path

    store = tracking.uri(root)
    alone = sqlite_path(store) == root.resolve() / "mlflow.db"
    own = [(one.record, shown(changes(one.record))) for one in own_runs()] if alone else []
    done = tracking.import_records(all_records(), store, figures(root), own=own, whole=alone)
    return f"MLflow: {done}."


def all_records() -> list[Record]:
    """Every paper's records."""
    return [record for home in rooms().values() for record in read_records(home.folder)]


def figures(root: Path) -> dict[str, list[Path]]:
    """Paper -> the figures of its report."""
    folder = root / "reports" / "figures"
    return {name: sorted(folder.glob(f"{name}-*.svg")) for name in rooms()}


def listed_runs(name: str | None) -> list[dict[str, Any]]:
    """A row per run, by paper: the committed ones, then the user's own, oldest first."""
    homes = [room(name)] if name else list(rooms().values())
    return [row(home, one) for home in homes for one in (*committed(home), *own_runs(home.name))]


def row(home: Room, one: Listed) -> dict[str, Any]:
    record, metric = one.record, home.paper.metric
    changed = changes(record) if one.own else {}
    return {
        "id": one.id,
        "paper": home.name,
        "variant": record.variant,
        "own": one.own,
        "changed": changed,
        "data": record.data_names,
        "profile": record.profile,
        "hardware": record.hardware.name,
        "metric": metric.name,
        "value": mean(record.values(metric.name).values()),
        "seeds": [run.seed for run in record.seeds],
        "seconds": record.seconds,
        "started": record.started,
        "path": one.path.as_posix(),
    }


def print_runs(name: str | None, json: bool) -> None:
    """The runs as a table for each paper and kind, or as JSON."""
    rows = listed_runs(name)
    if json:
        print_json(rows)
        return
    for (paper, own), group in groupby(rows, key=lambda row: (row["paper"], row["own"])):
        metric, kind = room(paper).paper.metric, "your own runs" if own else "recorded"
        better = "lower" if metric.lower_is_better else "higher"
        header = ["id", "variant", "changed", "value", "n", "seconds", "when", "data", "profile"]
        header += ["hardware"]
        cells = [[str(cell) for cell in _cells(row)] for row in group]
        if not own:
            cells = [[*line[:2], *line[3:]] for line in cells]
            header.remove("changed")
        table(
            f"{paper}, {kind}: {metric.label}, {better} is better",
            header,
            cells,
            spare=("hardware", "profile", "data", "seconds"),
        )
    if not any(row["own"] for row in rows):
        example = name or "rnn"
        print(f"No runs of your own yet: `papers train {example} VERSION` makes one.")


def _cells(row: dict[str, Any]) -> list[Any]:
    value = "diverged" if row["value"] is None else f"{row['value']:.4f}"
    when = row["started"][:16].replace("T", " ") if row["own"] else row["started"][:10]
    changed = shown(row["changed"]) or "-"
    start = [row["id"], row["variant"], changed, value, len(row["seeds"])]
    return [*start, round(row["seconds"]), when, row["data"], row["profile"], row["hardware"]]


def aside(paper: str, name: str) -> None:
    """Take a record out of the committed ones without losing it."""
    old, new = set_aside(room(paper), name)
    print(f"{old} -> {new}\nIt is a run of your own now; git keeps the old place's history.")


def export(folder: Path) -> None:
    from common.tracking import client as tracking

    written, left_out = tracking.export_records(tracking.uri(find_root()), folder)
    for path in written:
        print(path)
    for record in left_out:
        print(
            f"left out: {record.paper} {record.variant} on {record.hardware.name}, profile "
            f"{record.profile}, started {record.started}: a newer one has its place"
        )


def serve(port: int) -> None:
    from common.tracking import client as tracking

    root = find_root()
    said = bring_up_to_date(root)
    tracking.serve(root, port, f"{said}\n")


def reseal(name: str | None) -> None:
    """Seal anew what is proved and tell DVC; UserError names the variants that must run again."""
    from common.commands import reseal as sealing

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
    from common.commands.verify import verify as repeat

    rows = repeat(find_root(), sample, name)
    if json:
        print_json(rows)
    else:
        table("", list(rows[0]), [list(row.values()) for row in rows])
    if wrong := [f"{r['paper']} {r['variant']} seed {r['seed']}" for r in rows if not r["ok"]]:
        raise UserError(f"not what the record promises: {', '.join(wrong)}.")
