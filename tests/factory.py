"""Simulated papers and records for tests: valid, sealed, and the same on every machine."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

import papers
from common.paper import forget_rooms
from common.records.record import (
    Curve,
    Dataset,
    Hardware,
    Record,
    SeedRun,
    record_path,
    write_record,
)

HARDWARE = "test-cpu-1t-float32"
TOKENS_PER_STEP = 512
STEPS = 2000
PAPER_MODULE = '''"""A simulated paper."""

from common.paper import Metric, Paper

PAPER = Paper(
    title={title!r},
    authors="A. Author, B. Author",
    year=1990,
    url="https://example.org/{name}",
    versions={versions!r},
    metric=Metric({metric!r}, {label!r}),
    dataset="toy_text",
    cites={cites!r},
)
'''


def make_hardware(name: str = HARDWARE, **changes: Any) -> Hardware:
    """A hardware fingerprint; the probe's figures are the same for every name."""
    values = {
        "name": name,
        "device": "cuda" if "cuda" in name or "gpu" in name else "cpu",
        "processor": "Test Processor 9000",
        "cores": 2,
        "memory_gib": 24.0,
        "threads": 1,
        "dtype": "float32",
        "matmul_gflops": 50.0,
        "copy_gb_per_s": 10.0,
    }
    return Hardware(**values | changes)


def make_curve(final: float, points: int, rng: np.random.Generator, seconds: float) -> Curve:
    """A decaying curve of `points` rows; every fourth row, and the last, has a validation value."""
    share = np.linspace(1 / points, 1, points)
    step = np.rint(share * STEPS).astype(int)
    decay = 1.5 * (np.exp(-5 * share) - np.exp(-5))
    loss = np.log(2) * (final + decay) + rng.normal(0, 0.005, points)
    measured = {i for i in range(points) if i % 4 == 3} | {points - 1}
    validation = [float(final + decay[i]) if i in measured else None for i in range(points)]
    return Curve(
        step=step.tolist(),
        tokens=(step * TOKENS_PER_STEP).tolist(),
        seconds=np.round(share * seconds, 6).tolist(),
        loss=loss.tolist(),
        validation=validation,
    )


def make_seed(
    seed: int, metric: str, mean: float, sd: float, rng: np.random.Generator, points: int
) -> SeedRun:
    """One seed's run; its metric is drawn from N(mean, sd)."""
    value = float(mean + sd * rng.standard_normal())
    seconds = float(20 + rng.random())
    return SeedRun(
        seed=seed,
        metrics={metric: value, "parameters": 12345.0},
        curve=make_curve(value, points, rng, seconds),
        seconds=seconds,
        tokens_per_second=STEPS * TOKENS_PER_STEP / seconds,
        peak_memory_mib=float(100 + rng.random()),
        samples=[f"ROMEO: sample of seed {seed}.\nWhat light?", "A second sample."],
    )


def make_record(
    paper: str = "toy",
    variant: str = "version1",
    hardware: str = HARDWARE,
    seeds: Iterable[int] = range(6),
    metric: str = "bits_per_character",
    mean: float = 2.0,
    sd: float = 0.02,
    rng_seed: int = 0,
    points: int = 40,
    **changes: Any,
) -> Record:
    """A sealed record; the same seed draws the same noise in every variant. `changes` are fields.

    `seeds=[0, 1]` with `rng_seed=3` gives the noise of (3, 0) and (3, 1).
    """
    version, _, deviation = variant.partition("+")
    runs = [
        make_seed(s, metric, mean, sd, np.random.default_rng([rng_seed, s]), points) for s in seeds
    ]
    values: dict[str, Any] = {
        "paper": paper,
        "variant": variant,
        "version": version,
        "deviation": deviation or None,
        "profile": "cpu",
        "hardware": make_hardware(hardware),
        "engine": {"matmul": "highest", "allocator": "default"},
        "config": {"hidden": 64, "rate": 0.01, "train": {"steps": STEPS, "batch": 8}},
        "paper_config": {"hidden": 100, "rate": 0.1, "train": {"steps": STEPS, "batch": 8}},
        "dataset": Dataset(name="toy_text", sha256="ab" * 32),
        "environment": {"python": "3.11.7", "torch": "2.13.0", "numpy": "2.4.6"},
        "lock": "cd" * 32,
        "commit": "0123456789abcdef0123456789abcdef01234567",
        "started": "2026-01-02T03:04:05+00:00",
        "seconds": sum(run.seconds for run in runs),
        "seeds": runs,
        "sources": {},
    }
    return Record(**values | changes).sealed()


def make_records(
    paper: str = "toy",
    variants: Iterable[str] | Mapping[str, float] = ("version1", "version2"),
    hardware: Iterable[str] = (HARDWARE,),
    **changes: Any,
) -> list[Record]:
    """One record per (variant, hardware). Means from the mapping, else 2.0, 1.9, 1.8 ..."""
    if not isinstance(variants, Mapping):
        variants = {variant: 2.0 - 0.1 * i for i, variant in enumerate(variants)}
    return [
        make_record(paper, variant, machine, mean=mean, **changes)
        for machine in hardware
        for variant, mean in variants.items()
    ]


def make_room(
    root: Path,
    name: str = "toy",
    variants: Iterable[str] | Mapping[str, float] = ("version1", "version2"),
    hardware: Iterable[str] = (HARDWARE,),
    *,
    title: str = "A Simulated Paper",
    label: str = "bits per character",
    cites: tuple[str, ...] = (),
    **changes: Any,
) -> Path:
    """Write `papers/<name>` with its records under `root`, a repository root; return `root`.

    Call it again with another name for a second paper. `papers.<name>` then imports from here, so
    do not take the name of a real paper. `changes` go to `make_record`.
    """
    records = make_records(name, variants, tuple(hardware), **changes)
    folder = root / "papers" / name
    folder.mkdir(parents=True, exist_ok=True)
    (root / "common").mkdir(exist_ok=True)
    for path in (root / "papers" / "__init__.py", root / "papers" / "__main__.py"):
        path.touch()
    versions = {r.version: f"what {r.version} is" for r in records}
    metric = changes.get("metric", "bits_per_character")
    text = PAPER_MODULE.format(
        name=name, title=title, versions=versions, metric=metric, label=label, cites=tuple(cites)
    )
    (folder / "__init__.py").write_text(text, encoding="utf-8")
    for record in records:
        write_record(record_path(folder, record), record)
    make_importable(root, name)
    return root


def make_importable(root: Path, name: str) -> None:
    forget_rooms()
    sys.modules.pop(f"papers.{name}", None)
    papers.__dict__.pop(name, None)
    if str(root / "papers") not in papers.__path__:
        papers.__path__.insert(0, str(root / "papers"))
