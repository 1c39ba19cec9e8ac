"""The record of a run: schema, seal, reading and writing.

One JSON file per (variant, hardware), `papers/<paper>/runs/<hardware>/<variant>.json`, holding
every seed. The seal is a hash over everything else in the record: it finds accidents. Whoever
forges a record seals it anew, so what can be derived is checked too (common/commands/checking/).
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from common.errors import UserError
from common.paper import Variant
from common.records.json_file import content_of, write_json
from common.records.kinds import (
    Amount,
    Commit,
    Count,
    Hash,
    Name,
    Number,
    Sample,
    Source,
    Time,
    Word,
    Words,
    later,
)

LARGEST = 8 << 20  # bytes of a record's file; ten seeds take 73,000


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Hardware(Part):
    """Where a run ran. `name` is the folder of its records; host names have no place here."""

    name: Name  # e.g. "amd-epyc-9b45-1t-float32"
    device: Literal["cpu", "cuda"]
    processor: Words
    accelerator: Words | None = None
    cores: Annotated[Count, Field(ge=1)]
    memory_gib: Amount
    threads: Annotated[Count, Field(ge=1)]
    dtype: Literal["float32", "bfloat16"]
    matmul_gflops: Amount  # the probe: float32 matrix product at `threads` threads
    copy_gb_per_s: Amount  # the probe: memory bandwidth, bytes read plus written


class Dataset(Part):
    name: Words
    sha256: Hash
    stand_in_for: Words | None = None


MEASURED = ("loss", "validation")  # columns that a step may lack


class Curve(Part):
    """Columns of equal length. `loss` is the mean training loss since the row before, in nats.

    Steps, tokens and seconds are counted from the beginning of the phase.
    """

    step: Annotated[list[Count], Field(min_length=1, max_length=1_000)]
    tokens: list[Count]
    seconds: list[Amount]  # training time, evaluations left out
    loss: list[Number | None]
    validation: list[Number | None]  # the task's validation metric
    losses: dict[Word, list[Number | None]] = later({})  # other losses that a step names, as `loss`
    phase: Word | None = later(None)  # None: the run has no phases

    def columns(self) -> dict[str, list]:
        """Every column by its name, the named losses as "losses.<name>"."""
        plain = {name: getattr(self, name) for name in ("step", "tokens", "seconds", *MEASURED)}
        return plain | {f"losses.{name}": column for name, column in self.losses.items()}


class SeedRun(Part):
    seed: Count
    metrics: Annotated[dict[Words, Number | None], Field(min_length=1)]  # None: diverged
    curve: Curve | None = later(None)  # of the last phase, or the only one; None: no steps
    earlier: list[Curve] = later([])  # of the phases before it, in their order
    seconds: Amount  # training time, evaluations left out
    tokens_per_second: Amount | None  # None: nothing was learned from
    peak_memory_mib: Amount
    samples: Annotated[list[Sample], Field(max_length=100)] = []
    resumed: Count = 0  # how many times the run was interrupted and continued

    @property
    def curves(self) -> list[Curve]:
        """The curves of all phases, in their order; none for a version that takes no steps."""
        return [*self.earlier, *filter(None, [self.curve])]

    @property
    def diverged(self) -> bool:
        """Did any phase end with a loss that is not finite?"""
        return any(curve.loss[-1] is None for curve in self.curves)


class StartsFrom(Part):
    """Whose weights each seed began with: those of the same seed of another record."""

    variant: Name
    seal: Hash


class Resealed(Part):
    """A seal given up for a new one because the golden run was bit for bit what it was."""

    seal: Hash
    sources: dict[Source, Hash]
    commit: Commit
    added: list[Words] = later([])  # fields that Config had got since, which entered then


class Record(Part):
    format: Literal[1] = 1
    paper: Name
    variant: Name  # "version2", "version2+<deviation>" or "version2-<size>"
    version: Name
    deviation: Name | None = None
    size: Word | None = later(None)  # of params.yaml; None: the version's own
    profile: Words
    hardware: Hardware
    engine: dict[str, Words]  # matrix-product precision, allocator, ...: see common/run/engine.py
    config: dict[str, Any]  # what was run
    paper_config: dict[str, Any]  # the paper's values
    dataset: Dataset  # of the exam
    more_data: dict[Word, Dataset] = later({})  # further ones, by their use
    starts_from: StartsFrom | None = later(None)
    environment: dict[str, Words]  # versions of Python, torch, numpy
    lock: Hash | Literal[""]  # sha256 of the lock file, "" where there was none
    commit: Commit  # of the checkout; "-dirty" is appended when tracked files had changes
    started: Time  # UTC, ISO 8601
    seconds: Amount  # wall time of all seeds together
    seeds: Annotated[list[SeedRun], Field(max_length=1_000)]
    sources: dict[Source, Hash]  # file -> hash of what the run executed of it
    resealed: list[Resealed] = []
    seal: Hash | Literal[""] = ""

    @model_validator(mode="after")
    def _named_as_it_is(self) -> Record:
        named = Variant(self.version, self.deviation, self.size).name
        if self.variant != named:
            raise ValueError(f"the variant {self.variant} is {named} by version and deviation")
        if self.deviation and self.size:
            raise ValueError("a size has no deviation in it")
        return self

    def compute_seal(self) -> str:
        content = self.model_dump(mode="json", exclude={"seal"})
        return hashlib.sha256(_canonical(content)).hexdigest()

    def sealed(self) -> Record:
        return self.model_copy(update={"seal": self.compute_seal()})

    @property
    def datasets(self) -> dict[str, Dataset]:
        """All datasets by their use; that of the exam has the use ""."""
        return {"": self.dataset, **self.more_data}

    @property
    def seals(self) -> list[str]:
        """The seal, and those that it had before."""
        return [self.seal, *(old.seal for old in self.resealed)]

    @property
    def data_names(self) -> str:
        """ "sst2", or "sst2, wikipedia_sample (pretrain)"."""
        uses = [f"{data.name} ({use})" for use, data in self.more_data.items()]
        return ", ".join([self.dataset.name, *uses])

    @property
    def data_hashes(self) -> str:
        """The first digits of the hashes of all datasets."""
        return " ".join(data.sha256[:12] for data in self.datasets.values())

    def values(self, metric: str) -> dict[int, float | None]:
        """Seed -> value of the metric; None where the run diverged."""
        return {run.seed: run.metrics.get(metric) for run in self.seeds}

    def finite(self, metric: str) -> dict[int, float]:
        """The same of the seeds that did not diverge."""
        return {seed: value for seed, value in self.values(metric).items() if value is not None}


def _canonical(content: Any) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()


def record_path(folder: Path, record: Record) -> Path:
    """Where the record of a paper in `folder` lives."""
    return folder / "runs" / record.hardware.name / f"{record.variant}.json"


def write_record(path: Path, record: Record) -> None:
    write_json(path, record.sealed().model_dump(mode="json"))


def read_record(path: Path) -> Record:
    """Read and check a record. UserError if it is damaged, edited, misplaced or of another form."""
    label = "/".join(path.parts[-4:])
    if not path.exists():
        raise UserError(f"{label} is missing.")
    record = parse_record(path, label)
    if (path.stem, path.parent.name) != (record.variant, record.hardware.name):
        raise UserError(f"{label} holds {record.variant} on {record.hardware.name}: it was moved.")
    return record


def parse_record(path: Path, label: str) -> Record:
    """The record in a file that may lie anywhere, checked without its room; errors say `label`."""
    try:
        record = Record.model_validate_json(content_of(path, label, LARGEST))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))[:100] or "the file"
        reason = first["msg"].removeprefix("Value error, ")
        raise UserError(f"{label} is not a valid record: {place}: {reason}.") from None
    if record.seal != record.compute_seal():
        raise UserError(
            f"{label}: the seal does not match the content; it was edited. Restore it with git, or "
            f"run `papers reproduce {record.paper}`."
        )
    if reason := _contradiction(record):
        raise UserError(f"{label}{reason}")
    return record


def _contradiction(record: Record) -> str:
    """What in a record contradicts itself, "" if nothing does."""
    seeds = [run.seed for run in record.seeds]
    if not seeds:
        return " holds no seed."
    if repeated := {s for s in seeds if seeds.count(s) > 1}:
        return f": seed {min(repeated)} stands in it more than once."
    for run in record.seeds:
        for curve in run.curves:
            if len({len(column) for column in curve.columns().values()}) != 1:
                return f": the curve of seed {run.seed} has columns of unequal length."
        phases = [curve.phase for curve in run.curves]
        if len(phases) > 1 and (None in phases or len(set(phases)) < len(phases)):
            return f": seed {run.seed} has several curves whose phases have no names of their own."
        if run.earlier and run.curve is None:
            return f": seed {run.seed} has earlier phases and no last one."
    if not chain_holds(record):
        return ": a seal that it had before a reseal was not that of its content: run it again."
    return ""


def chain_holds(record: Record) -> bool:
    """Is each seal given up that of this very content with the sources that it names, and without
    the fields that the config has got since?"""
    for i, old in enumerate(record.resealed):
        since = {name for one in record.resealed[i:] for name in one.added}
        before = {"sources": old.sources, "commit": old.commit, "resealed": record.resealed[:i]}
        for name in ("config", "paper_config"):
            before[name] = {k: v for k, v in getattr(record, name).items() if k not in since}
        if record.model_copy(update=before).compute_seal() != old.seal:
            return False
    return True


def summary(seeds: list[SeedRun]) -> dict[str, Any]:
    """Mean over the seeds that did not diverge: metrics/<variant>.json, for `dvc metrics`."""
    content: dict[str, Any] = {"seeds": len(seeds)}
    for name in seeds[0].metrics:
        values = [v for run in seeds if (v := run.metrics.get(name)) is not None]
        content[name] = round(sum(values) / len(values), 5) if values else None
    return content


def read_records(folder: Path) -> list[Record]:
    """All records of the paper in `folder`, by hardware and variant."""
    return [read_record(path) for path in sorted(folder.glob("runs/*/*.json"))]
