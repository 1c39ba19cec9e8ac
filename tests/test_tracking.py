"""Tracking: what goes into MLflow comes out again, once, whole, and never at the cost of a run."""

from __future__ import annotations

import json
import math
import shutil
import sqlite3
from pathlib import Path

import pytest

from common.commands import runs
from common.errors import UserError
from common.evidence.statistics import summary
from common.paper import rooms
from common.records.record import read_record, read_records
from common.tracking import client as tracking
from common.tracking import experiments as found
from common.tracking import sql, store
from common.tracking.experiments import experiments, known
from tests.factory import HARDWARE, make_record, make_records, make_room
from tests.stores import empty_store, stored

METRIC = "bits_per_character"


@pytest.fixture
def by_calls(monkeypatch):
    """Use MLflow's calls, as on a tracking server, instead of SQL."""
    for module in (tracking, found):
        monkeypatch.setattr(module, "is_database", lambda uri: False)


def test_import_is_idempotent(uri):
    records = make_records("idempotent", ["version1", "version2", "version2+bug"])
    assert tracking.import_records(records, uri) == tracking.Imported(new=3)
    before = [f.parent.info.run_id for f in stored(uri, "idempotent")]
    assert tracking.import_records(records, uri) == tracking.Imported(unchanged=3)
    assert [f.parent.info.run_id for f in stored(uri, "idempotent")] == before


def test_stored_intervals_are_the_statistics_modules(uri):
    record = make_record("intervals", sd=0.3)
    tracking.import_records([record], uri)
    runs, _ = tracking.query(uri, ["intervals"])
    parent = runs[runs["level"] == "variant"].iloc[0]
    expected = summary(list(record.values(METRIC).values()))
    assert parent[f"metrics.{METRIC}"] == float(f"{expected.mean:.6g}")
    for part in ("low", "high"):
        assert parent[f"metrics.{METRIC}_{part}"] == float(f"{getattr(expected, part):.6g}")
    assert parent["tags.seeds"] == "6"


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


def test_diverged_values_are_left_out_and_named(uri):
    record = make_record("diverged")
    bad = record.seeds[2].model_copy(update={"metrics": {METRIC: None, "parameters": 1.0}})
    seeds = [bad if run.seed == 2 else run for run in record.seeds]
    tracking.import_records([record.model_copy(update={"seeds": seeds}).sealed()], uri)
    runs, _ = tracking.query(uri, ["diverged"])
    parent = runs[runs["level"] == "variant"].iloc[0]
    assert parent["diverged"] == "2"
    assert (parent["tags.seeds"], parent[f"metrics.{METRIC}_n"]) == ("6", 5)
    good = [v for v in record.values(METRIC).values() if v != record.values(METRIC)[2]]
    assert parent[f"metrics.{METRIC}"] == float(f"{summary(good).mean:.6g}")
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
        if run.name.endswith("seed 2"):
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


@pytest.mark.parametrize("calls", [False, True])
def test_a_deleted_parent_takes_its_seeds_with_it_at_the_next_import(uri, calls, request):
    """MLflow's pages delete a parent alone: its seeds stay, and would stand there twice."""
    if calls:
        request.getfixturevalue("by_calls")
    record = make_record(f"orphaned{calls:d}", seeds=range(3), points=5)
    tracking.import_records([record], uri)
    client = tracking.prepare(uri)
    client.delete_run(stored(uri, record.paper)[0].parent.info.run_id)
    assert tracking.import_records([record], uri) == tracking.Imported(new=1)
    [experiment] = [e for e in experiments(client) if e.name == record.paper]
    families, orphans = known(client, uri, experiment)
    assert ([len(family.children) for family in families], orphans) == ([3], [])
    assert len(client.search_runs([experiment.experiment_id])) == 4
    assert tracking.import_records([record], uri) == tracking.Imported(unchanged=1)


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


def local_experiment(client, uri, name, paper, own):
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
        written, left_out = tracking.export_records(uri, tmp_path / "out")
    assert (len(written), left_out) == (4, [])
    for path in written:
        original = room.folder.parent / path.relative_to(tmp_path / "out")
        assert path.read_bytes() == original.read_bytes()


def test_export_writes_the_newest_of_two_and_names_the_other(tmp_path, template):
    smoke = make_record("twice", profile="smoke", started="2026-01-01T00:00:00+00:00")
    real = make_record("twice", started="2026-01-02T00:00:00+00:00")
    with empty_store(template) as uri:
        tracking.import_records([real, smoke], uri)
        written, left_out = tracking.export_records(uri, tmp_path)
    assert [read_record(path) for path in written] == [real]
    assert left_out == [smoke]


def test_runs_without_a_record_are_removed_and_come_back_with_it(tmp_path, template):
    here, gone = make_records("kept", ["version1", "version2"])
    other = make_record("vanished")
    with empty_store(template) as uri:
        tracking.import_records([here, gone, other], uri)
        done = tracking.import_records([here], uri, whole=True)
        assert done == tracking.Imported(unchanged=1, gone=2)
        assert tracking.read_back(uri) == [here]
        assert tracking.import_records([here], uri, whole=True) == tracking.Imported(unchanged=1)
        assert tracking.import_records([gone], uri) == tracking.Imported(new=1)
        assert tracking.read_back(uri) == [here, gone]


def test_only_the_checkouts_own_store_loses_runs_without_a_record(tmp_path, template, monkeypatch):
    room, strange = make_room(tmp_path, "viewed"), make_record("strange")
    monkeypatch.chdir(room)
    shared = tmp_path / "shared" / "mlflow.db"
    shared.parent.mkdir()
    for store_file, whole in ((tmp_path / "mlflow.db", False), (shared, True)):
        shutil.copy(template, store_file)
        address = f"sqlite:///{store_file}"
        monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
        tracking.import_records([strange], address)
        said = runs.bring_up_to_date(tmp_path)
        assert ("1 without a record removed" in said) is not whole
        assert ("strange" in {r.paper for r in tracking.read_back(address)}) is whole


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
