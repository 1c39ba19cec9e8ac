"""Runs straight into and out of an MLflow database, in one transaction.

MLflow's own calls take about 35 ms a run; thirty papers are 1,700 runs. Where the store is a
database, this writes the same rows (a test compares them) some twenty times as fast, and an import
is there whole or not at all. The tables are read from the database itself: `tables` says whether
they are the ones known here; where they are not, and on a tracking server, MLflow's calls are used.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import sqlalchemy
from sqlalchemy import column, or_, select, table

from common.errors import UserError
from common.tracking.runs import Run
from common.tracking.store import label

if TYPE_CHECKING:
    import pandas

WRITTEN = {
    "runs": "run_uuid name source_type source_name entry_point_name user_id status start_time "
    "end_time source_version lifecycle_stage artifact_uri experiment_id deleted_time",
    "tags": "key value run_uuid",
    "params": "key value run_uuid",
    "metrics": "key value timestamp run_uuid step is_nan",
    "latest_metrics": "key value timestamp step is_nan run_uuid",
    "datasets": "dataset_uuid experiment_id name digest dataset_source_type dataset_source "
    "dataset_schema dataset_profile",
    "inputs": "input_uuid source_type source_id destination_type destination_id step",
    "input_tags": "input_uuid name value",
}
LOCK_SECONDS = 20
LOCK_KEY = 0x70617065  # any number that all importers share
Rows = dict[str, list[dict[str, Any]]]


@contextmanager
def connected(uri: str) -> Iterator[sqlalchemy.Connection]:
    """A connection whose work is committed at the end, or undone by an error."""
    options = {"connect_args": {"timeout": LOCK_SECONDS}} if uri.startswith("sqlite") else {}
    engine = sqlalchemy.create_engine(uri, poolclass=sqlalchemy.NullPool, **options)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


@contextmanager
def exclusive(uri: str, seconds: int) -> Iterator[None]:
    """PostgreSQL's own lock, for importers on several machines; `seconds` to wait for it."""
    try:
        engine = sqlalchemy.create_engine(uri, poolclass=sqlalchemy.NullPool)
    except ValueError:
        form = "postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
        raise UserError(f"{label(uri)} is not understood: write {form}.") from None
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sqlalchemy.text(f"SET lock_timeout = '{int(seconds)}s'"))
            connection.execute(sqlalchemy.text(f"SELECT pg_advisory_lock({LOCK_KEY})"))
            yield
    finally:
        engine.dispose()


def tables(connection: sqlalchemy.Connection) -> dict[str, sqlalchemy.Table] | None:
    """The tables by name, or None if they are not the ones that this module knows."""
    metadata = sqlalchemy.MetaData()
    try:
        metadata.reflect(connection, only=list(WRITTEN), resolve_fks=False)
    except sqlalchemy.exc.InvalidRequestError:
        return None
    known = all(
        {column.name for column in metadata.tables[name].columns} == set(columns.split())
        for name, columns in WRITTEN.items()
    )
    return dict(metadata.tables) if known else None


def write(
    connection: sqlalchemy.Connection,
    into: dict[str, sqlalchemy.Table],
    experiment: int,
    location: str,
    runs: Sequence[tuple[str, Run]],
) -> None:
    """Insert runs, given with their ids, and their children; `location` holds their files."""
    rows: Rows = {name: [] for name in WRITTEN}
    datasets = _known_datasets(connection, into["datasets"], experiment)
    for run_id, run in runs:
        for one, content in with_children(run_id, run):
            parent = None if one == run_id else run_id
            rows["runs"].append(_run_row(experiment, artifact_folder(location, one), one, content))
            _add_values(rows, one, content, parent)
            for dataset in content.datasets:
                _add_dataset(rows, datasets, experiment, one, dataset)
    for name, content in rows.items():  # in the order of their foreign keys
        if content:
            connection.execute(into[name].insert(), content)


def with_children(run_id: str, run: Run) -> list[tuple[str, Run]]:
    """The run and its children with ids, known before they are written: files are stored first.

    Runs that began together are shown by id, so those of the children count up.
    """
    numbered = (f"{run_id[:-4]}{i:04x}" for i in range(2**16) if f"{i:04x}" != run_id[-4:])
    return [(run_id, run), *zip(numbered, run.children)]


def artifact_folder(location: str, run_id: str) -> str:
    """Where MLflow keeps the files of a run of an experiment at `location`."""
    return f"{location.rstrip('/')}/{run_id}/artifacts"


def histories(uri: str, experiments: Iterable[str], sections: Iterable[str]) -> pandas.DataFrame:
    """Metric histories of all active runs whose keys begin so: run_id, step, key, value."""
    import pandas

    metrics = table("metrics", *map(column, ("run_uuid", "step", "key", "value", "is_nan")))
    runs = table("runs", *map(column, ("run_uuid", "experiment_id", "lifecycle_stage")))
    query = (
        select(metrics.c.run_uuid.label("run_id"), metrics.c.step, metrics.c.key)
        .add_columns(metrics.c.value)
        .join_from(metrics, runs, metrics.c.run_uuid == runs.c.run_uuid)
        .where(runs.c.lifecycle_stage == "active", or_(*map(metrics.c.key.startswith, sections)))
        .where(runs.c.experiment_id.in_([int(e) for e in experiments]))
    )
    with connected(uri) as connection:
        result = connection.execute(query)
        columns = list(zip(*result)) or [()] * 4
    return pandas.DataFrame(dict(zip(("run_id", "step", "key", "value"), columns)))


def outlines(uri: str, experiment: str, keys: Iterable[str]) -> list[Any]:
    """The active runs of an experiment, oldest first, as MLflow's entities: ids, status, some tags.

    The tags are those named by `keys`.
    """
    columns = ("run_uuid", "experiment_id", "lifecycle_stage", "status", "start_time")
    runs = table("runs", *map(column, columns))
    tags = table("tags", *map(column, ("run_uuid", "key", "value")))
    query = (
        select(runs.c.run_uuid, runs.c.status, tags.c.key, tags.c.value)
        .join_from(runs, tags, runs.c.run_uuid == tags.c.run_uuid)
        .where(runs.c.experiment_id == int(experiment), runs.c.lifecycle_stage == "active")
        .where(tags.c.key.in_(list(keys)))
        .order_by(runs.c.start_time, runs.c.run_uuid)
    )
    found: dict[str, SimpleNamespace] = {}
    with connected(uri) as connection:
        for run_id, status, key, value in connection.execute(query):
            info = SimpleNamespace(run_id=run_id, status=status)
            run = SimpleNamespace(info=info, data=SimpleNamespace(tags={}))
            found.setdefault(run_id, run).data.tags[key] = value
    return list(found.values())


def _known_datasets(
    connection: sqlalchemy.Connection, table: sqlalchemy.Table, experiment: int
) -> dict[tuple[str, str], str]:
    columns = table.c.name, table.c.digest, table.c.dataset_uuid
    found = connection.execute(select(*columns).where(table.c.experiment_id == experiment))
    return {(name, digest): identity for name, digest, identity in found}


def _add_values(rows: Rows, run_id: str, run: Run, parent: str | None) -> None:
    tags = run.tags | {"mlflow.runName": run.name}
    tags |= {"mlflow.parentRunId": parent} if parent else {}
    rows["tags"] += [{"key": k, "value": v, "run_uuid": run_id} for k, v in tags.items()]
    rows["params"] += [{"key": k, "value": v, "run_uuid": run_id} for k, v in run.params.items()]
    points = [_point_row(run_id, *point) for point in dict.fromkeys(run.points)]
    rows["metrics"] += points
    latest: dict[str, dict[str, Any]] = {}
    for point in points:
        best = latest.get(point["key"])
        if best is None or _order(point) >= _order(best):
            latest[point["key"]] = point
    rows["latest_metrics"] += latest.values()


def _order(point: dict[str, Any]) -> tuple[int, int, float]:
    """Which of two points MLflow calls the latest."""
    return point["step"], point["timestamp"], point["value"]


def _point_row(run_id: str, key: str, value: float, timestamp: int, step: int) -> dict[str, Any]:
    return {
        "run_uuid": run_id,
        "key": key,
        "value": value,
        "timestamp": timestamp,
        "step": step,
        "is_nan": False,
    }


def _run_row(experiment: int, artifacts: str, run_id: str, run: Run) -> dict[str, Any]:
    return {
        "run_uuid": run_id,
        "name": run.name,
        "source_type": "UNKNOWN",  # as MLflow's client leaves it; the tags say the source
        "source_name": "",
        "entry_point_name": "",
        "user_id": run.tags["mlflow.user"],
        "status": "FINISHED",
        "start_time": run.started,
        "end_time": run.ended,
        "source_version": "",
        "lifecycle_stage": "active",
        "artifact_uri": artifacts,
        "experiment_id": experiment,
        "deleted_time": None,
    }


def _add_dataset(
    rows: Rows,
    datasets: dict[tuple[str, str], str],
    experiment: int,
    run_id: str,
    dataset: tuple[dict[str, str], dict[str, str]],
) -> None:
    data, tags = dataset
    name, digest = data["name"], data["digest"]
    if (name, digest) not in datasets:
        datasets[name, digest] = uuid.uuid4().hex
        rows["datasets"].append(
            {
                "dataset_uuid": datasets[name, digest],
                "experiment_id": experiment,
                "name": name,
                "digest": digest,
                "dataset_source_type": "local",
                "dataset_source": data["source"],
                "dataset_schema": None,
                "dataset_profile": None,
            }
        )
    edge = uuid.uuid4().hex
    rows["inputs"].append(
        {
            "input_uuid": edge,
            "source_type": "DATASET",
            "source_id": datasets[name, digest],
            "destination_type": "RUN",
            "destination_id": run_id,
            "step": 0,
        }
    )
    rows["input_tags"] += [{"input_uuid": edge, "name": k, "value": v} for k, v in tags.items()]
