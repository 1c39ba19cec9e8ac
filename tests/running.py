"""Rooms that really train, in a fraction of a second: one weight learns a number.

`make_running` writes one under a temporary root with the real `common`; `recorded` trains it in
this process, `make_recorded` does both, `enter` goes there, `python` runs commands there.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from common.paper import Room, forget_rooms, rooms
from common.records.record import Record, read_record
from common.run import launch, worker
from common.run import workers as run_in_workers
from tests.factory import make_importable

ROOT = Path(__file__).parents[1]
INIT = '''"""A room that trains in no time."""

from common.paper import Metric, Paper

PAPER = Paper(
    title="A Paper That Runs",
    authors="A. Author",
    year=1990,
    url="https://example.org",
    versions={versions!r},
    metric=Metric("error", "squared error (test)"),
    dataset={dataset!r},
    {more}
)
'''
MODEL = '''"""One weight w learns a number by gradient descent on (w - target)^2 / 2."""

import time
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Config:
    steps: int = 40
    pretrain_steps: int = 40
    finetune_steps: int = 20
    rate: float = 0.1


class Net:
    def __init__(self, seed):
        self.seed, self.weight = seed, np.array([float(seed + 1)])

    def step(self, i, target, rate):
        time.sleep(1e-4)  # records give milliseconds: in none there is no speed
        noise = np.random.default_rng((self.seed, i)).normal(0, 0.01)
        error = self.weight - target - noise
        self.weight = self.weight - rate * error
        return float((error**2).sum() / 2)

    def error(self, target):
        return float(((self.weight - target) ** 2).sum())

    def state(self):
        return {"weight": self.weight}

    def restore(self, saved):
        self.weight = np.array(saved["weight"].tolist())
'''
HEAD = '''"""Trains the room: `python -m papers.{name}.{version}.train`."""

from common.run.launch import main
from common.run.training import fit, measure
from papers.{name}.{version} import model


'''
FOOT = """

if __name__ == "__main__":
    main(__spec__.name)
"""
PLAIN = """def train(run):
    net, config = model.Net(run.seed), run.config
    return fit(
        run,
        steps=config.steps,
        tokens_per_step=8,
        step=lambda i: net.step(i, 1.0, config.rate),
        validate=lambda: net.error(1.0),
        finish=lambda: ({"error": net.error(1.0)}, ["A sample."]),
        state=net.state,
        restore=net.restore,
    )"""
PHASES = """def train(run):
    net, config = model.Net(run.seed), run.config
    own = {"tokens_per_step": 8, "state": net.state, "restore": net.restore}
    fit(
        run,
        phase="pretrain",
        steps=config.pretrain_steps,
        step=lambda i: net.step(i, 0.5, config.rate),
        validate=lambda: net.error(0.5),
        **own,
    )
    return fit(
        run,
        phase="finetune",
        steps=config.finetune_steps,
        step=lambda i: net.step(i, 1.0, config.rate),
        validate=lambda: net.error(1.0),
        finish=lambda: ({"error": net.error(1.0)}, ["A sample."]),
        **own,
    )"""
DEVIATIONS = '''"""One mistake, to be put back."""

from common.evidence.deviations import Deviation


def no_step(model):
    return {"Net.step": lambda self, i, target, rate: 1.0}


def it_steps(model):
    net = model.Net(0)
    net.step(0, 0.0, 0.1)
    assert net.weight != 1


DEVIATIONS = [
    Deviation(
        "no_step", "No step", place="Sec. 2", paper_says="it steps", code_does="it does not",
        kind="bug", introduced="version1", fixed="version2", source="an issue", inject=no_step,
        invariant=it_steps,
    ),
]
'''
PARAMS = """profile: smoke

smoke:
  seeds: [0, 1, 2]
"""


def make_running(
    root: Path,
    name: str,
    versions: dict[str, str],
    *,
    model: str = MODEL,
    params: str = PARAMS,
    dataset: str = "tinyshakespeare",
    deviations: str = "",
    **more: Any,
) -> Path:
    """Write papers/<name> under `root` and return it. `versions`: name -> its train(run)."""
    folder = root / "papers" / name
    for version, train in versions.items():
        own = {"__init__.py": "", "model.py": model}
        own["train.py"] = HEAD.format(name=name, version=version) + train + FOOT
        write({folder / version / file: text for file, text in own.items()})
    fields = "\n    ".join(f"{field}={value!r}," for field, value in more.items())
    said = {version: f"what {version} is" for version in versions}
    sections = "".join(f"  {v}: {{}}\n" for v in versions if f"  {v}:" not in params)
    write(
        {
            folder / "__init__.py": INIT.format(versions=said, dataset=dataset, more=fields),
            folder / "params.yaml": params + sections,
        }
    )
    if deviations:
        own = {"__init__.py": "", "deviations.py": deviations}
        write({folder / "evidence" / file: text for file, text in own.items()})
    for file in ("__init__.py", "__main__.py"):
        (root / "papers" / file).write_bytes((ROOT / "papers" / file).read_bytes())
    for linked in ("common", "params.yaml", "requirements.lock"):
        if not (root / linked).exists():
            (root / linked).symlink_to(ROOT / linked)
    make_importable(root, name)
    forget_rooms()
    return folder


def make_recorded(
    root: Path, name: str, versions: dict[str, str], sizes: Sequence[str] = (), **more: Any
) -> None:
    """`make_running`, then train and record every version, and the newest at each size."""
    make_running(root, name, versions, **more)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        for version in versions:
            recorded(root, name, version)
        for size in sizes:
            recorded(root, name, list(versions)[-1], size=size)


def enter(root: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> Room:
    """Stand in `root`, outside of any experiment of DVC, and return its room."""
    monkeypatch.chdir(root)
    monkeypatch.delenv("DVC_EXP_NAME", raising=False)
    return rooms(root)[name]


def write(files: dict[Path, str]) -> None:
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def recorded(
    root: Path,
    name: str,
    version: str,
    record: bool = True,
    said: list | None = None,
    **request: Any,
) -> Record:
    """Train it in this process, without MLflow, and return its record. `root` must be the folder
    we are in."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(launch, "run_seeds", _here)
        patch.setattr(worker, "send", lambda event: None)
        said = [] if said is None else said
        asked = launch.Request(name, version, **request)
        try:
            return read_record(launch.train_variant(asked, record=record, report=said.append))
        finally:
            forget_rooms()  # of this root


@pytest.fixture
def elsewhere():
    """What rooms there are is looked up anew before and after the test."""
    forget_rooms()
    yield
    forget_rooms()


def _here(jobs: list[dict], workers: int, threads: int, report: Any) -> list:
    for job in jobs:
        worker.work({**job, "rank": 0})
    return [run_in_workers._read(job) for job in jobs]


def python(root: Path, *words: str, code: int = 0) -> str:
    """What `python -m ...` says there, on both streams; it must end with that code."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    own = {"PATH": path, "OMP_NUM_THREADS": "1", "DVC_NO_ANALYTICS": "1", "COLUMNS": "200"}
    environment = {k: v for k, v in {**os.environ, **own}.items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=root, env=environment, capture_output=True, text=True
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr
