"""The tracked runs as data frames: what the reports read.

runs: one row per run, parents (`level` "variant") and seeds (`level` "seed"). Plain columns,
always there: run_id, parent_id, run_name, commit and those of PLAIN; `seed` is <NA> for parents,
the others None where there is none. Then `metrics.<name>`, `params.<name>` and, for the rest
(hardware.*, engine.*, environment.*, lock), `tags.<name>`, where any run has such. Metrics of a
seed bear the record's names, with training_seconds, tokens_per_second and peak_memory_mib beside
them; a parent has their means under the same names, `metrics.<name>_low` and `_high`, rounded, and
`metrics.<name>_n` where fewer seeds have a value.

curves: one row per seed, phase and step: run_id, paper, variant, hardware, profile, seed, phase (""
where the run has none), step, tokens, seconds, loss (training, nats), validation (the paper's
metric), losses.<name>; NaN where it was not measured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pandas

from common.records.record import MEASURED
from common.tracking.keys import AXES, AXIS, BAND, CURVE, NAMED, column_of, name_of, names_of

PLAIN = (
    "level",
    "paper",
    "variant",
    "version",
    "deviation",
    "size",
    "hardware",
    "profile",
    "seed",
    "seal",
    "dataset",
    "dataset_sha256",
    "stand_in_for",
    "commit_dirty",
    "started",
    "diverged",
)
WHOSE = ["run_id", "paper", "variant", "hardware", "profile", "seed"]
ORDER = ["paper", "hardware", "variant", "profile", "level", "seed"]


def runs_frame(runs: Iterable[Any]) -> pandas.DataFrame:
    """MLflow's run entities as a frame, by paper, hardware, variant; a parent after its seeds."""
    frame = pandas.DataFrame([_row(run) for run in runs])
    for column in ("run_id", "parent_id", "run_name", "commit", *PLAIN):
        if column not in frame:
            frame[column] = None
        # pyrefly: ignore[bad-argument-type]  # pandas takes None here, its annotation does not
        frame[column] = frame[column].astype(object).where(frame[column].notna(), None)
    frame["seed"] = pandas.to_numeric(frame["seed"]).astype("Int64")
    return frame.sort_values(ORDER, kind="stable", ignore_index=True)


def points_frame(history: Callable, runs: Iterable[Any]) -> pandas.DataFrame:
    """Metric histories asked for one by one: `history(run_id, key)` gives MLflow's metrics."""
    rows = [
        (run.info.run_id, point.step, key, point.value)
        for run in runs
        for key in run.data.metrics
        if key.startswith((CURVE, AXIS)) and run.data.tags.get("level") == "seed"
        for point in history(run.info.run_id, key)
    ]
    return pandas.DataFrame(rows, columns=["run_id", "step", "key", "value"])


def curves_frame(runs: pandas.DataFrame, points: pandas.DataFrame) -> pandas.DataFrame:
    """Points (run_id, step, key, value) as one row per seed, phase and step, in the order of
    `runs`."""
    seeds = runs.loc[runs["level"] == "seed", WHOSE].reset_index(drop=True)
    seeds["order"] = range(len(seeds))
    points = points.astype({"run_id": object})  # without rows pandas takes them for numbers
    points = points.drop_duplicates(["run_id", "step", "key"], keep="last")
    places = {key: column_of(key) for key in points["key"].unique()}
    for i, part in enumerate(("phase", "column")):
        points[part] = points["key"].map({key: place[i] for key, place in places.items()})
    at = ["run_id", "phase", "step"]
    wide = points.astype({"phase": object}).pivot(index=at, columns="column", values="value")
    named = sorted(column for column in map(str, wide) if column.startswith(NAMED))
    wide = wide.reset_index().reindex(columns=[*at, *AXES, *MEASURED, *named])
    merged = seeds.merge(wide, on="run_id").sort_values(["order", "phase", "step"])
    return merged[[*WHOSE, *at[1:], *AXES, *MEASURED, *named]].reset_index(drop=True)


def _row(run: Any) -> dict[str, Any]:
    tags = dict(run.data.tags)
    names = names_of(tags.pop("metric_names", "{}"))
    row: dict[str, Any] = {"run_id": run.info.run_id, "run_name": run.info.run_name}
    row["parent_id"] = tags.pop("mlflow.parentRunId", None)
    row["commit"] = tags.pop("mlflow.source.git.commit", None)
    row |= {key: tags.pop(key, None) for key in PLAIN}
    finals = {k: v for k, v in run.data.metrics.items() if not k.startswith((CURVE, BAND, AXIS))}
    row |= {f"metrics.{name_of(key, names)}": value for key, value in finals.items()}
    row |= {f"params.{key}": value for key, value in run.data.params.items()}
    return row | {f"tags.{k}": v for k, v in tags.items() if not k.startswith("mlflow.")}
