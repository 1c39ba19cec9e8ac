"""Keep records through a refactor: those of variants whose golden run is bit for bit the same.

A golden run trains the sizes of the smoke profile to their end (`common.run.golden`). What it gives
stands beside the version: `golden.csv`, `golden-<size>.csv`, and `golden+<deviation>.csv` with that
deviation in, because a refactor may spare the version and yet move what a deviation replaces. It
runs on this machine's CPU, and stands for the records of every hardware. What only other sizes
reach, it does not see: `papers verify` does.
"""

from __future__ import annotations

import contextlib
import csv
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from common.config import plan, size_names
from common.errors import UserError
from common.evidence.deviations import deviations_of, injection
from common.evidence.verdicts import FILE, changed, find, load_evidence
from common.paper import Room, Variant
from common.records.current import changed_sources, sources_now, unlike_sources
from common.records.record import Record, Resealed, read_records, record_path, write_record
from common.records.sources import commit, run_files
from common.run.request import plain

CURRENT, RESEALED, AGAIN = "current", "resealed", "run again"
Values = dict[str, str]
Golden = Callable[[Room, str, str | None], Values]  # of a version, or of one of its sizes


@dataclass(frozen=True)
class Outcome:
    """What became of one record."""

    paper: str
    variant: str
    hardware: str
    outcome: str  # CURRENT, RESEALED or AGAIN
    changed: tuple[str, ...] = ()  # sources that are not what they were
    reason: str = ""  # why it must be run again


def reseal(root: Path, name: str, golden: Golden | None = None) -> list[dict[str, Any]]:
    """Seal anew every record of the paper whose sources changed and whose golden run did not.

    Returns one row per record (the fields of `Outcome`). `golden` is for tests.
    """
    room = find(root, name)
    golden = golden or _golden()
    reasons: dict[str, str] = {}  # variant -> why its records cannot be kept; "" if they can
    outcomes = []
    for record in read_records(room.folder):
        older = tuple(dict.fromkeys(_unlike(root, record)))
        if older and record.variant not in reasons:
            reasons[record.variant] = _difference(room, record.variant, golden)
        reason = (reasons.get(record.variant, "") or _unproved(room, record)) if older else ""
        if older and not reason:
            write_record(record_path(room.folder, record), renewed(root, room, record))
        outcome = (AGAIN if reason else RESEALED) if older else CURRENT
        row = Outcome(name, record.variant, record.hardware.name, outcome, older, reason)
        outcomes.append(asdict(row))
    return outcomes


def _unlike(root: Path, record: Record) -> list[str]:
    """Sources that are not what they were, or are counted now, or no longer."""
    return [*changed_sources(record, root), *chain(*unlike_sources(record, root))]


def _golden() -> Golden:
    from common.run.golden import golden

    return golden


def renewed(root: Path, room: Room, record: Record) -> Record:
    """The record with today's sources, sealed; the old seal and hashes are kept in `resealed`.

    A field that Config has got since enters with its default, with which the golden run gave what
    it gave before. Fields that the record has stay as they are; Resealed.added names the new ones.
    """
    files = run_files(root, room.folder, record.version, record.deviation)
    new = _new_fields(room, record)
    old = Resealed(seal=record.seal, sources=record.sources, commit=record.commit, added=list(new))
    changes = {
        "config": record.config | new,
        "paper_config": record.paper_config | new,
        "sources": sources_now(record, root),
        "commit": commit(root, files),
        "resealed": [*record.resealed, old],
    }
    return record.model_copy(update=changes).sealed()


def _unproved(room: Room, record: Record) -> str:
    """Why the golden run says nothing of a field that Config has got since; "" if it does."""
    own = plain(plan(room, record.version, "smoke", size=record.size).config)
    for name, default in _new_fields(room, record).items():
        if own[name] != default:
            return f"Config has got {name!r}, which the golden run reads at {own[name]!r}"
    return ""


def _new_fields(room: Room, record: Record) -> dict[str, Any]:
    """What Config has got since the record was made, with its defaults."""
    defaults = plain(room.module(f"{record.version}.model").Config())
    known = record.config.keys() | record.paper_config.keys()
    return {name: value for name, value in defaults.items() if name not in known}


def golden_path(room: Room, variant: str) -> Path:
    """Where the golden run of a variant is kept: golden+<deviation>.csv, golden-<size>.csv."""
    version = Variant.of(variant).version
    return room.path(version, f"golden{variant.removeprefix(version)}.csv")


def read_golden(path: Path) -> Values:
    """What a golden run gave: a CSV of names and values with a header."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    if not rows or any(len(row) != 2 for row in rows):
        raise UserError(f"{'/'.join(path.parts[-3:])} is no golden run: restore it.")
    return dict(rows)


def write_golden(path: Path, values: Values) -> None:
    """Write what a golden run gave so that reading gives it back."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("what", "value"), *values.items()])


def run_golden(room: Room, variant: str, golden: Golden | None = None) -> Values:
    """The golden run of a variant, with its deviation in."""
    version, deviation, size = Variant.of(variant)
    with injection(room, version, deviation):
        return (golden or _golden())(room, version, size)


def _difference(room: Room, variant: str, golden: Golden) -> str:
    """Why the golden run is not that of the variant as it was; "" if it is."""
    path = golden_path(room, variant)
    label = "/".join(path.parts[-3:])
    if not path.is_file():
        return f"{label} is missing, so nothing shows that it computes the same"
    expected = read_golden(path)
    try:
        found = run_golden(room, variant, golden)
    except UserError as error:
        return f"its golden run fails: {error}"
    if lost := sorted(expected.keys() - found.keys()):  # a measure may come in, none may go
        return f"its golden run has no {lost[0]!r}, which {label} has"
    for name, value in expected.items():
        if found[name] != value:
            return f"its golden run differs from {label} first in {name}: {found[name]} for {value}"
    return ""


def write_goldens(root: Path, name: str, golden: Golden | None = None) -> list[Path]:
    """Write the golden runs that the paper lacks: of each version, trained deviation and size.

    A golden run speaks for a record only if the same code made both: UserError if the sources of
    the variant's record have changed.
    """
    room = find(root, name)
    trained = [d.id for d in deviations_of(room) if d.trained]
    variants = [*room.paper.versions, *(f"{room.newest}+{d}" for d in trained)]
    variants += [Variant(room.newest, size=size).name for size in size_names(room)]
    records = read_records(room.folder)
    written = []
    for variant in variants:
        path = golden_path(room, variant)
        if path.is_file():
            continue
        for record in records:
            if record.variant == variant and (older := changed_sources(record, root)):
                raise UserError(
                    f"{name}: {older[0]} changed since {variant} was recorded: its golden run "
                    "would prove nothing; run the variant again first."
                )
        write_golden(path, run_golden(room, variant, golden))
        written.append(path)
    return written


def tell_dvc(root: Path, name: str) -> list[str]:
    """`dvc commit` what is stale through Python files alone although its seal holds.

    DVC compares whole files, a seal what was executed of them. A changed parameter or dataset stays
    stale. Returns one sentence per stage.
    """
    room = find(root, name)
    proved, status = _proved(root, room), _dvc_status(root, room)
    stages = {target: proved.get(target.rpartition(":")[2], set()) for target in status}
    told = [target for target in status if _only_python(status[target], stages[target])]
    if not told:
        return []
    result = _dvc(root, "commit", "-q", "-f", *told)
    done = "committed" if result.returncode == 0 else f"not committed: {result.stderr.strip()}"
    return [f"{target}: {done}" for target in told]


def _proved(root: Path, room: Room) -> dict[str, set[str]]:
    """Stages whose results are sealed and current -> the Python files that they depend on."""
    from common.run.pipeline import python_deps, stages, trained

    variants, records = trained(room), read_records(room.folder)
    stale = {record.variant for record in records if changed_sources(record, root)}
    good = {record.variant for record in records} - stale
    proved = {stage for stage, variant in variants.items() if variant in good}
    with contextlib.suppress(UserError):  # no evidence, or damaged
        if not changed(room.path(FILE), load_evidence(room.path(FILE))):
            proved.add("evidence")
    found = (stage for stage in stages(room.folder) if stage.name in proved)
    return {stage.name: set(python_deps(root, stage.command)) for stage in found}


def _only_python(changes: list[Any], sources: set[str]) -> bool:
    """Are the stage's changes nothing but Python files that it depends on?"""
    if any(not isinstance(change, dict) or set(change) != {"changed deps"} for change in changes):
        return False
    deps = [dep for change in changes for dep in change["changed deps"].items()]
    return all(how == "modified" and file in sources for file, how in deps)


def _dvc_status(root: Path, room: Room) -> dict[str, list[Any]]:
    result = _dvc(root, "status", "--json", f"papers/{room.name}/dvc.yaml")
    with contextlib.suppress(ValueError):
        return json.loads(result.stdout)
    reason = result.stderr.strip().splitlines()[-1:] or ["no answer"]
    raise UserError(f"dvc status: {reason[0]}")


def _dvc(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dvc", *arguments]
    return subprocess.run(
        command, cwd=root, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
