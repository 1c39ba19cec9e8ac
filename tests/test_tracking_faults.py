"""Tracking under bad names, broken stores, missing servers and crowds: no run is lost by it."""

from __future__ import annotations

import multiprocessing
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.errors import UserError
from common.evidence.statistics import summary
from common.records.record import Record
from common.tracking import client as tracking
from common.tracking import runs as tracked_runs
from common.tracking import store
from tests.factory import make_record
from tests.stores import stored

HOSTILE = st.text(min_size=1, max_size=300)


@settings(max_examples=40, deadline=None)
@given(st.lists(HOSTILE, min_size=1, max_size=4, unique=True), HOSTILE)
def test_hostile_names_and_texts_never_fail_an_import(names, text):
    client = Validating()
    run = tracked_runs.record_run(hostile_record(names, text), None, summary)
    tracking._write_run(client, type("Experiment", (), {"experiment_id": "1"}), run)
    assert client.checked > 0


class Validating:
    """Stands for the client: applies MLflow's own checks and stores nothing."""

    checked = 0

    def create_run(self, experiment, started, tags, name):
        from mlflow.utils import validation

        for key, value in tags.items():
            validation._validate_tag(key, value)
        self.checked += len(tags)
        return type("R", (), {"info": type("I", (), {"run_id": "1"})})

    def log_batch(self, run, metrics=(), params=(), tags=()):
        from mlflow.utils import validation

        validation._validate_batch_log_data(metrics, params, tags)
        for param in params:
            validation._validate_param(param.key, param.value)
        self.checked += len(metrics) + len(params)

    def log_inputs(self, run, datasets):
        from mlflow.utils import validation

        validation._validate_dataset_inputs(datasets)

    def log_text(self, run, text, name):
        text.encode()

    def set_terminated(self, run, status, end_time):
        assert end_time >= 0


def hostile_record(names: list[str], text: str) -> Record:
    record = make_record("hostile", seeds=range(2), points=3)
    metrics = dict.fromkeys(names, 1.0)
    runs = [r.model_copy(update={"metrics": metrics, "samples": [text]}) for r in record.seeds]
    config = dict.fromkeys(names, text * 40) | {"a": {name: [text] for name in names}}
    dataset = record.dataset.model_copy(update={"name": text, "stand_in_for": text})
    changes = {
        "seeds": runs,
        "config": config,
        "dataset": dataset,
        "engine": dict.fromkeys(names, text),
    }
    return record.model_copy(update=changes)


def test_hostile_names_come_back(uri):
    names = ["acc@1", "a|b", "`x`", "loss", "..", "x" * 300, "tokens", "acc_at_1"]
    record = hostile_record(names, "a|b`<script>\n```\n")
    tracking.import_records([record.sealed()], uri)
    runs, _ = tracking.query(uri, ["hostile"])
    seed, parent = runs.iloc[0], runs.iloc[-1]
    for name in names:
        assert seed[f"metrics.{name}"] == 1.0
        assert parent[f"metrics.{name}"] == 1.0


def test_a_locked_database_is_a_sentence(tmp_path, template, monkeypatch):
    monkeypatch.setattr(store, "BUSY_SECONDS", 0.1)
    uri = f"sqlite:///{shutil.copy(template, tmp_path)}"
    with sqlite3.connect(tmp_path / "mlflow.db", isolation_level=None) as foreign:
        foreign.execute("BEGIN EXCLUSIVE")
        said = tracking.try_import([make_record()], uri)
        foreign.execute("ROLLBACK")
    assert said.startswith("MLflow was not updated: mlflow.db is locked")
    assert "The records are safe; run `papers runs import`" in said
    assert "1 new" in tracking.try_import([make_record()], uri)


def test_a_damaged_store_is_named_with_its_mend(tmp_path):
    path = tmp_path / "mlflow.db"
    for damage in (b"not a database at all" * 100, empty_database(tmp_path)):
        path.write_bytes(damage)
        with pytest.raises(UserError, match=r"mlflow\.db is damaged .*delete mlflow\.db and run"):
            tracking.prepare(f"sqlite:///{path}")


def empty_database(folder: Path) -> bytes:
    """A valid database that is not MLflow's: what an interrupted creation leaves."""
    with sqlite3.connect(folder / "other.db") as database:
        database.execute("create table experiments (a)")
    return (folder / "other.db").read_bytes()


def test_a_dead_server_is_a_sentence(monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    said = tracking.try_import([make_record()], "http://user:secret@127.0.0.1:9")
    assert "does not answer" in said and "127.0.0.1:9" in said
    assert "secret" not in said.split("(")[0]


def test_without_mlflow_there_is_a_sentence():
    code = (
        "import sys; sys.modules['mlflow'] = None\n"
        "from common.tracking.client import try_import\n"
        "print(try_import([], 'sqlite:////nowhere/mlflow.db'))"
    )
    root = Path(tracking.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "mlflow is not installed" in done.stdout and "records are safe" in done.stdout


def test_importing_the_module_does_not_import_mlflow():
    seen = "{'mlflow', 'pandas', 'torch'} & set(sys.modules)"
    code = f"import sys, common.tracking.client; print({seen})"
    root = Path(tracking.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr


def test_the_uri_does_not_hang_on_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    assert tracking.uri(Path()) == f"sqlite:///{tmp_path}/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://tracking.example:5000")
    assert tracking.uri(tmp_path) == "http://tracking.example:5000"


def _importer(uri: str, number: int, barrier) -> None:
    own = make_record("crowd", f"version{number + 1}", seeds=range(2), points=10)
    shared = make_record("shared", seeds=range(2), points=10)
    barrier.wait()
    tracking.import_records([own, shared], uri)


@pytest.mark.slow
def test_eight_processes_at_once_lose_nothing(tmp_path):
    uri = f"sqlite:///{tmp_path}/mlflow.db"  # does not exist: its creation is part of the race
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(8)
    workers = [context.Process(target=_importer, args=(uri, i, barrier)) for i in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(600)
    assert [worker.exitcode for worker in workers] == [0] * 8
    crowd = stored(uri, "crowd")
    assert sorted(f.parent.data.tags["variant"] for f in crowd) == [
        f"version{i}" for i in range(1, 9)
    ]
    assert all(f.whole for f in crowd)
    assert [f.whole for f in stored(uri, "shared")] == [True]
