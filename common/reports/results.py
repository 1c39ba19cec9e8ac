"""A paper's results as the reports see them: records and evidence checked, numbers in tables."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd

from common.errors import UserError
from common.evidence import statistics
from common.evidence.verdicts import primary_hardware, read_evidence
from common.paper import Paper, Room, order, rooms
from common.records.record import Record, read_records
from common.reports import checks, store

INIT = "__init__.py"
COSTS = ("tokens_per_second", "peak_memory_mib", "seconds")  # of a run, beside its metrics


@dataclass(frozen=True)
class Results:
    """One paper. `runs` has a row per seed, `curves` a row per point (`store.py` has the columns).

    `evidence` is the content of verdicts.json, {} before it was gathered; `primary` the hardware
    on which claims are judged, "" before there are records.
    """

    name: str
    paper: Paper
    folder: Path
    records: tuple[Record, ...]
    runs: pd.DataFrame
    curves: pd.DataFrame
    evidence: dict = field(default_factory=dict)

    @cached_property
    def primary(self) -> str:
        return self.evidence.get("hardware") or primary_hardware(self.records) or ""

    @cached_property
    def hardware(self) -> list[str]:
        """Hardware names, the primary one first."""
        return sorted(checks.by_hardware(self.records), key=lambda h: (h != self.primary, h))

    def versions(self, hardware: str = "") -> list[str]:
        """The versions with a record on that (or the primary) hardware, oldest first; then those
        with a name of their own, as the paper lists them."""
        here = {r.variant for r in self.records if r.hardware.name == (hardware or self.primary)}
        return sorted((v for v in self.paper.versions if v in here), key=lambda v: order(v)[0])

    def numbered(self, hardware: str = "") -> list[str]:
        """Of these, version1, version2, ...: the last is the newest."""
        return [v for v in self.versions(hardware) if v in self.paper.numbered]

    def record(self, variant: str, hardware: str = "") -> Record:
        place = (variant, hardware or self.primary)
        found = [r for r in self.records if (r.variant, r.hardware.name) == place]
        if not found:
            raise UserError(f"{self.name} has no record of {place[0]} on {place[1]}: run it.")
        return found[0]

    @cached_property
    def _runs(self) -> dict[tuple[str, str], pd.DataFrame]:
        grouped = self.runs.groupby(["variant", "hardware"])
        return {key: rows.set_index("seed").sort_index() for key, rows in grouped}

    @cached_property
    def _curves(self) -> dict[tuple[str, str], pd.DataFrame]:
        return dict(iter(self.curves.groupby(["variant", "hardware"])))

    def curve(self, variant: str, hardware: str = "", phase: str | None = None) -> pd.DataFrame:
        """Rows of seed, step, tokens, seconds, loss, validation, losses.<name>: of a phase, or of
        the last one. None for a variant that has no such phase, or takes no steps."""
        rows = self._curves.get((variant, hardware or self.primary), self.curves[:0])
        if phase is None and (last := self.record(variant, hardware).seeds[0].curve):
            phase = last.phase or ""
        return rows[rows["phase"] == phase]

    def earlier(self) -> list[str]:
        """The phases before the last that any version has, in their order."""
        runs = [self.record(version).seeds[0] for version in self.versions()]
        return list(
            dict.fromkeys(curve.phase for run in runs for curve in run.earlier if curve.phase)
        )

    def trained(self, hardware: str = "") -> list[str]:
        """The versions that take steps and so have a curve."""
        here = self.versions(hardware)
        return [version for version in here if self.record(version, hardware).seeds[0].curve]

    def values(self, variant: str, column: str, hardware: str = "") -> dict[int, float]:
        """Seed -> finite value of a metric or a cost; diverged seeds are left out."""
        rows = self._runs[variant, hardware or self.primary]
        name = column if column in COSTS else f"metrics.{column}"
        return rows[name].dropna().to_dict() if name in rows else {}

    def summary(self, variant: str, column: str, hardware: str = "") -> statistics.Summary | None:
        """Mean, interval and n over the seeds; None where no seed has a value."""
        return summarise(self.values(variant, column, hardware).values())

    def diverged(self, variant: str, hardware: str = "") -> int:
        """How many seeds have no final metric."""
        rows = self._runs[variant, hardware or self.primary]
        return len(rows) - len(self.values(variant, self.paper.metric.name, hardware))

    def metrics(self) -> list[str]:
        """All metric names, the paper's own first."""
        names = {name for r in self.records for run in r.seeds for name in run.metrics}
        return sorted(names, key=lambda n: (n != self.paper.metric.name, n))

    def best(self) -> str:
        """The numbered version with the best mean metric on the primary hardware; else ""."""
        metric = self.paper.metric
        sign = 1 if metric.lower_is_better else -1
        found = [(self.summary(v, metric.name), v) for v in self.numbered()]
        return min(((sign * s.mean, order(v), v) for s, v in found if s), default=("", "", ""))[2]


def summarise(values: Iterable[float]) -> statistics.Summary | None:
    """`statistics.summary`, None for no values; the same values are bootstrapped only once."""
    values = tuple(values)
    return store.summary(values) if values else None


def load(root: Path, names: Sequence[str] | None = None) -> dict[str, Results]:
    """Read, check and import the records of the named papers, all by default. May refuse."""
    found = {name: room for name, room in rooms(root).items() if names is None or name in names}
    records = {name: read_records(room.folder) for name, room in found.items()}
    papers = {name: declared(room) for name, room in found.items()}
    for name, paper in papers.items():
        checks.check_records(root, name, paper, records[name])
    runs, curves = store.numbers([r for some in records.values() for r in some])
    runs_of, curves_of = dict(iter(runs.groupby("paper"))), dict(iter(curves.groupby("paper")))
    return {
        name: _results(
            room, papers[name], records[name], runs_of.get(name, runs[:0]), curves_of.get(name)
        )
        for name, room in found.items()
    }


def declared(room: Room) -> Paper:
    """PAPER of the room's own `__init__.py`: of this root, whichever `papers` is importable."""
    spec = importlib.util.spec_from_file_location(f"_declared_{room.name}", room.path(INIT))
    if spec is None or spec.loader is None:
        raise UserError(f"papers/{room.name}/{INIT} is no Python module.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not isinstance(getattr(module, "PAPER", None), Paper):
        raise UserError(f"papers/{room.name}/{INIT} declares no PAPER: see docs/add-a-paper.md.")
    return module.PAPER


def _results(
    room: Room,
    paper: Paper,
    records: list[Record],
    runs: pd.DataFrame,
    curves: pd.DataFrame | None,
) -> Results:
    path = room.path("evidence/verdicts.json")
    evidence = read_evidence(path) if path.is_file() else {}
    curves = pd.DataFrame(columns=list(store.CURVE)) if curves is None else curves
    return Results(room.name, paper, room.folder, tuple(records), runs, curves, evidence)
