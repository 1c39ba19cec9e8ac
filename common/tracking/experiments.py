"""Experiments and families of runs in the store, through a client that is handed in."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.errors import UserError
from common.paper import Paper, find_root
from common.records.record import Record, read_record, record_path
from common.tracking.runs import LAYOUT, RECORD_FILE, experiment_tags
from common.tracking.store import is_database, rebuild, sqlite_path

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Experiment
    from mlflow.entities import Run as StoredRun

PAGE = 5000  # runs per search
PARENT = "mlflow.parentRunId"
LOCAL = " (local)"  # stands after a paper's name in that of the experiment of own runs
# The tags that decide what an import does.
LOOKED_AT = ("level", "seeds", "seal", "layout", "own", "figures", PARENT)
LOOKED_AT += ("variant", "deviation", "hardware", "profile")


@dataclass(frozen=True)
class Family:
    """A parent run and its children as the store has them."""

    parent: StoredRun
    children: tuple[StoredRun, ...]

    @property
    def whole(self) -> bool:
        """Did its import come to its end, is everything still there, and as it is written today?"""
        tags = self.parent.data.tags
        finished = all(run.info.status == "FINISHED" for run in self.runs)
        complete = tags.get("seeds") == str(len(self.children))
        return finished and complete and tags.get("layout") == LAYOUT

    @property
    def own(self) -> bool:
        """Is it the user's own, not a committed record?"""
        return "own" in self.parent.data.tags

    @property
    def seal(self) -> str:
        return self.parent.data.tags.get("seal", "")

    @property
    def runs(self) -> tuple[StoredRun, ...]:
        return (self.parent, *self.children)

    @property
    def place(self) -> tuple[str | None, ...]:
        """What a new record replaces an old one at; a smoke run does not replace a real one, and
        a run of the user's own replaces none."""
        if self.own:
            return (self.seal,)
        return tuple(self.parent.data.tags.get(key) for key in ("variant", "hardware", "profile"))


def experiment_of(
    client: MlflowClient, uri: str, paper_name: str, paper: Paper | None, own: bool
) -> Experiment:
    """The paper's experiment, or that of the user's own runs of it: created or restored, with its
    description up to date."""
    name = paper_name + LOCAL * own
    found = client.get_experiment_by_name(name)
    tags = experiment_tags(paper, paper_name, own)
    if found is None:
        identity = client.create_experiment(name, artifact_location=_location(uri, name), tags=tags)
        return client.get_experiment(identity)
    if found.lifecycle_stage == "deleted":
        client.restore_experiment(found.experiment_id)
    for key, value in tags.items():
        if found.tags.get(key) != value:
            client.set_experiment_tag(found.experiment_id, key, value)
    return client.get_experiment(found.experiment_id)


def _location(uri: str, name: str) -> str | None:
    """Where an experiment's files go: never relative to the working folder, as MLflow's default.

    Beside an SQLite file; for another database MLFLOW_DEFAULT_ARTIFACT_ROOT (s3://... works) or
    `mlruns` in the repository; a tracking server decides itself.
    """
    path = sqlite_path(uri)
    if path:
        return (path.resolve().parent / "mlruns" / name).as_uri()
    if not is_database(uri):
        return None
    root = os.environ.get("MLFLOW_DEFAULT_ARTIFACT_ROOT")
    return f"{root.rstrip('/')}/{name}" if root else (find_root() / "mlruns" / name).as_uri()


def experiments(client: MlflowClient) -> list[Experiment]:
    return sorted(_pages(client.search_experiments), key=lambda e: e.name)


def families(client: MlflowClient, experiment: Experiment) -> list[Family]:
    """The parents of an experiment with their children, oldest first."""
    return _families(_active(client, experiment))[0]


def known(
    client: MlflowClient, uri: str, experiment: Experiment
) -> tuple[list[Family], list[StoredRun]]:
    """As `families`, of the runs only what an import looks at; and seeds that have lost their
    parent."""
    if is_database(uri):
        from common.tracking import sql

        return _families(sql.outlines(uri, experiment.experiment_id, LOOKED_AT))
    return _families(_active(client, experiment))


def _active(client: MlflowClient, experiment: Experiment) -> list[StoredRun]:
    ids = [experiment.experiment_id]
    return _pages(client.search_runs, ids, order_by=["start_time ASC"])


def _families(runs: Iterable[StoredRun]) -> tuple[list[Family], list[StoredRun]]:
    parents, children = [], {}
    for run in runs:
        if run.data.tags.get("level") == "variant":
            parents.append(run)
        elif run.data.tags.get("level") == "seed":
            children.setdefault(run.data.tags.get(PARENT, ""), []).append(run)
    found = [Family(run, tuple(children.pop(run.info.run_id, ()))) for run in parents]
    return found, [run for seeds in children.values() for run in seeds]


def _pages(search: Callable, *arguments: Any, **options: Any) -> list[Any]:
    found, token = [], None
    while True:
        page = search(*arguments, max_results=PAGE, page_token=token, **options)
        found += page
        token = page.token
        if not token:
            return found


def delete(client: MlflowClient, runs: Iterable[StoredRun], tags: dict[str, str]) -> None:
    """The MLflow way: hidden, with tags that say why."""
    for run in runs:
        for key, value in tags.items():
            client.set_tag(run.info.run_id, key, value)
        client.delete_run(run.info.run_id)


def by_path(records: Iterable[Record], folder: Path) -> tuple[dict[Path, Record], list[Record]]:
    """Path below `folder` -> its newest record; beside that, the older ones of the same path."""
    newest: dict[Path, Record] = {}
    older = []
    for record in sorted(records, key=lambda record: record.started):
        path = record_path(folder / record.paper, record)
        older += [newest[path]] if path in newest else []
        newest[path] = record
    return newest, older


def attach(client: MlflowClient, found: Iterable[Family], figures: Sequence[Path]) -> None:
    """Give the paper's versions its figures, unless they have these very bytes."""
    if not figures:
        return
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in figures)).hexdigest()
    for family in found:
        tags = family.parent.data.tags
        if "deviation" in tags or tags.get("figures") == digest:
            continue
        for path in figures:
            client.log_artifact(family.parent.info.run_id, str(path), "figures")
        client.set_tag(family.parent.info.run_id, "figures", digest)


def stored_record(client: MlflowClient, uri: str, run: StoredRun) -> Record:
    """The record that a parent run was made from; its seal is checked."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            path = Path(client.download_artifacts(run.info.run_id, RECORD_FILE, folder))
        except Exception:
            if not is_database(uri):  # it may be the server that is gone
                raise
            name = f"run {run.info.run_name!r} of the store"
            raise UserError(f"{name} has lost its {RECORD_FILE}: {rebuild(uri)}.") from None
        record = Record.model_validate_json(path.read_bytes())
        place = record_path(Path(folder), record)
        place.parent.mkdir(parents=True)
        return read_record(path.rename(place))
