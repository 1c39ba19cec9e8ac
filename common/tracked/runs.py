"""What a record looks like as MLflow runs: one parent with a child per seed. Plain data, no MLflow.

MLflow's limits are met here, so that no name, parameter or text of a record can fail an import:
keys are made of the characters it takes, long values are cut, None (diverged) is left out.
"""

from __future__ import annotations

import hashlib
import json
import math
import posixpath
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from common.paper import Paper
from common.records import Record, SeedRun
from common.tracked.notes import experiment_note, parent_note, samples_text, seed_note

CURVES = ("loss", "validation", "tokens", "seconds")  # histories, over `step`
SYSTEM = ("training_seconds", "tokens_per_second", "peak_memory_mib")
KEY_LENGTH = 250
PARAM_LENGTH = 6000
TAG_LENGTH = 8000
DIGEST_LENGTH = 36
RECORD_FILE = "record.json"
SAMPLES_FILE = "samples.txt"

Point = tuple[str, float, int, int]  # metric, value, timestamp in ms, step


@dataclass(frozen=True)
class Run:
    """One run to be: times in ms since 1970, `points` in the order they were measured."""

    name: str
    started: int
    ended: int
    tags: dict[str, str]
    params: dict[str, str]
    points: list[Point]
    dataset: dict[str, str]  # name, digest, source
    dataset_tags: dict[str, str]
    files: dict[str, str] = field(default_factory=dict)  # artifact -> text
    children: tuple[Run, ...] = ()


def record_run(record: Record, paper: Paper | None, summarise: Callable) -> Run:
    """The parent run of a record, with its children.

    `summarise` takes a list of values and returns an object with mean, low and high.
    """
    started = milliseconds(record)
    ended = started + round(record.seconds * 1000)
    keys = metric_keys(record)
    intervals = {
        metric: (summarise(values), len(values))
        for metric in keys
        if (values := [v for v in record.values(metric).values() if v is not None])
    }
    tags = common_tags(record) | {
        "level": "variant",
        "seeds": str(len(record.seeds)),
        "mlflow.note.content": parent_note(record, paper, intervals),
        "diverged": _diverged(record.seeds),
    }
    return Run(
        name=f"{record.variant} · {record.hardware.name}",
        started=started,
        ended=ended,
        tags=_clean_tags(tags | _names_tag(keys)),
        params=params(record.config),
        points=_parent_points(record, keys, intervals, ended),
        dataset=_dataset(record),
        dataset_tags=_dataset_tags(record),
        files={
            RECORD_FILE: json.dumps(record.model_dump(mode="json"), ensure_ascii=False),
            SAMPLES_FILE: samples_text(record.seeds),
        },
        children=tuple(_seed_run(record, run, keys, started) for run in record.seeds),
    )


def experiment_tags(paper: Paper | None, name: str) -> dict[str, str]:
    """Tags of a paper's experiment. `columns` are those that the UI shows at first."""
    tags = {"mlflow.experimentKind": "custom_model_development"}
    if paper is None:
        return tags
    tags |= {"title": paper.title, "url": paper.url, "authors": paper.authors}
    tags |= {"year": str(paper.year), "mlflow.note.content": experiment_note(paper, name)}
    key = safe_key(paper.metric.name)
    shown = [f"{key}_mean", f"{key}_low", f"{key}_high", "n", "tokens_per_second_mean"]
    tags["columns"] = json.dumps([f"metrics.`{name}`" for name in [*shown, key]])
    return _clean_tags(tags)


def milliseconds(record: Record) -> int:
    """When the record was started, in ms since 1970."""
    return round(datetime.fromisoformat(record.started).timestamp() * 1000)


def metric_keys(record: Record) -> dict[str, str]:
    """Metric of the record -> its key in MLflow: allowed, unique, and no curve's name."""
    names = dict.fromkeys(name for run in record.seeds for name in run.metrics)
    taken = {*CURVES, *SYSTEM, "n"}
    keys = {}
    for name in names:
        key = safe_key(name)
        if key in taken:
            key = safe_key(f"{key}_{hashlib.sha256(name.encode()).hexdigest()[:6]}")
        taken.add(key)
        keys[name] = key
    return keys


def safe_key(name: str, length: int = KEY_LENGTH - 10) -> str:
    """A key that MLflow takes: letters, digits and `_-. /`, no path tricks, at most 240 long."""
    key = re.sub(r"[^A-Za-z0-9_\-. /]", "_", name.replace("@", "_at_"))
    key = posixpath.normpath(key).replace("..", "_").strip("/ ")
    key = re.sub(r"^\.$|^$", "_", key)
    if len(key) > length:
        key = f"{key[: length - 7]}_{hashlib.sha256(name.encode()).hexdigest()[:6]}"
    return key


def params(config: dict[str, Any]) -> dict[str, str]:
    """The config as flat parameters: {"train": {"steps": 5}} -> {"train.steps": "5"}."""
    flat: dict[str, str] = {}
    for name, value in _leaves(config):
        key = safe_key(name)
        if key in flat:
            key = safe_key(f"{key}_{hashlib.sha256(name.encode()).hexdigest()[:6]}")
        flat[key] = _cut(value if isinstance(value, str) else json.dumps(value), PARAM_LENGTH)
    return flat


def common_tags(record: Record) -> dict[str, str | None]:
    """What a parent and its children are found by."""
    machine = record.hardware.model_dump(exclude={"name"}, exclude_none=True)
    return {
        "paper": record.paper,
        "variant": record.variant,
        "version": record.version,
        "deviation": record.deviation,
        "profile": record.profile,
        "hardware": record.hardware.name,
        "seal": record.seal,
        "dataset": record.dataset.name,
        "dataset_sha256": record.dataset.sha256,
        "stand_in_for": record.dataset.stand_in_for,
        "started": record.started,
        "lock": record.lock,
        "commit_dirty": "true" if record.commit.endswith("-dirty") else None,
        "mlflow.user": "papers",
        "mlflow.source.type": "LOCAL",
        "mlflow.source.name": f"papers/{record.paper}/{record.version}/train.py",
        "mlflow.source.git.commit": record.commit.removesuffix("-dirty"),
        **{f"hardware.{safe_key(k)}": str(v) for k, v in machine.items()},
        **{f"engine.{safe_key(k)}": v for k, v in record.engine.items()},
        **{f"environment.{safe_key(k)}": v for k, v in record.environment.items()},
    }


def _seed_run(record: Record, run: SeedRun, keys: dict[str, str], started: int) -> Run:
    ended = started + round(run.seconds * 1000)
    last = run.curve.step[-1] if run.curve.step else 0
    values = {keys[name]: value for name, value in run.metrics.items()}
    values |= dict(zip(SYSTEM, (run.seconds, run.tokens_per_second, run.peak_memory_mib)))
    finals = [(key, v, ended, last) for key, v in values.items() if v is not None]
    tags = common_tags(record) | {
        "level": "seed",
        "seed": str(run.seed),
        "resumed": str(run.resumed),
        "mlflow.note.content": seed_note(record, run),
        "diverged": _diverged([run]),
    }
    return Run(
        name=f"seed {run.seed}",
        started=started,
        ended=ended,
        tags=_clean_tags(tags | _names_tag(keys)),
        params=params(record.config) | {"seed": str(run.seed)},
        points=_curve_points(run, started) + finals,
        dataset=_dataset(record),
        dataset_tags=_dataset_tags(record),
        files={SAMPLES_FILE: samples_text([run])} if run.samples else {},
    )


def _curve_points(run: SeedRun, started: int) -> list[Point]:
    """The curve, time-stamped so that the UI's relative time is the training time.

    `tokens` and `seconds` are curves of their own: the UI can put any metric on the x axis.
    """
    curve = run.curve
    columns = {name: getattr(curve, name) for name in CURVES}
    return [
        (name, float(column[i]), started + round(curve.seconds[i] * 1000), step)
        for i, step in enumerate(curve.step)
        for name, column in columns.items()
        if column[i] is not None
    ]


def _parent_points(
    record: Record, keys: dict[str, str], intervals: dict[str, tuple[Any, int]], ended: int
) -> list[Point]:
    values: dict[str, float] = {"n": len(record.seeds)}
    for metric, (interval, n) in intervals.items():
        key = keys[metric]
        values |= {f"{key}_{part}": getattr(interval, part) for part in ("mean", "low", "high")}
        if n != len(record.seeds):
            values[f"{key}_n"] = n
    rows = [(r.seconds, r.tokens_per_second, r.peak_memory_mib) for r in record.seeds]
    for name, column in zip(SYSTEM, zip(*rows)):
        values[f"{name}_mean"] = math.fsum(column) / len(column)
    return [(key, float(value), ended, 0) for key, value in values.items()]


def _dataset(record: Record) -> dict[str, str]:
    return {
        "name": _cut(record.dataset.name or "unnamed", 500),
        "digest": record.dataset.sha256[:DIGEST_LENGTH] or "none",
        "source": json.dumps({"sha256": record.dataset.sha256}),
    }


def _dataset_tags(record: Record) -> dict[str, str]:
    stand_in = record.dataset.stand_in_for
    tags = {"mlflow.data.context": "train"}
    return tags | ({"stand_in_for": _cut(stand_in, 500)} if stand_in else {})


def _diverged(runs: Iterable[SeedRun]) -> str | None:
    """The seeds that have a metric without a value, as "0, 3"."""
    seeds = [str(r.seed) for r in runs if any(v is None for v in r.metrics.values())]
    return ", ".join(seeds) or None


def _names_tag(keys: dict[str, str]) -> dict[str, str]:
    """Tag that keeps the real names of renamed metrics."""
    renamed = {key: name for name, key in keys.items() if key != name}
    return {"metric_names": json.dumps(renamed)} if renamed else {}


def _clean_tags(tags: dict[str, str | None]) -> dict[str, str]:
    return {key: _cut(value, TAG_LENGTH) for key, value in tags.items() if value is not None}


def _leaves(content: dict[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for name, value in content.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _cut(text: str, length: int) -> str:
    """At most `length` characters, with a mark where something was cut; no NUL, no surrogate."""
    text = text.replace("\0", "").encode(errors="replace").decode()
    return text if len(text) <= length else text[: length - 1] + "…"
