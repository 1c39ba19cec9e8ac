"""What a record looks like as MLflow runs: one parent with a child per seed. Plain data, no MLflow.

A seed has its curves and, without a step, its finals; the parent has the mean curve with its
interval, and the means. MLflow's limits are met here, so that no name, parameter or text of a
record can fail an import: keys are made of the characters it takes, long values are cut, None
(diverged) is left out.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from common.paper import Paper, order
from common.records.record import Record, SeedRun
from common.tracking.keys import (
    PARTS,
    SYSTEM,
    curve_key,
    metric_keys,
    names_tag,
    part_key,
    safe_key,
    short,
)
from common.tracking.mean_curve import mean_curve
from common.tracking.notes import experiment_note, parent_note, samples_text, seed_note

PARAM_LENGTH = 6000
TAG_LENGTH = 8000
DIGEST_LENGTH = 36
DIGITS = 6  # significant, of what is computed from several seeds
LAYOUT = "3"  # of what is written; runs of another are written anew
LAST = 10_000  # beyond any version's number
RECORD_FILE = "record.json"
SAMPLES_FILE = "samples.txt"

Point = tuple[str, float, int, int]  # metric, value, timestamp in ms, step


@dataclass(frozen=True)
class Run:
    """One run to be: times in ms since 1970."""

    name: str
    started: int
    ended: int
    tags: dict[str, str]
    params: dict[str, str]
    points: list[Point]  # the results first: MLflow lists metrics in this order
    datasets: list[tuple[dict[str, str], dict[str, str]]]  # name, digest, source; and its tags
    files: dict[str, str] = field(default_factory=dict)  # artifact -> text
    children: tuple[Run, ...] = ()


def record_run(
    record: Record, paper: Paper | None, summarise: Callable, changed: str | None = None
) -> Run:
    """The parent run of a record, with its children.

    `summarise` takes a list of values and returns an object with mean, low and high. `changed` says
    what a run of the user's own does otherwise, "" if nothing; None for a committed record.
    """
    started = milliseconds(record)
    ended = started + round(record.seconds * 1000)
    keys = metric_keys(record, paper.metric.name if paper else None)
    intervals = {
        metric: (summarise(values), len(values))
        for metric in keys
        if (values := [v for v in record.values(metric).values() if v is not None])
    }
    name = " ".join(filter(None, (record.variant, changed)))
    common = common_tags(record) | names_tag(keys) | _own_tags(changed)
    tags = common | {
        "level": "variant",
        "layout": LAYOUT,
        "seeds": str(len(record.seeds)),
        "mlflow.note.content": parent_note(record, paper, intervals, changed),
        "diverged": _diverged(record.seeds),
    }
    return Run(
        name=_cut(name, 200),
        started=started,
        ended=ended,
        tags=_clean_tags(tags),
        params=params(record.config),
        points=_means(record, keys, intervals, ended) + mean_curve(record, started, DIGITS),
        datasets=_datasets(record),
        files={
            RECORD_FILE: json.dumps(record.model_dump(mode="json"), ensure_ascii=False),
            SAMPLES_FILE: samples_text(record.seeds),
        },
        children=tuple(_seed_run(record, run, keys, common, name) for run in record.seeds),
    )


def experiment_tags(paper: Paper | None, name: str, own: bool = False) -> dict[str, str]:
    """Tags of a paper's experiment. `columns`, `sorted_by` and `filter` are what its
    table of runs begins with: MLflow can nest the seeds only where it sorts by date."""
    tags = {"mlflow.experimentKind": "custom_model_development"}
    if own:
        tags["own"] = "true"
    if paper is None:
        return tags
    tags |= {"title": paper.title, "url": paper.url, "authors": paper.authors}
    tags |= {"year": str(paper.year), "mlflow.note.content": experiment_note(paper, name, own)}
    metric = short(paper.metric.name)
    ends = [] if own else [part_key(metric, part) for part in PARTS]
    shown = [metric, *ends, "tokens_per_s"]
    labels = ["changed", "dataset", "hardware"] if own else ["version", "hardware", "seeds"]
    columns = [f"metrics.`{key}`" for key in shown] + [f"tags.`{key}`" for key in labels]
    tags["columns"] = json.dumps(columns)
    tags["sorted_by"] = "attributes.start_time" if own else "tags.`order`"
    tags["filter"] = "" if own else "tags.level = 'variant'"
    return _clean_tags(tags)


def milliseconds(record: Record) -> int:
    """When the record was started, in ms since 1970."""
    return round(datetime.fromisoformat(record.started).timestamp() * 1000)


def run_commit(record: Record) -> str:
    """The commit that trained it; `record.commit` is that of the last seal."""
    return record.resealed[0].commit if record.resealed else record.commit


def params(config: dict[str, Any]) -> dict[str, str]:
    """The config as flat parameters: {"train": {"steps": 5}} -> {"train.steps": "5"}."""
    flat: dict[str, str] = {}
    for name, value in _leaves(config):
        key = safe_key(name)
        if key in flat:
            key = safe_key(f"{key}_{len(flat)}")
        flat[key] = _cut(value if isinstance(value, str) else json.dumps(value), PARAM_LENGTH)
    return flat


def common_tags(record: Record) -> dict[str, str | None]:
    """What a parent and its children are found by."""
    machine = record.hardware.model_dump(exclude={"name"}, exclude_none=True)
    commit = run_commit(record)
    return {
        "paper": record.paper,
        "variant": record.variant,
        "version": record.version,
        "deviation": record.deviation,
        "size": record.size,
        "order": place_in_order(record),
        "profile": record.profile,
        "hardware": record.hardware.name,
        "seal": record.seal,
        "dataset": record.data_names,
        "dataset_sha256": record.dataset.sha256,
        "stand_in_for": record.dataset.stand_in_for,
        "started": record.started,
        "lock": record.lock,
        "commit_dirty": "true" if commit.endswith("-dirty") else None,
        "mlflow.user": "papers",
        "mlflow.source.type": "LOCAL",
        "mlflow.source.name": f"papers/{record.paper}/{record.version}/train.py",
        "mlflow.source.git.commit": commit.removesuffix("-dirty"),
        **{f"hardware.{safe_key(k)}": str(v) for k, v in machine.items()},
        **{f"engine.{safe_key(k)}": v for k, v in record.engine.items()},
        **{f"environment.{safe_key(k)}": v for k, v in record.environment.items()},
    }


def place_in_order(record: Record) -> str:
    """Sorts the table of runs as text: newest version first, then deviations and sizes."""
    number = order(record.version)[0]
    newest_first = f"{LAST - number:05d}" if number < LAST else f"{LAST + 1} {record.version}"
    kind = "2" if record.deviation else "3" if record.size else "1"
    return f"{kind} {newest_first} {record.deviation or record.size or ''}".strip()


def _own_tags(changed: str | None) -> dict[str, str | None]:
    return {} if changed is None else {"own": "true", "changed": changed or "nothing"}


def _seed_run(
    record: Record, run: SeedRun, keys: dict[str, str], common: dict[str, Any], name: str
) -> Run:
    started = milliseconds(record)
    ended = started + round(run.seconds * 1000)
    values = {keys[metric]: value for metric, value in run.metrics.items()}
    system = (run.seconds, run.tokens_per_second, run.peak_memory_mib)
    values |= dict(zip(SYSTEM.values(), system))
    tags = common | {
        "level": "seed",
        "seed": str(run.seed),
        "resumed": str(run.resumed),
        "mlflow.note.content": seed_note(record, run),
        "diverged": _diverged([run]),
    }
    return Run(
        name=f"{_cut(name, 200)} · seed {run.seed}",
        started=started,
        ended=ended,
        tags=_clean_tags(tags),
        params=params(record.config) | {"seed": str(run.seed)},
        points=_finals(values, ended) + _curve_points(run, started),
        datasets=_datasets(record),
        files={SAMPLES_FILE: samples_text([run])} if run.samples else {},
    )


def _curve_points(run: SeedRun, started: int) -> list[Point]:
    """The curve, time-stamped so that the UI's relative time is the training time.

    Tokens and seconds are curves of their own: the UI can put any metric on the x axis.
    """
    points = []
    for curve in run.curves:
        columns = {curve_key(n, curve.phase): c for n, c in curve.columns().items() if n != "step"}
        points += [
            (key, float(column[i]), started + round(curve.seconds[i] * 1000), step)
            for i, step in enumerate(curve.step)
            for key, column in columns.items()
            if column[i] is not None
        ]
        started += round(curve.seconds[-1] * 1000)  # the next phase began then
    return points


def _finals(values: dict[str, float | None], ended: int) -> list[Point]:
    """Numbers that belong to no step: MLflow draws a lone point at step 0 as a bar."""
    return [(key, float(value), ended, 0) for key, value in values.items() if value is not None]


def _means(
    record: Record, keys: dict[str, str], intervals: dict[str, tuple[Any, int]], ended: int
) -> list[Point]:
    values: dict[str, float] = {}
    for metric, (interval, n) in intervals.items():
        key = keys[metric]
        values[key] = interval.mean
        if n > 1:
            values |= {part_key(key, part): getattr(interval, part) for part in PARTS}
        if n != len(record.seeds):
            values[part_key(key, "n")] = n
    rows = [(r.seconds, r.tokens_per_second, r.peak_memory_mib) for r in record.seeds]
    for key, column in zip(SYSTEM.values(), zip(*rows)):
        if None not in column:
            values[key] = math.fsum(column) / len(column)
    return _finals({key: float(f"{value:.{DIGITS}g}") for key, value in values.items()}, ended)


def _datasets(record: Record) -> list[tuple[dict[str, str], dict[str, str]]]:
    """Each dataset of the record with its tags; MLflow's context is the use."""
    found = []
    for use, data in record.datasets.items():
        told = {
            "name": _cut(data.name or "unnamed", 500),
            "digest": data.sha256[:DIGEST_LENGTH] or "none",
            "source": json.dumps({"sha256": data.sha256}),
        }
        tags = {"mlflow.data.context": use or "train"}
        tags |= {"stand_in_for": _cut(data.stand_in_for, 500)} if data.stand_in_for else {}
        found.append((told, tags))
    return found


def _diverged(runs: Iterable[SeedRun]) -> str | None:
    """The seeds that have a metric without a value, as "0, 3"."""
    seeds = [str(r.seed) for r in runs if any(v is None for v in r.metrics.values())]
    return ", ".join(seeds) or None


def _clean_tags(tags: Mapping[str, str | None]) -> dict[str, str]:
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
