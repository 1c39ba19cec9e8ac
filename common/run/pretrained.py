"""Pre-trained weights are kept: `papers finetune` goes on from them, and trains them once.

A run in phases ends its first one with a checkpoint (training.py). That of its first seed is moved
to local/pretrained/<paper>/<version>-<key>/, where the key is of all that decides it: code, data,
engine, seed and parameters. Labelled lines of a user's own are not among them, nor are parameters
of fine-tuning, whose names TUNING matches. A run that takes it finds it where its own would be.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import Any

from common.paper import find_root, owner
from common.records.record import Record, write_json
from common.run.checkpoints import Checkpoints
from common.run.datasets import fine_tunes, identify, labels_of_own
from common.run.hardware import environment
from common.run.request import plain

TUNING = re.compile(r"(few_|finetune_)?steps|tun(e|ing)_\w+")
KEPT = 3  # of a version, the newest
FROM, ENGINE = "from.json", "engine.json"
Launch = Any  # that of launch.py, which imports this


def place(launch: Launch) -> Path:
    """Where the weights of such a run's first seed are kept."""
    request, datasets = launch.request, launch.datasets
    if labels_of_own(launch.home, request.data):
        datasets = {**datasets, "": identify(launch.home, None, lambda line: None)[""]}
    config = plain(launch.plan.config).items()
    content = [
        [request.device, request.dtype, request.threads, request.processes, environment()],
        [launch.plan.profile == "smoke", {n: v for n, v in config if not TUNING.fullmatch(n)}],
        [{use: dataset.sha256 for use, dataset in datasets.items()}, launch.sources],
        launch.plan.seeds[0],
    ]
    key = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]
    return launch.root / "local" / "pretrained" / request.paper / f"{request.variant}-{key}"


def keep(launch: Launch, record: Record, path: Path) -> None:
    """Move what the first seed ended its earlier phases with, if that is not kept already. `path`
    is where the record of the run lies."""
    run = record.seeds[0]
    if not run.earlier or run.diverged or launch.request.deviation or not fine_tunes(launch.home):
        return
    final = place(launch)
    if _told(final):
        return
    new = final.with_name(f".{final.name}")
    for left in (final, new):
        shutil.rmtree(left, ignore_errors=True)
    for curve in run.earlier:
        step = Path(str(curve.phase), f"step-{curve.step[-1]}")
        (new / step).parent.mkdir(parents=True)
        (launch.work / f"seed-{run.seed}" / step).rename(new / step)
    shutil.copyfile(launch.work / ENGINE, new / ENGINE)
    told = path.relative_to(owner(find_root())).as_posix()
    write_json(new / FROM, {"record": told, "started": record.started})
    new.rename(final)
    for old in sorted(final.parent.glob(f"{launch.request.variant}-*"), key=_written)[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def take(launch: Launch, report) -> None:
    """Let the run, of one seed, go on from what is kept; say whose that is, or that there is
    nothing. A run that was stopped goes on from its own."""
    kept, mine = place(launch), launch.work / f"seed-{launch.plan.seeds[0]}"
    if mine.exists():
        return
    if (told := _told(kept)) is None:
        name = f"{launch.request.paper} {launch.request.variant}"
        report(f"no pre-trained weights of {name} with these parameters and this seed are here:")
        report("it is pre-trained first, and they are kept for the next time.")
        return
    new = mine.with_name(f".{mine.name}")
    shutil.copytree(kept, new, dirs_exist_ok=True)
    (new / ENGINE).replace(launch.work / ENGINE)
    new.rename(mine)
    report(f"pre-trained weights: those of {told['record']}, {told['started'][:10]};")
    report(f"they are kept in {kept.relative_to(launch.root)}.")


def _told(kept: Path) -> dict[str, str] | None:
    """Whose weights they are; None if there are none, or one of their files is damaged."""
    try:
        told = json.loads((kept / FROM).read_bytes())
        phases = [path for path in kept.iterdir() if path.is_dir()]
        whole = bool(phases) and all(Checkpoints(path).load() for path in phases)
        return {name: str(told[name]) for name in ("record", "started")} if whole else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _written(folder: Path) -> float:
    return folder.stat().st_mtime
