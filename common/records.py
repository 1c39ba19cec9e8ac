"""The record of a run: schema, seal, reading and writing.

One JSON file per (variant, hardware), `papers/<paper>/runs/<hardware>/<variant>.json`, holding
every seed. The seal is a hash over everything else in the record; a record whose seal or sources
do not match is refused by the report.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import tempfile
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from common.errors import UserError
from common.sources import tree_hash

FORMAT = 1
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.+-]*$", max_length=120)]


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError("must be finite; write null for a diverged value")
    return value


Number = Annotated[float, AfterValidator(_finite)]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Hardware(Part):
    """Where a run ran. `name` is the folder of its records; host names have no place here."""

    name: Name  # e.g. "amd-epyc-9b45-1t-float32"
    device: str  # "cpu" or "cuda"
    processor: str
    accelerator: str | None = None
    cores: int
    memory_gib: float
    threads: int
    dtype: str
    matmul_gflops: float  # the probe: float32 matrix product at `threads` threads
    copy_gb_per_s: float  # the probe: memory bandwidth, bytes read plus written


class Dataset(Part):
    name: str
    sha256: str
    stand_in_for: str | None = None


class Curve(Part):
    """Columns of equal length. `loss` is the mean training loss since the row before, in nats."""

    step: list[int]
    tokens: list[int]
    seconds: list[Number]  # training time, evaluations left out
    loss: list[Number | None]
    validation: list[Number | None]  # the task's validation metric


class SeedRun(Part):
    seed: int
    metrics: dict[str, Number | None]  # None: diverged
    curve: Curve
    seconds: Number  # training time, evaluations left out
    tokens_per_second: Number
    peak_memory_mib: Number
    samples: list[str] = []
    resumed: int = 0  # how many times the run was interrupted and continued


class Resealed(Part):
    """A seal given up for a new one because the golden run was bit for bit what it was."""

    seal: str
    sources: dict[str, str]
    commit: str


class Record(Part):
    format: int = FORMAT
    paper: Name
    variant: Name  # "version2", or "version2+<deviation>"
    version: Name
    deviation: Name | None = None
    profile: str
    hardware: Hardware
    engine: dict[str, str]  # matrix-product precision, allocator, ...: see common/engine.py
    config: dict[str, Any]  # what was run
    paper_config: dict[str, Any]  # the paper's values
    dataset: Dataset
    environment: dict[str, str]  # versions of Python, torch, numpy
    lock: str  # sha256 of the lock file
    commit: str  # of the checkout; "-dirty" is appended when tracked files had changes
    started: str  # UTC, ISO 8601
    seconds: Number  # wall time of all seeds together
    seeds: list[SeedRun]
    sources: dict[str, str]  # path -> hash of its syntax tree
    resealed: list[Resealed] = []
    seal: str = ""

    def compute_seal(self) -> str:
        content = self.model_dump(mode="json", exclude={"seal"})
        return hashlib.sha256(_canonical(content)).hexdigest()

    def sealed(self) -> Record:
        return self.model_copy(update={"seal": self.compute_seal()})

    def values(self, metric: str) -> dict[int, float | None]:
        """Seed -> value of the metric; None where the run diverged."""
        return {run.seed: run.metrics.get(metric) for run in self.seeds}


def _canonical(content: Any) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()


def record_path(folder: Path, record: Record) -> Path:
    """Where the record of a paper in `folder` lives."""
    return folder / "runs" / record.hardware.name / f"{record.variant}.json"


def write_json(path: Path, content: Any) -> None:
    """Write JSON whole or not at all: a temporary file in the same folder, fsync, rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(_layout(content) + "\n")
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _layout(content: Any, indent: str = "") -> str:
    """JSON that diffs well: one line per key, but a list of plain values on one line."""
    inner = indent + " "
    if isinstance(content, dict) and content:
        rows = (f"{inner}{json.dumps(k)}: {_layout(v, inner)}" for k, v in content.items())
        return "{\n" + ",\n".join(rows) + f"\n{indent}}}"
    if isinstance(content, list) and any(isinstance(item, dict | list) for item in content):
        return "[\n" + ",\n".join(inner + _layout(i, inner) for i in content) + f"\n{indent}]"
    return json.dumps(content, ensure_ascii=False)


def write_record(path: Path, record: Record) -> None:
    write_json(path, record.sealed().model_dump(mode="json"))


def read_record(path: Path) -> Record:
    """Read and check a record. UserError if it is damaged, forged or of another format."""
    label = "/".join(path.parts[-4:])
    try:
        record = Record.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise UserError(f"{label} is missing.") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise UserError(f"{label} is not a valid record: {place}: {first['msg']}.") from None
    if record.seal != record.compute_seal():
        raise UserError(
            f"{label}: the seal does not match the content; it was edited. Restore it with git, or "
            f"run `papers reproduce {record.paper}`."
        )
    _check_content(record, path, label)
    return record


def _check_content(record: Record, path: Path, label: str) -> None:
    seeds = [run.seed for run in record.seeds]
    if repeated := {s for s in seeds if seeds.count(s) > 1}:
        raise UserError(f"{label}: seed {min(repeated)} stands in it more than once.")
    if not seeds:
        raise UserError(f"{label} holds no seed.")
    if (path.stem, path.parent.name) != (record.variant, record.hardware.name):
        raise UserError(f"{label} holds {record.variant} on {record.hardware.name}: it was moved.")
    for run in record.seeds:
        lengths = {name: len(column) for name, column in run.curve.model_dump().items()}
        if len(set(lengths.values())) != 1:
            raise UserError(f"{label}: the curve of seed {run.seed} has columns of unequal length.")


def changed_sources(record: Record, root: Path) -> list[str]:
    """The files whose syntax tree is no longer what it was when the run was made."""

    def differs(name: str, expected: str) -> bool:
        path = root / name
        return not path.is_file() or tree_hash(path) != expected

    return [name for name, expected in record.sources.items() if differs(name, expected)]


def read_records(folder: Path) -> list[Record]:
    """All records of the paper in `folder`, by hardware and variant."""
    return [read_record(path) for path in sorted(folder.glob("runs/*/*.json"))]
