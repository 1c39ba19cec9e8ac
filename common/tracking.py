"""Records into MLflow and back. The only file that imports mlflow, and only inside functions.

Experiment = paper, parent run = (variant, hardware), child run = seed. The records are the truth
and MLflow a view of them, rebuilt at any time: importing is keyed by the seal, a half-broken import
is recognised and redone, and runs whose record was replaced are deleted the MLflow way (hidden,
tagged with the new seal, to be found under "Deleted" until `mlflow gc`), so that every number
that is shown belongs to a current record.
"""

from __future__ import annotations

import json
import tempfile
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.errors import UserError
from common.paper import Paper, rooms
from common.records import Record, write_record
from common.tracked.experiments import (
    attach,
    by_path,
    delete,
    delete_others,
    experiment_of,
    experiments,
    families,
    place,
    stored_record,
)
from common.tracked.runs import Run, record_run
from common.tracked.serving import serve, with_entrance
from common.tracked.store import (
    SAFE,
    batches,
    is_database,
    label,
    locked,
    probe,
    set_environment,
    speaking,
    sqlite_path,
    temporary_store,
    uri,
    without_credentials,
    write_texts,
)

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Experiment

__all__ = ["Imported", "export_records", "import_records", "prepare", "query", "read_back"]
__all__ += ["remove_others", "serve", "temporary_store", "try_import", "ui_app", "uri"]

METRICS_PER_CALL, PARAMS_PER_CALL = 1000, 100
Figures = Mapping[str, Sequence[Path]]


@dataclass(frozen=True)
class Imported:
    """What an import did, in records."""

    new: int = 0
    unchanged: int = 0
    replaced: int = 0  # of the new ones: those that took an older record's place

    def __str__(self) -> str:
        text = f"{self.new} new, {self.unchanged} unchanged"
        return text + (f", {self.replaced} replaced older ones" if self.replaced else "")


def prepare(uri: str) -> MlflowClient:
    """Open the store, creating it if need be. UserError names a store that cannot be used.

    Two processes that create a database's tables at once would ruin it, hence the lock.
    """
    set_environment()
    path = sqlite_path(uri)
    with speaking(uri):
        from mlflow import MlflowClient

        if path is None:
            with locked(uri) if is_database(uri) else nullcontext():
                client = MlflowClient(uri)
                client.search_experiments(max_results=1)
            return client
        path.parent.mkdir(parents=True, exist_ok=True)
        with locked(uri):
            probe(path)
            fresh = not path.exists() or not path.stat().st_size
            client = MlflowClient(uri)
            if fresh:  # MLflow's empty "Default" would stand first in the list of papers
                client.delete_experiment("0")
            client.search_experiments(max_results=1)
        return client


def import_records(
    records: Iterable[Record],
    uri: str,
    figures: Figures | None = None,
    *,
    papers: Mapping[str, Paper] | None = None,
    summarise: Callable | None = None,
) -> Imported:
    """Bring the store up to date with the records; those that it already has are left alone.

    figures: paper -> image files, attached to the paper's versions. papers: name -> Paper, by
    default those of this repository. summarise: values -> mean, low, high, by default that of
    `common.statistics`. UserError when the store cannot be used.
    """
    client = prepare(uri)
    if summarise is None:
        from common.statistics import summary as summarise
    done = [Imported()]
    for name, group in groupby(sorted(records, key=lambda r: r.paper), key=lambda r: r.paper):
        paper = _paper(name) if papers is None else papers.get(name)
        with speaking(uri), locked(uri):
            experiment = experiment_of(client, uri, name, paper)
            done.append(_import(client, uri, experiment, paper, list(group), summarise))
            attach(client, experiment, (figures or {}).get(name, ()))
    return Imported(*map(sum, zip(*((d.new, d.unchanged, d.replaced) for d in done))))


def try_import(records: Iterable[Record], uri: str, figures: Figures | None = None) -> str:
    """Import and say in one sentence how it went. Raises nothing: tracking never costs a run."""
    try:
        return f"MLflow ({label(uri)}): {import_records(records, uri, figures)}."
    except UserError as error:
        return f"MLflow was not updated: {error} {SAFE}"
    except Exception as error:  # a run must end well whatever MLflow's next release raises
        reason = without_credentials(error)[:150]
        return f"MLflow was not updated: {type(error).__name__}: {reason}. {SAFE}"


def read_back(uri: str) -> list[Record]:
    """The records that the store holds, by paper, hardware and variant; seals checked."""
    client = prepare(uri)
    with speaking(uri):
        found = [f for e in experiments(client) for f in families(client, e) if f.whole]
        records = [stored_record(client, uri, family.parent) for family in found]
    return sorted(records, key=lambda r: (r.paper, r.hardware.name, r.variant))


def export_records(uri: str, folder: Path) -> tuple[list[Path], list[Record]]:
    """Write the store's records as `folder/<paper>/runs/<hardware>/<variant>.json`.

    Of records with one path, e.g. of two profiles, the newest is written; the others are returned
    beside the paths. The bytes are those that were imported. UserError when a seal does not match.
    """
    paths, left_out = by_path(read_back(uri), folder)
    for path, record in paths.items():
        write_record(path, record)
    return sorted(paths), left_out


def remove_others(records: Iterable[Record], uri: str) -> int:
    """Delete, the MLflow way, the runs in whose place none of these records stands; how many."""
    client = prepare(uri)
    with speaking(uri), locked(uri):
        return delete_others(client, records)


def query(uri: str, papers: Iterable[str] | None = None) -> tuple[Any, Any]:
    """(runs, curves) of the store, of all papers or the named ones: see `common.tracked.frames`."""
    from common.tracked import frames

    client = prepare(uri)
    with speaking(uri):
        wanted = None if papers is None else set(papers)
        chosen = [e for e in experiments(client) if wanted is None or e.name in wanted]
        found = [f for e in chosen for f in families(client, e) if f.whole]
        runs = frames.runs_frame([run for f in found for run in (f.parent, *f.children)])
        if is_database(uri):
            from common.tracked import sql

            points = sql.histories(uri, [e.experiment_id for e in chosen], frames.CURVES)
        else:
            points = frames.points_frame(client.get_metric_history, runs)
        return runs, frames.curves_frame(runs, points)


def ui_app() -> Callable:
    """The ASGI app behind `papers ui`: MLflow's own, security middleware and all."""
    from mlflow.server.fastapi_app import app
    from mlflow.server.handlers import _get_tracking_store

    def columns() -> dict[str, list[str]]:
        found = _get_tracking_store().search_experiments()
        return {
            e.experiment_id: json.loads(e.tags["columns"]) for e in found if "columns" in e.tags
        }

    return with_entrance(app, columns)


def _paper(name: str) -> Paper | None:
    """The paper of that name in this repository; None when the records come from elsewhere."""
    try:
        return rooms()[name].paper if name in rooms() else None
    except UserError:
        return None


def _import(
    client: MlflowClient,
    uri: str,
    experiment: Experiment,
    paper: Paper | None,
    records: list[Record],
    summarise: Callable,
) -> Imported:
    """Write what is new, then delete what it replaces and what is broken: never a gap."""
    records = list({place(record): record for record in records}.values())
    found = families(client, experiment)
    kept = {family.seal: family for family in reversed(found) if family.whole}
    new = [record for record in records if record.seal not in kept]
    _write(client, uri, experiment, [record_run(record, paper, summarise) for record in new])
    seals = {place(record): record.seal for record in records}
    old = [f for f in kept.values() if f.seal != seals.get(f.place, f.seal)]
    for family in old:
        delete(client, family, {"superseded_by": seals[family.place]})
    for family in found:
        if kept.get(family.seal) is not family:
            delete(client, family, {"broken": "true"})
    return Imported(len(new), len(records) - len(new), len({f.place for f in old}))


def _write(client: MlflowClient, uri: str, experiment: Experiment, runs: list[Run]) -> None:
    """Write the runs straight into the database in one transaction, else through MLflow's calls."""
    if not runs or (is_database(uri) and _write_rows(uri, experiment, runs)):
        return
    for run in runs:
        _write_run(client, experiment, run)


def _write_rows(uri: str, experiment: Experiment, runs: list[Run]) -> bool:
    """False, with nothing written, when the database's tables are not the expected ones."""
    from common.tracked import sql

    location = experiment.artifact_location
    with sql.connected(uri) as connection:
        tables = sql.tables(connection)
        if tables is None:
            return False
        named = [(uuid.uuid4().hex, run) for run in runs]
        for parent, run in named:
            for identity, one in sql.with_children(parent, run):
                _store_files(sql.artifact_folder(location, identity), one.files)
        sql.write(connection, tables, int(experiment.experiment_id), location, named)
    return True


def _store_files(location: str, files: Mapping[str, str]) -> None:
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    if not files:
        return
    repository = get_artifact_repository(location)
    if hasattr(repository, "artifact_dir"):  # a local disk
        write_texts(Path(repository.artifact_dir), files)
        return
    with tempfile.TemporaryDirectory() as folder:
        write_texts(Path(folder), files)
        repository.log_artifacts(folder)


def _write_run(
    client: MlflowClient, experiment: Experiment, run: Run, parent: str | None = None
) -> None:
    """One run and its children through MLflow's calls; the parent is FINISHED last of all."""
    from mlflow.entities import Metric, Param

    tags = run.tags | ({"mlflow.parentRunId": parent} if parent else {})
    created = client.create_run(experiment.experiment_id, run.started, tags, run.name)
    identity = created.info.run_id
    for part in batches(run.points, METRICS_PER_CALL):
        client.log_batch(identity, metrics=[Metric(*point) for point in part])
    for part in batches(list(run.params.items()), PARAMS_PER_CALL):
        client.log_batch(identity, params=[Param(key, value) for key, value in part])
    client.log_inputs(identity, [_dataset_input(run)])
    for name, text in run.files.items():
        client.log_text(identity, text, name)
    for child in run.children:
        _write_run(client, experiment, child, identity)
    client.set_terminated(identity, "FINISHED", end_time=run.ended)


def _dataset_input(run: Run) -> Any:
    from mlflow.entities import Dataset, DatasetInput, InputTag

    data = run.dataset
    dataset = Dataset(data["name"], data["digest"], "local", data["source"])
    return DatasetInput(dataset, [InputTag(k, v) for k, v in run.dataset_tags.items()])
