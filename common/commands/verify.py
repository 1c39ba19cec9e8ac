"""Run a sample of the recorded seeds again, in a temporary clone, and compare with the records.

| level | promised where | what must hold |
| --- | --- | --- |
| L0 | same processor, threads, dtype, Python, torch and NumPy | metrics, curves, samples equal |
| L1 | same hardware name, another torch | every metric within 1e-3, relative |
| L2 | other hardware | the metric within the 95% prediction interval of the record's seeds |
"""

from __future__ import annotations

import math
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from common.errors import UserError
from common.evidence.verdicts import find
from common.paper import Room, rooms
from common.records.current import changed_sources
from common.records.record import Record, SeedRun, read_record, read_records
from common.records.sources import no_commit

L0, L1, L2, NONE = "L0", "L1", "L2", "none"
LEVELS = (L0, L1, L2, NONE)  # from the strictest
TOLERANCE = 1e-3
CHEAP_SECONDS = 120.0  # of training, in the record


@dataclass(frozen=True)
class Check:
    """One run that was made again. `ok`: the level reached is at least the level promised."""

    paper: str
    variant: str
    seed: int
    hardware: str  # of the record
    metric: str
    recorded: float | None
    again: float | None
    promised: str
    reached: str
    ok: bool


def verify(
    root: Path,
    sample: int,
    name: str | None = None,
    draw: int | None = None,
    cheap: float = CHEAP_SECONDS,
    say=print,
) -> list[dict[str, Any]]:
    """Re-run `sample` random (variant, seed) of cheap CPU records; one row (`Check`) per run.

    `draw` makes the choice repeatable. The clone holds what is committed; a record whose sources
    are not what they were is refused by name.
    """
    chosen_rooms = [find(root, name)] if name else list(rooms(root).values())
    runs = [run for room in chosen_rooms for run in _cheap_runs(root, room, cheap)]
    if not runs:
        raise UserError(f"no record of a run under {cheap:g} s to verify: train something first.")
    chosen = random.Random(draw).sample(runs, min(sample, len(runs)))
    checks = []
    with tempfile.TemporaryDirectory(prefix="verify-") as folder:
        clone = _clone(root, Path(folder) / "clone")
        for room, record, seed in chosen:
            say(f"{room.name} {record.variant} seed {seed} ...")
            again = _again(clone, room, record, seed)
            checks.append(asdict(compare(record, again, seed, room.paper.metric.name)))
    return checks


def compare(record: Record, again: Record, seed: int, metric: str) -> Check:
    """The level that the new run reached beside the level that was promised."""
    one, other = (next(r for r in x.seeds if r.seed == seed) for x in (record, again))
    promise, reached = promised(record, again), _reached(record, one, other, metric)
    return Check(
        paper=record.paper,
        variant=record.variant,
        seed=seed,
        hardware=record.hardware.name,
        metric=metric,
        recorded=one.metrics.get(metric),
        again=other.metrics.get(metric),
        promised=promise,
        reached=reached,
        ok=LEVELS.index(reached) <= LEVELS.index(promise),
    )


def promised(record: Record, again: Record) -> str:
    """How close two runs of one seed must come, from where they ran."""
    same = ("name", "processor", "accelerator", "threads", "dtype")
    if any(getattr(record.hardware, n) != getattr(again.hardware, n) for n in same):
        return L2
    return L0 if record.environment == again.environment else L1


def _reached(record: Record, one: SeedRun, other: SeedRun, metric: str) -> str:
    if _computed(one) == _computed(other):
        return L0
    old, new = one.metrics, other.metrics
    if old.keys() == new.keys() and all(_near(old[key], new[key]) for key in old):
        return L1
    low, high = prediction_interval(list(record.finite(metric).values()))
    value = new.get(metric)
    return L2 if value is not None and low <= value <= high else NONE


def _computed(run: SeedRun) -> dict[str, Any]:
    """Everything in a run but what a clock or a gauge measured."""
    measured = {
        "seconds": True,
        "tokens_per_second": True,
        "peak_memory_mib": True,
        "resumed": True,
    }
    clocks = {"curve": {"seconds"}, "earlier": {"__all__": {"seconds"}}}
    return run.model_dump(exclude={**measured, **clocks})


def _near(a: float | None, b: float | None) -> bool:
    if a is None or b is None:
        return a is b
    return abs(a - b) <= TOLERANCE * abs(a)


def prediction_interval(values: Sequence[float]) -> tuple[float, float]:
    """Where one more seed falls in 95 of 100 cases, for normal values; everywhere for n < 2."""
    from scipy.stats import t

    n = len(values)
    if n < 2:
        return -math.inf, math.inf
    mean = math.fsum(values) / n
    sd = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n - 1))
    half = float(t.ppf(0.975, n - 1)) * sd * math.sqrt(1 + 1 / n)
    return mean - half, mean + half


def _cheap_runs(root: Path, room: Room, cheap: float) -> list[tuple[Room, Record, int]]:
    runs = []
    for record in read_records(room.folder):
        if record.hardware.device != "cpu":
            continue
        if changed := changed_sources(record, root):
            raise UserError(
                f"{room.name}: {changed[0]} changed since {record.variant} was recorded on "
                f"{record.hardware.name}: `papers reseal {room.name}` or run it again first."
            )
        runs += [(room, record, run.seed) for run in record.seeds if run.seconds <= cheap]
    return runs


def _clone(root: Path, clone: Path) -> Path:
    """A clone of what is committed, with this checkout's data and none of its records."""
    if reason := no_commit(root):
        raise UserError(f"verify runs what is committed, and {reason}: clone the repository.")
    command = ["git", "clone", "-q", "--no-hardlinks", str(root), str(clone)]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        raise UserError(f"git clone: {result.stderr.strip().splitlines()[-1]}")
    if (root / "data").is_dir() and not (clone / "data").exists():
        (clone / "data").symlink_to(root / "data", target_is_directory=True)
    return clone


def _again(clone: Path, room: Room, record: Record, seed: int) -> Record:
    """Train one seed in the clone exactly as the record says, and read the new record."""
    if changed := changed_sources(record, clone):
        raise UserError(f"{room.name}: {changed[0]} is not committed as it was run: commit it.")
    for old in clone.glob(f"papers/{room.name}/runs/*/*.json"):
        if not (record.starts_from and record.starts_from.seal in read_record(old).seals):
            old.unlink()
    if record.starts_from:
        _take_weights(clone, room, record.starts_from.variant)
    command = [sys.executable, "-m", f"papers.{room.name}.{record.version}.train", "--record"]
    command += ["--seed", str(seed), "--profile", record.profile]
    command += ["--threads", str(record.hardware.threads), "--dtype", record.hardware.dtype]
    command += ["--deviation", record.deviation] if record.deviation else []
    command += ["--size", record.size] if record.size else []
    for key, value in record.config.items():
        command += ["-S", f"{key}={_yaml(value)}"]
    environment = {**os.environ, "PYTHONPATH": str(clone)}
    result = subprocess.run(command, cwd=clone, env=environment, capture_output=True, text=True)
    found = sorted(clone.glob(f"papers/{room.name}/runs/*/{record.variant}.json"))
    if result.returncode or len(found) != 1:
        reason = (result.stderr.strip().splitlines() or ["it left no record"])[-1]
        raise UserError(f"{room.name} {record.variant} seed {seed} cannot be run again: {reason}")
    return read_record(found[0])


def _take_weights(clone: Path, room: Room, variant: str) -> None:
    """The weights that the record starts from are in no commit: they come from the checkout."""
    weights = room.path("checkpoints", variant)
    if not weights.is_dir():
        raise UserError(
            f"{room.name}: the weights of {variant} are not here: `dvc checkout`, or "
            f"`papers train {room.name} {variant} --record` makes them."
        )
    there = clone / "papers" / room.name / "checkpoints" / variant
    shutil.copytree(weights, there, dirs_exist_ok=True)


def _yaml(value: Any) -> str:
    """One line that YAML reads back as the value (JSON's 1e-05 would be read as a text)."""
    text = yaml.safe_dump(value, default_flow_style=True, width=math.inf)
    return text.removesuffix("...\n").strip()
