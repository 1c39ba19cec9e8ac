"""papers/<paper>/evidence/verdicts.json: claims with verdicts, deviations with costs.

`python -m common.evidence rnn` measures and writes it; reports and the command line read it,
without torch. It is sealed like a record, and refused when a file that it rests on has changed.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, ValidationError, model_validator

from common.errors import UserError, nearest
from common.evidence.outcomes import DIGITS
from common.paper import Room, find_root, rooms
from common.records.current import changed_sources
from common.records.executed import evidence_sources
from common.records.record import Hash, Name, Number, Record, Source, read_records, write_json

FILE = "evidence/verdicts.json"
FIGURE = r"-?\d+(?:\.\d+)?(?:e[+-]\d+)?"  # a number as `pairs.keep` writes it
RECORD = r"^[A-Za-z0-9][\w.+-]*/[A-Za-z0-9][\w.+-]*$"


class Values(BaseModel, extra="forbid"):
    """What a direction claim was judged by: seed -> value of either side."""

    better: dict[str, Number]
    worse: dict[str, Number]
    sign: Literal[-1, 1]


Line = Annotated[str, Field(pattern=rf"^{FIGURE}( {FIGURE})*$")]


class Paired(BaseModel, extra="forbid"):
    """The same over documents, queries, ...: the values in the order of the sorted names."""

    over: str
    n: int
    names: Hash  # over the names
    better: Line
    worse: Line
    sign: Literal[-1, 1]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if {len(side.split()) for side in (self.better, self.worse)} != {self.n}:
            raise ValueError(f"either side must have {self.n} values")
        return self


class Evidence(BaseModel):
    """The form of a verdicts.json. Rows are as `claims.py` and `ladder.py` make them."""

    paper: Name
    hardware: Name | None
    sources: dict[Source, Hash]
    records: dict[Annotated[str, Field(pattern=RECORD)], Hash]  # hardware/variant -> seal
    claims: list[dict[str, Any]]
    deviations: list[dict[str, Any]]
    pairs: dict[str, Values | Paired] = {}
    seal: Hash


def primary_hardware(records: Iterable[Record]) -> str | None:
    """The hardware whose records cover the most variants, then most seeds, then by name."""
    covered: dict[str, tuple[int, int]] = {}
    for record in records:
        variants, seeds = covered.get(record.hardware.name, (0, 0))
        covered[record.hardware.name] = (variants + 1, seeds + len(record.seeds))
    return min(covered, key=lambda name: (-covered[name][0], -covered[name][1], name), default=None)


def gather(root: Path, name: str) -> dict[str, Any]:
    """Measure the paper's claims and ladder, write its verdicts.json and return the content."""
    from common.evidence.claims import View, claims_of
    from common.evidence.deviations import deviations_of
    from common.evidence.judging import judge_claims
    from common.evidence.ladder import ladder

    room = find(root, name)
    hardware, records = primary_records(root, room)
    claims, deviations = claims_of(room), deviations_of(room)
    directions = sum(claim.kind == "direction" for claim in claims)
    view = View(room.paper.metric.name, records, experiment_seeds(room, records, directions))
    rows, pairs = judge_claims(claims, view)
    content = rounded(
        {
            "paper": name,
            "hardware": hardware,
            "sources": evidence_sources(root, room.folder),
            "records": seals(hardware, records),
            "claims": rows,
            "deviations": ladder(room, deviations, records),
            "pairs": pairs,
        }
    )
    content = {**content, "seal": seal(content)}
    write_json(room.path(FILE), content)
    return content


def seals(hardware: str | None, records: dict[str, Record]) -> dict[str, str]:
    """The seals of the records that comparisons rest on, by their files."""
    return {f"{hardware}/{v}": record.seal for v, record in sorted(records.items())}


def find(root: Path, name: str) -> Room:
    """The paper of that name under `root`. UserError with the nearest name if there is none."""
    if name not in rooms(root):
        raise UserError(f"no paper {name!r}." + nearest(name, rooms(root)))
    return rooms(root)[name]


def primary_records(root: Path, room: Room) -> tuple[str | None, dict[str, Record]]:
    """The records that comparisons rest on: one hardware, this code, one dataset and profile."""
    everything = read_records(room.folder)
    hardware = primary_hardware(everything)
    records = [record for record in everything if record.hardware.name == hardware]
    for record in records:
        label = f"{room.name}: the record of {record.variant} on {hardware}"
        if changed := changed_sources(record, root):
            raise UserError(
                f"{label} was made by other code: {changed[0]} changed since; run it again, or "
                f"`papers reseal {room.name}` if the numbers cannot have changed."
            )
        for what, value in _common_ground(record).items():
            if value != _common_ground(records[0])[what]:
                raise UserError(
                    f"{label} has another {what} than {records[0].variant}: run both on the same."
                )
    return hardware, {record.variant: record for record in records}


def _common_ground(record: Record) -> dict[str, Any]:
    """What records must share to be compared."""
    precision = record.engine.get("matmul_precision")
    return {"profile": record.profile, "dataset": record.datasets, "matrix precision": precision}


def experiment_seeds(room: Room, records: Mapping[str, Record], directions: int) -> tuple[int, ...]:
    """Seeds for experiments: as many as the records have, and enough for the family."""
    from common.evidence.resampling import seeds_needed

    newest = records.get(room.newest)
    return tuple(range(max(len(newest.seeds) if newest else 0, seeds_needed(max(1, directions)))))


def rounded(content: Any) -> Any:
    """The content as JSON holds it: floats to 6 significant digits, null where not finite."""
    if isinstance(content, dict):
        return {str(key): rounded(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [rounded(value) for value in content]
    if hasattr(content, "item"):  # a scalar of NumPy or torch
        content = content.item()
    if isinstance(content, float):
        return float(f"{content:.{DIGITS}g}") if math.isfinite(content) else None
    return content


def seal(content: dict[str, Any]) -> str:
    """sha256 over everything but the seal itself."""
    rest = {key: value for key, value in content.items() if key != "seal"}
    return hashlib.sha256(
        json.dumps(rest, sort_keys=True, separators=(",", ":")).encode()
    ).hexdigest()


def load_evidence(path: Path) -> dict[str, Any]:
    """A verdicts.json as it was written. UserError if it is missing, damaged or forged."""
    label = "/".join(path.parts[-4:])
    again = f"run `python -m common.evidence {path.parts[-3]}`."
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise UserError(f"{label} is missing: {again}") from None
    except ValueError:
        raise UserError(f"{label} is damaged: {again}") from None
    if not isinstance(content, dict) or content.get("seal") != seal(content):
        raise UserError(f"{label}: the seal does not match the content, it was edited: {again}")
    try:
        return {"pairs": {}} | content if Evidence.model_validate(content) else content
    except ValidationError as error:
        place = ".".join(map(str, error.errors()[0]["loc"]))[:100]
        raise UserError(f"{label} is damaged at {place}: {again}") from None


def read_evidence(path: Path) -> dict[str, Any]:
    """An evidence/verdicts.json that is good: sealed, and everything it rests on is as it was."""
    content = load_evidence(path)
    if file := changed(path, content):
        raise UserError(
            f"{'/'.join(path.parts[-4:])}: {file} changed since; "
            f"run `python -m common.evidence {path.parts[-3]}`."
        )
    return content


def changed(path: Path, content: dict[str, Any]) -> str | None:
    """The first source or record, relative to the root, that is not what the evidence rests on."""
    root = path.resolve().parents[3]
    now = evidence_sources(root, path.resolve().parents[1]) if content["sources"] else {}
    for name, expected in content["sources"].items():
        if now.get(name) != expected:
            return name
    for name, expected in content["records"].items():
        record = path.parents[1] / "runs" / f"{name}.json"
        if not record.is_file() or json.loads(record.read_bytes()).get("seal") != expected:
            return record.relative_to(path.parents[3]).as_posix()
    return None


def rows_claims(name: str | None = None, root: Path | None = None) -> list[dict[str, Any]]:
    """One row per claim, of one paper or all: what `papers claims` prints, without torch."""
    columns = ("id", "place", "kind", "verdict", "value", "low", "high", "unit", "n", "over")
    more = ("adjusted_p", "detectable", "expected", "own", "sentence", "finding", "reason")
    return _rows("claims", (*columns, *more), name, root)


def rows_deviations(name: str | None = None, root: Path | None = None) -> list[dict[str, Any]]:
    """One row per deviation, of one paper or all: what `papers deviations` prints."""
    columns = ("id", "place", "kind", "cost", "low", "high", "unit", "n", "adjusted_p", "median")
    return _rows("deviations", (*columns, "title", "introduced", "fixed", "note"), name, root)


def _rows(
    part: str, columns: Sequence[str], name: str | None, root: Path | None
) -> list[dict[str, Any]]:
    root = root or find_root()
    chosen = [find(root, name)] if name else list(rooms(root).values())
    rows = []
    for room in chosen:
        path = room.path(FILE)
        if not path.is_file() and name is None:
            continue
        content = load_evidence(path)
        stale = changed(path, content)
        rows += [
            {"paper": room.name, **{c: row.get(c) for c in columns}, "stale": stale}
            for row in content[part]
        ]
    return rows
