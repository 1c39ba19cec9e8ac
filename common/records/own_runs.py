"""Runs of the user's own, beside the committed records: where they lie, and how one names them.

`papers train` without --record writes `local/<paper>/<key>/runs/<hardware>/<variant>.json`; a clone
that `papers reproduce` made for another profile or dataset holds its records at
`local/<clone>/<paper>/papers/<paper>/runs/...`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.errors import UserError, nearest
from common.paper import Room, Variant, find_root, room, rooms
from common.records.record import Hardware, Record, read_record

ID = 8  # characters of the seal by which a run is called
FEWEST = 4  # of them that may be given
PLACES = ("local/{paper}/*/runs/*/*.json", "local/*/{paper}/papers/{paper}/runs/*/*.json")


@dataclass(frozen=True)
class Listed:
    """A record and where it lies, seen from the root."""

    record: Record
    path: Path
    own: bool  # not committed

    @property
    def id(self) -> str:
        return self.record.seal[:ID]


def committed(home: Room, variant: str = "*") -> list[Listed]:
    """The records of the paper, or of one variant, that git holds, by hardware and variant."""
    root = find_root()
    paths = sorted(home.folder.glob(f"runs/*/{variant}.json"))
    return [Listed(read_record(path), path.relative_to(root), False) for path in paths]


def own_runs(name: str | None = None) -> list[Listed]:
    """The user's runs of a paper, or of all, oldest first. A damaged record is left out.

    A copy of a committed record, as a clone holds it, is no run of the user's own.
    """
    root, homes = find_root(), [room(name)] if name else rooms().values()
    found: dict[str, Listed] = {}
    for home in homes:
        paths = [p for place in PLACES for p in sorted(root.glob(place.format(paper=home.name)))]
        kept = {_identity(listed.record) for listed in committed(home)} if paths else set()
        for listed in _readable(root, paths):
            if _identity(listed.record) not in kept:
                found.setdefault(listed.record.seal, listed)
    return sorted(found.values(), key=lambda listed: (listed.record.started, listed.path))


def nearness(listed: Listed, hardware: Hardware) -> tuple[bool, bool, int]:
    """Orders runs by how well they can stand beside one of that hardware."""
    own = listed.record.hardware
    alike = all(getattr(own, k) == getattr(hardware, k) for k in ("device", "dtype", "threads"))
    return own.name == hardware.name, alike, len(listed.record.seeds)


def set_aside(home: Room, name: str) -> tuple[Path, Path]:
    """Make a committed record a run of one's own; where it was and is, seen from the root.

    `name` is its id, path or variant. UserError if that calls none, or several.
    """
    from common.records.record import record_path

    root, found = find_root(), [one for one in find_runs(home, name) if not one.own]
    if len(found) != 1:
        ids = ", ".join(f"{one.id} ({one.record.hardware.name})" for one in found)
        raise UserError(
            f"{name!r} calls several records: {ids}. Name one by its id."
            if found
            else f"{name!r} is a run of your own already: `papers runs list` shows where."
        )
    record, old = found[0].record, found[0].path
    new = record_path(root / "local" / home.name / f"aside-{record.seal[:12]}", record)
    new.parent.mkdir(parents=True, exist_ok=True)
    (root / old).replace(new)
    _renew_numbers(home, record.variant)
    return old, new.relative_to(root)


def _renew_numbers(home: Room, variant: str) -> None:
    """metrics/ and curves/ are of a record that is still there, or gone."""
    from common.records import curves
    from common.records.record import read_records, summary, write_json

    metrics, curve = home.path("metrics", f"{variant}.json"), home.path("curves", f"{variant}.csv")
    left = [record for record in read_records(home.folder) if record.variant == variant]
    if not left:
        metrics.unlink(missing_ok=True)
        curve.unlink(missing_ok=True)
        return
    told = json.loads(metrics.read_bytes()) if metrics.is_file() else None
    if told not in [summary(record.seeds) for record in left]:
        newest = max(left, key=lambda record: record.started)
        write_json(metrics, summary(newest.seeds))
        if curve.is_file():
            curves.write(home, variant)


def _identity(record: Record) -> tuple[str, ...]:
    """What a run keeps through a reseal."""
    return record.variant, record.hardware.name, record.started, repr(record.config)


def _readable(root: Path, paths: list[Path]) -> Iterator[Listed]:
    for path in paths:
        try:
            yield Listed(read_record(path), path.relative_to(root), True)
        except UserError:
            continue  # whatever lies under local/ may be in the making, or be deleted


def find_runs(home: Room, name: str) -> list[Listed]:
    """What `name` calls: a variant's committed records, or one run by its id, path or file.

    UserError, with the nearest names, if it calls none, or several runs.
    """
    kept = committed(home)
    if found := [listed for listed in kept if listed.record.variant == name]:
        return found
    own = own_runs(home.name)
    called = [listed for listed in (*kept, *own) if _called(listed, name)]
    if len(called) == 1:
        return called
    if called:
        ids = ", ".join(f"{listed.id} ({listed.path})" for listed in called)
        raise UserError(f"{name!r} calls several runs: {ids}. Name one by its id.")
    variants = dict.fromkeys(listed.record.variant for listed in (*kept, *own))
    if name in home.paper.versions or name in variants:
        raise UserError(f"{home.name} {name} has no record: {_ways(home, name, own)}")
    raise UserError(
        f"'{home.name}' has no run {name!r}."
        + nearest(name, {**dict.fromkeys(home.paper.versions), **variants})
    )


def _called(listed: Listed, name: str) -> bool:
    by_id = len(name) >= FEWEST and listed.record.seal.startswith(name)
    given = Path(name)
    by_path = given.parts[:1] == ("local",) and listed.path.is_relative_to(given)
    return by_id or by_path or given.absolute() == find_root() / listed.path


def _ways(home: Room, name: str, own: list[Listed]) -> str:
    version, deviation, size = Variant.of(name)
    again = f"papers train {home.name} {version}" + (f" --deviation {deviation}" * bool(deviation))
    again += f" --size {size}" * bool(size)
    ids = ", ".join(listed.id for listed in own if listed.record.variant == name)
    yours = f"; your own runs of it are {ids}" if ids else ""
    return f"`{again} --record` makes it{yours}."


def changes(record: Record) -> dict[str, Any]:
    """The parameters in which the run differs from what params.yaml says of its variant."""
    usual = record.paper_config | _section(room(record.paper), record)
    return {key: v for key, v in record.config.items() if not _same(v, usual.get(key))}


def _section(home: Room, record: Record) -> dict[str, Any]:
    from common.config import read_yaml

    try:
        profile = read_yaml(home.path("params.yaml")).get(record.profile) or {}
    except UserError:
        return {}
    of_size = (profile.get("sizes") or {}).get(record.size) or {}
    return (profile.get(record.version) or {}) | of_size


def _same(one: Any, other: Any) -> bool:
    """Equal, where YAML may have written a number as a word (1e-3)."""
    try:
        return one == other or float(one) == float(other)
    except (TypeError, ValueError):
        return False


def shown(changed: dict[str, Any]) -> str:
    """ "hidden=256 steps=100" """
    return " ".join(f"{key}={value}" for key, value in changed.items())
