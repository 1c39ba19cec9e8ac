"""Records into MLflow and back. Imports mlflow, and only inside functions.

Experiment = paper (and one beside it for the user's own runs), parent run = (variant, hardware),
child run = seed. The records are the truth and MLflow a view of them, rebuilt at any time:
importing is keyed by the seal, a half-broken import is recognised and redone, and runs whose record
was replaced are deleted the MLflow way (hidden, tagged with the new seal, to be found under
"Deleted" until `mlflow gc`), so that every number that is shown belongs to a current record.
"""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.errors import UserError
from common.paper import Paper, rooms
from common.records.record import Record, write_record
from common.tracking.experiments import (
    LOCAL,
    by_path,
    experiment_of,
    experiments,
    families,
    stored_record,
)
from common.tracking.locks import locked
from common.tracking.opening import prepare
from common.tracking.runs import Run
from common.tracking.serving import guarded, serve, view, with_entrance
from common.tracking.store import (
    SAFE,
    batches,
    is_database,
    label,
    speaking,
    temporary_store,
    uri,
    without_credentials,
    write_texts,
)
from common.tracking.sync import Imported, Sync, Wanted

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Experiment

__all__ = ["Imported", "export_records", "import_records", "prepare", "query", "read_back"]
__all__ += ["serve", "temporary_store", "try_import", "ui_app", "uri"]

METRICS_PER_CALL, PARAMS_PER_CALL = 1000, 100
Figures = Mapping[str, Sequence[Path]]


def import_records(
    records: Iterable[Record],
    uri: str,
    figures: Figures | None = None,
    *,
    own: Iterable[tuple[Record, str]] = (),
    whole: bool = False,
    papers: Mapping[str, Paper] | None = None,
    summarise: Callable | None = None,
) -> Imported:
    """Bring the store up to date with the records; those that it already has are left alone.

    figures: paper -> image files, attached to the paper's versions. own: the user's own runs, each
    with what it does otherwise than params.yaml. whole: runs in whose place none of all these
    stands are deleted. papers: name -> Paper, by default those of this repository. summarise:
    values -> mean, low, high, by default that of `common.evidence.statistics`. UserError when
    the store cannot be used.
    """
    client = prepare(uri)
    wanted: dict[tuple[str, bool], list[Wanted]] = {}
    for one in (*(Wanted(record) for record in records), *(Wanted(*one) for one in own)):
        wanted.setdefault((one.record.paper, one.own), []).append(one)
    done, seen = Imported(), set()
    for (name, mine), group in sorted(wanted.items(), key=itemgetter(0)):
        paper = _paper(name) if papers is None else papers.get(name)
        with speaking(uri), locked(uri):
            experiment = experiment_of(client, uri, name, paper, mine)
            seen.add(experiment.experiment_id)
            write = partial(_write, client, uri, experiment)
            sync = Sync(client, uri, experiment, paper, summarise or _summary, write, whole)
            done += sync(group, () if mine else (figures or {}).get(name, ()))
    with speaking(uri), locked(uri):
        for other in experiments(client) if whole else ():
            if other.experiment_id not in seen:
                write = partial(_write, client, uri, other)
                done += Sync(client, uri, other, None, _summary, write, whole)((), ())
    return done


def _summary(values: Sequence[float]) -> Any:
    from common.evidence.statistics import summary  # with SciPy: only where there is something new

    return summary(values)


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
    """The committed records that the store holds, by paper, hardware and variant; seals checked."""
    client = prepare(uri)
    with speaking(uri):
        found = [f for e in experiments(client) for f in families(client, e)]
        found = [family for family in found if family.whole and not family.own]
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


def query(uri: str, papers: Iterable[str] | None = None) -> tuple[Any, Any]:
    """(runs, curves) of the store, of all papers or the named experiments: see
    `common.tracking.frames`. "rnn (local)" names the user's own runs, which are left out else."""
    from common.tracking import frames

    client = prepare(uri)
    with speaking(uri):
        chosen = [e for e in experiments(client) if not e.name.endswith(LOCAL)]
        if papers is not None:
            wanted = set(papers)
            chosen = [e for e in experiments(client) if e.name in wanted]
        found = [f for e in chosen for f in families(client, e) if f.whole]
        stored = [run for f in found for run in (f.parent, *f.children)]
        runs = frames.runs_frame(stored)
        if is_database(uri):
            from common.tracking import sql

            sections = (frames.CURVE, frames.AXIS)
            points = sql.histories(uri, [e.experiment_id for e in chosen], sections)
        else:
            points = frames.points_frame(client.get_metric_history, stored)
        return runs, frames.curves_frame(runs, points)


def ui_app() -> Callable:
    """The ASGI app behind `papers ui`: MLflow's own, guarded, with an entrance."""
    from mlflow.server.fastapi_app import app
    from mlflow.server.handlers import _get_tracking_store
    from mlflow.server.security_utils import get_allowed_hosts_from_env

    def views() -> dict[str, dict[str, Any]]:
        found = _get_tracking_store().search_experiments()
        # pyrefly: ignore[not-iterable]  # its type is inferred from an abstract method
        return {e.experiment_id: view(e.tags) for e in found if "filter" in e.tags}

    return guarded(with_entrance(app, views), get_allowed_hosts_from_env() or [])


def _paper(name: str) -> Paper | None:
    """The paper of that name in this repository; None when the records come from elsewhere."""
    try:
        return rooms()[name].paper if name in rooms() else None
    except UserError:
        return None


def _write(client: MlflowClient, uri: str, experiment: Experiment, runs: list[Run]) -> None:
    """Write the runs straight into the database in one transaction, else through MLflow's calls."""
    if not runs or (is_database(uri) and _write_rows(uri, experiment, runs)):
        return
    for run in runs:
        _write_run(client, experiment, run)


def _write_rows(uri: str, experiment: Experiment, runs: list[Run]) -> bool:
    """False, with nothing written, when the database's tables are not the expected ones."""
    from common.tracking import sql

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
    client.log_inputs(identity, [_dataset_input(*dataset) for dataset in run.datasets])
    for name, text in run.files.items():
        client.log_text(identity, text, name)
    for child in run.children:
        _write_run(client, experiment, child, identity)
    client.set_terminated(identity, "FINISHED", end_time=run.ended)


def _dataset_input(data: dict[str, str], tags: dict[str, str]) -> Any:
    from mlflow.entities import Dataset, DatasetInput, InputTag

    dataset = Dataset(data["name"], data["digest"], "local", data["source"])
    return DatasetInput(dataset, [InputTag(k, v) for k, v in tags.items()])
