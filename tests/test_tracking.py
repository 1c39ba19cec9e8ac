"""Tracking: what goes into MLflow comes out again, once, whole, and never at the cost of a run."""

from __future__ import annotations

import json
import math
import multiprocessing
import shutil
import sqlite3
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common import tracking
from common.errors import UserError
from common.paper import rooms
from common.records import Record, read_records
from common.statistics import summary
from common.tracked import runs as tracked_runs
from common.tracked import sql, store
from common.tracked.experiments import experiments, families
from tests.factory import HARDWARE, make_record, make_records, make_room

METRIC = "bits_per_character"


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """An empty store to copy: creating one takes MLflow seconds."""
    path = tmp_path_factory.mktemp("template") / "mlflow.db"
    tracking.prepare(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="module")
def uri(template):
    """One store for most tests; each takes a paper of its own."""
    with empty_store(template) as uri:
        yield uri


@contextmanager
def empty_store(template):
    with tracking.temporary_store() as uri:
        shutil.copy(template, store.sqlite_path(uri))
        yield uri


@pytest.fixture
def by_calls(monkeypatch):
    """Use MLflow's calls, as on a tracking server, instead of SQL."""
    monkeypatch.setattr(tracking, "is_database", lambda uri: False)


def stored(uri: str, paper: str) -> list:
    client = tracking.prepare(uri)
    return [f for e in experiments(client) if e.name == paper for f in families(client, e)]


def test_import_is_idempotent(uri):
    records = make_records("idempotent", ["version1", "version2", "version2+bug"])
    assert tracking.import_records(records, uri) == tracking.Imported(new=3)
    before = [f.parent.info.run_id for f in stored(uri, "idempotent")]
    assert tracking.import_records(records, uri) == tracking.Imported(unchanged=3)
    assert [f.parent.info.run_id for f in stored(uri, "idempotent")] == before


def test_names_tags_and_parameters(uri):
    record = make_record("named", commit="ab12-dirty")
    tracking.import_records([record], uri)
    [family] = stored(uri, "named")
    assert family.parent.info.run_name == f"version1 · {HARDWARE}"
    assert sorted(c.info.run_name for c in family.children) == [f"seed {i}" for i in range(6)]
    child = family.children[0]
    assert child.data.params["train.steps"] == "2000"
    assert child.data.tags["mlflow.source.git.commit"] == "ab12"
    assert child.data.tags["commit_dirty"] == "true"
    assert child.data.tags["seal"] == record.seal
    dataset = child.inputs.dataset_inputs[0].dataset
    assert (dataset.name, dataset.digest) == ("toy_text", record.dataset.sha256[:36])


def test_stored_intervals_are_the_statistics_modules(uri):
    record = make_record("intervals", sd=0.3)
    tracking.import_records([record], uri)
    runs, _ = tracking.query(uri, ["intervals"])
    parent = runs[runs["level"] == "variant"].iloc[0]
    expected = summary(list(record.values(METRIC).values()))
    for part in ("mean", "low", "high"):
        assert parent[f"metrics.{METRIC}_{part}"] == getattr(expected, part)
    assert parent["metrics.n"] == expected.n == 6


def test_query_gives_back_every_number(uri):
    record = make_record("numbers", points=17)
    tracking.import_records([record], uri)
    runs, curves = tracking.query(uri, ["numbers"])
    for seed in record.seeds:
        row = runs[(runs["level"] == "seed") & (runs["seed"] == seed.seed)].iloc[0]
        assert row[f"metrics.{METRIC}"] == seed.metrics[METRIC]
        assert row["metrics.training_seconds"] == seed.seconds
        assert row["metrics.tokens_per_second"] == seed.tokens_per_second
        assert row["metrics.peak_memory_mib"] == seed.peak_memory_mib
        curve = curves[curves["seed"] == seed.seed]
        for name in ("step", "tokens", "seconds", "loss", "validation"):
            found = [None if math.isnan(value) else value for value in curve[name]]
            assert found == getattr(seed.curve, name), name


def test_query_of_an_empty_store_has_its_columns():
    with tracking.temporary_store() as uri:  # the one that has to be created
        runs, curves = tracking.query(uri)
    assert len(runs) == len(curves) == 0
    assert {"paper", "variant", "seed", "seal"} <= set(runs)
    assert {"step", "tokens", "seconds", "loss", "validation"} <= set(curves)


def test_time_stamps_are_training_time(uri):
    record = make_record("stamps", seeds=[4])
    tracking.import_records([record], uri)
    [family] = stored(uri, "stamps")
    child = family.children[0]
    history = tracking.prepare(uri).get_metric_history(child.info.run_id, "loss")
    relative = [(point.timestamp - child.info.start_time) / 1000 for point in history]
    assert relative == pytest.approx(record.seeds[0].curve.seconds, abs=1e-3)


def test_diverged_values_are_left_out_and_named(uri):
    record = make_record("diverged")
    bad = record.seeds[2].model_copy(update={"metrics": {METRIC: None, "parameters": 1.0}})
    seeds = [bad if run.seed == 2 else run for run in record.seeds]
    tracking.import_records([record.model_copy(update={"seeds": seeds}).sealed()], uri)
    runs, _ = tracking.query(uri, ["diverged"])
    parent = runs[runs["level"] == "variant"].iloc[0]
    assert parent["diverged"] == "2"
    assert (parent["metrics.n"], parent[f"metrics.{METRIC}_n"]) == (6, 5)
    good = [v for v in record.values(METRIC).values() if v != record.values(METRIC)[2]]
    assert parent[f"metrics.{METRIC}_mean"] == summary(good).mean
    assert math.isnan(runs.loc[runs["seed"] == 2, f"metrics.{METRIC}"].iloc[0])


def test_a_new_record_takes_the_old_ones_place(uri):
    old, other = make_records("replaced", ["version1", "version2"])
    new = make_record("replaced", rng_seed=9)
    smoke = make_record("replaced", profile="smoke")
    tracking.import_records([old, other, smoke], uri)
    assert tracking.import_records([new], uri) == tracking.Imported(new=1, replaced=1)
    assert {f.seal for f in stored(uri, "replaced")} == {new.seal, other.seal, smoke.seal}
    assert tracking.import_records([old], uri) == tracking.Imported(new=1, replaced=1)
    assert {f.seal for f in stored(uri, "replaced")} == {old.seal, other.seal, smoke.seal}


def test_a_half_broken_import_is_redone(uri, by_calls, monkeypatch):
    record = make_record("broken", seeds=range(3), points=5)
    whole = tracking._write_run

    def breaking(client, experiment, run, parent=None):
        if run.name == "seed 2":
            raise ConnectionError("the server died")
        whole(client, experiment, run, parent)

    monkeypatch.setattr(tracking, "_write_run", breaking)
    said = tracking.try_import([record], uri)
    assert "not updated" in said and "`papers runs import`" in said
    assert [f.whole for f in stored(uri, "broken")] == [False]
    assert len(tracking.query(uri, ["broken"])[0]) == 0
    monkeypatch.setattr(tracking, "_write_run", whole)
    assert tracking.import_records([record], uri) == tracking.Imported(new=1)
    assert [f.whole for f in stored(uri, "broken")] == [True]


def test_a_deleted_child_is_noticed(uri):
    record = make_record("childless", seeds=range(3))
    tracking.import_records([record], uri)
    client = tracking.prepare(uri)
    client.delete_run(stored(uri, "childless")[0].children[1].info.run_id)
    assert tracking.import_records([record], uri) == tracking.Imported(new=1)
    assert [len(f.children) for f in stored(uri, "childless")] == [3]


def test_an_import_that_fails_leaves_nothing(uri, monkeypatch):
    monkeypatch.setattr(sql, "_add_dataset", lambda *_: 1 / 0)
    said = tracking.try_import([make_record("nothing")], uri)
    assert said.startswith("MLflow was not updated: ZeroDivisionError")
    assert stored(uri, "nothing") == []


def test_sql_and_mlflows_calls_write_the_same(monkeypatch, template):
    record = make_record("same", seeds=range(2), points=6)
    dumps = []
    for direct in (True, False):
        with empty_store(template) as uri, monkeypatch.context() as patch:
            if not direct:
                patch.setattr(tracking, "is_database", lambda uri: False)
                patch.setattr(tracking, "experiment_of", local_experiment)
            tracking.import_records([record], uri)
            dumps.append(dump(uri))
            frames = tracking.query(uri)
        dumps[-1]["frames"] = [frame.drop(columns=IDS, errors="ignore") for frame in frames]
    by_sql, by_calls = dumps
    for ours, theirs in zip(by_sql.pop("frames"), by_calls.pop("frames")):
        assert ours.equals(theirs[ours.columns])
    assert by_sql == by_calls


IDS = ["run_id", "parent_id"]


def local_experiment(client, uri, name, paper):
    folder = Path(store.sqlite_path(uri)).parent / "mlruns" / name
    return client.get_experiment(client.create_experiment(name, folder.as_uri()))


def dump(uri: str) -> dict[str, list]:
    """All rows that an import writes, runs by name instead of by id."""
    with sqlite3.connect(store.sqlite_path(uri)) as database:
        database.row_factory = sqlite3.Row
        names = dict(database.execute("select run_uuid, name from runs").fetchall())
        tables = {}
        for table in sql.WRITTEN:
            rows = [dict(row) for row in database.execute(f"select * from {table}")]
            tables[table] = sorted(json.dumps(neutral(r, names), sort_keys=True) for r in rows)
        return tables


def neutral(row: dict, names: dict[str, str]) -> dict:
    row = {key: names.get(value, value) for key, value in row.items()}
    for key in ("artifact_uri", "dataset_uuid", "input_uuid", "source_id"):
        if key in row:
            row[key] = bool(row[key])
    return row


def test_unknown_tables_fall_back_to_mlflows_calls(uri, monkeypatch):
    monkeypatch.setitem(sql.WRITTEN, "runs", sql.WRITTEN["runs"] + " a_column_of_tomorrow")
    record = make_record("tomorrow", seeds=range(2), points=5)
    assert tracking.import_records([record], uri) == tracking.Imported(new=1)
    assert [f.whole for f in stored(uri, "tomorrow")] == [True]


def test_export_gives_the_same_bytes(tmp_path, template):
    make_room(tmp_path, "exported", hardware=[HARDWARE, "gpu-x"])
    room = rooms(tmp_path)["exported"]
    with empty_store(template) as uri:
        tracking.import_records(read_records(room.folder), uri)
        written = tracking.export_records(uri, tmp_path / "out")
    assert len(written) == 4
    for path in written:
        original = room.folder.parent / path.relative_to(tmp_path / "out")
        assert path.read_bytes() == original.read_bytes()


def test_export_refuses_a_record_that_was_edited(tmp_path, template):
    with empty_store(template) as uri:
        tracking.import_records([make_record("forged")], uri)
        folder = store.sqlite_path(uri).parent / "mlruns"
        [path] = folder.rglob("record.json")
        text = path.read_text()
        path.write_text(text.replace('"parameters": 12345.0', '"parameters": 1.0', 1))
        with pytest.raises(UserError, match="seal"):
            tracking.export_records(uri, tmp_path)
        path.unlink()
        with pytest.raises(UserError, match=r"lost its record\.json"):
            tracking.export_records(uri, tmp_path)
    assert not list(tmp_path.iterdir())


def test_figures_are_attached_to_versions_once(uri, tmp_path):
    figure = tmp_path / "curve.svg"
    figure.write_text("<svg/>")
    records = make_records("figured", ["version1", "version1+bug"], seeds=range(2))
    for _ in range(2):
        tracking.import_records(records, uri, {"figured": [figure]})
    client = tracking.prepare(uri)
    by_name = {f.parent.data.tags["variant"]: f.parent.info.run_id for f in stored(uri, "figured")}
    names = [item.path for item in client.list_artifacts(by_name["version1"], "figures")]
    assert names == ["figures/curve.svg"]
    assert client.list_artifacts(by_name["version1+bug"], "figures") == []


def test_the_experiment_describes_its_paper(tmp_path, template):
    make_room(tmp_path, "described", title="Of <Mice> | Men")
    room = rooms(tmp_path)["described"]
    with empty_store(template) as uri:
        tracking.import_records(read_records(room.folder), uri, papers={"described": room.paper})
        [experiment] = experiments(tracking.prepare(uri))  # MLflow's empty "Default" is hidden
    assert experiment.tags["title"] == "Of <Mice> | Men"
    assert experiment.tags["year"] == "1990"
    assert r"Of &lt;Mice&gt; \| Men" in experiment.tags["mlflow.note.content"]


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
        assert parent[f"metrics.{name}_mean"] == 1.0


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
        "from common.tracking import try_import\n"
        "print(try_import([], 'sqlite:////nowhere/mlflow.db'))"
    )
    root = Path(tracking.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "mlflow is not installed" in done.stdout and "records are safe" in done.stdout


def test_importing_the_module_does_not_import_mlflow():
    code = "import sys, common.tracking; print({'mlflow', 'pandas', 'torch'} & set(sys.modules))"
    root = Path(tracking.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr


def test_the_uri_does_not_hang_on_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    assert tracking.uri(Path()) == f"sqlite:///{tmp_path}/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://tracking.example:5000")
    assert tracking.uri(tmp_path) == "http://tracking.example:5000"


def test_a_strange_start_is_refused():
    with pytest.raises(UserError, match="'yesterday', not an ISO 8601 time"):
        tracked_runs.milliseconds(make_record(started="yesterday"))


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
        worker.join(240)
    assert [worker.exitcode for worker in workers] == [0] * 8
    crowd = stored(uri, "crowd")
    assert sorted(f.parent.data.tags["variant"] for f in crowd) == [
        f"version{i}" for i in range(1, 9)
    ]
    assert all(f.whole for f in crowd)
    assert [f.whole for f in stored(uri, "shared")] == [True]
