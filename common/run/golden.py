"""The golden run: a version trained to the end of its smoke profile, the same on every day.

It learns from a few thousand characters of a text, so that even a short run passes over its data
more than once, and from other datasets as they are. Losses, the curve, the final metrics, the
samples and every bit of the weights are kept.
"""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

from common.config import plan
from common.data.catalog import get
from common.data.text import load_text
from common.paper import Room
from common.records.record import SeedRun
from common.run import engine as engines
from common.run.training import Run

EXCERPT = slice(66_000, 72_000)  # a test part in which quotation marks stand apart, as in " 'tis"
EXACT = ("weights", "samples")  # kept as hashes: another processor gives others


def golden(home: Room, version: str, size: str | None = None) -> dict[str, str]:
    """What the run gives, by name, in this process: one thread, float32, seed 0."""
    with tempfile.TemporaryDirectory() as place:
        result, file = _train(home, version, Path(place), size)
        weights = file.read_bytes()
    found: dict[str, object] = {}
    for curve in result.curves:
        phase = f"{curve.phase}: " if curve.phase else ""
        for column, values in curve.columns().items():
            if column not in ("step", "tokens", "seconds"):
                rows = zip(curve.step, values)
                found |= {f"{phase}{column} at step {step}": value for step, value in rows}
    found |= dict(sorted(result.metrics.items()))
    told = {name: repr(value) for name, value in found.items()}
    return told | {
        "samples": hashlib.sha256("\0".join(result.samples).encode()).hexdigest(),
        "weights": hashlib.sha256(weights).hexdigest(),
    }


def _train(home: Room, version: str, folder: Path, size: str | None = None) -> tuple[SeedRun, Path]:
    """The result and the weights of a version; what it starts from is trained first, alike."""
    folder.mkdir(exist_ok=True)
    before = home.paper.starts_from.get(version)
    run = Run(
        config=plan(home, version, "smoke", size=size).config,
        seed=0,
        engine=engines.start(matmul="highest"),
        data=excerpt(home.paper.dataset, folder),
        folder=folder / "run",
        more_data={u: excerpt(name, folder / u) for u, name in home.paper.more_data.items()},
        start=_train(home, before, folder / "before")[1] if before else None,
    )
    return home.module(f"{version}.train").train(run), folder / "run" / "weights.safetensors"


def excerpt(name: str, folder: Path) -> str:
    """What a golden run learns from: a part of a text, put into `folder`, or the set as it is."""
    if get(name).kind != "text":
        return name
    folder.mkdir(exist_ok=True)
    path = folder / "excerpt.txt"
    path.write_text(load_text(name, report=lambda line: None).text[EXCERPT], encoding="utf-8")
    return str(path)
