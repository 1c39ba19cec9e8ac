"""What MLflow shows: names, columns and their order, mean curves, the user's own runs."""

from __future__ import annotations

import math

import pytest

from common.paper import Metric, Paper, rooms
from common.records.record import read_records
from common.tracking import client as tracking
from common.tracking import serving
from common.tracking.experiments import experiments
from tests.factory import make_record, make_records, make_room
from tests.stores import empty_store, stored


def test_the_parent_has_the_mean_curve_and_no_number_of_many_digits(uri):
    record = make_record("mean", seeds=range(4), points=9)
    tracking.import_records([record], uri)
    [family] = stored(uri, "mean")
    client, parent = tracking.prepare(uri), family.parent
    points = client.get_metric_history(parent.info.run_id, "curve/validation")
    columns = [run.curve.validation for run in record.seeds]
    expected = [math.fsum(row) / 4 for row in zip(*columns) if None not in row]
    assert [point.value for point in points] == pytest.approx(expected, rel=1e-5)
    for end in ("low", "high"):
        bound = client.get_metric_history(parent.info.run_id, f"curve-interval/validation_{end}")
        assert [point.step for point in bound] == [point.step for point in points]
        assert all((b.value < p.value) == (end == "low") for b, p in zip(bound, points))
    assert all(
        len(f"{value:.15g}".strip("-0.").replace(".", "")) <= 6
        for key, value in parent.data.metrics.items()
        if "e" not in f"{value:.15g}"
    )
    assert {key.split("/")[0] for key in parent.data.metrics if "/" in key} == {
        "curve",
        "curve-interval",
        "x-axis",
        "eval",
        "interval",
    }


def test_the_table_of_runs_begins_with_the_newest_version(tmp_path, template):
    variants = ["version1", "version2", "version10", "version10+bug"]
    make_room(tmp_path, "ordered", variants=variants, seeds=range(2), points=5)
    room = rooms(tmp_path)["ordered"]
    with empty_store(template) as uri:
        tracking.import_records(read_records(room.folder), uri, papers={"ordered": room.paper})
        client = tracking.prepare(uri)
        [experiment] = experiments(client)
        state = serving.view(experiment.tags)
        direction = "ASC" if state["orderByAsc"] else "DESC"
        by = [f"{state['orderByKey']} {direction}"]
        runs = client.search_runs([experiment.experiment_id], "tags.level = 'variant'", order_by=by)
        values = runs[0].data
    assert [run.info.run_name for run in runs] == [
        "version10",
        "version2",
        "version1",
        "version10+bug",
    ]
    for column in state["selectedColumns"]:
        kind, _, key = column.partition(".")
        assert key.strip("`") in getattr(values, kind), column
        assert len(key.strip("`")) <= 14  # what the head of a column shows


def test_own_runs_have_an_experiment_of_their_own(uri):
    record = make_record("owned", seeds=range(2), points=5)
    mine = make_record("owned", seeds=range(2), points=5, rng_seed=1)
    other = make_record("owned", seeds=range(2), points=5, rng_seed=2)
    own = [(mine, ""), (other, "hidden=256")]
    assert tracking.import_records([record], uri, own=own) == tracking.Imported(new=3)
    assert tracking.import_records([record], uri, own=own) == tracking.Imported(unchanged=3)
    names = [family.parent.info.run_name for family in stored(uri, "owned (local)")]
    assert sorted(names) == ["version1", "version1 hidden=256"]
    assert [family.seal for family in stored(uri, "owned")] == [record.seal]
    assert [r for r in tracking.read_back(uri) if r.paper == "owned"] == [record]
    assert set(tracking.query(uri)[0].query("paper == 'owned'")["seal"]) == {record.seal}
    assert set(tracking.query(uri, ["owned (local)"])[0]["seal"]) == {mine.seal, other.seal}


def test_the_commit_shown_is_the_one_that_trained(uri):
    old = {"seal": "ab" * 32, "sources": {}, "commit": "1" * 40}
    record = make_record("resealed", seeds=[0], points=5, resealed=[old])
    tracking.import_records([record], uri)
    assert set(tracking.query(uri, ["resealed"])[0]["commit"]) == {"1" * 40}


def test_names_tags_and_parameters(uri):
    record = make_record("named", commit="ab12" * 10 + "-dirty")
    tracking.import_records([record], uri)
    [family] = stored(uri, "named")
    assert family.parent.info.run_name == "version1"
    names = sorted(child.info.run_name for child in family.children)
    assert names == [f"version1 · seed {i}" for i in range(6)]
    child = family.children[0]
    assert child.data.params["train.steps"] == "2000"
    assert child.data.tags["mlflow.source.git.commit"] == "ab12" * 10
    assert child.data.tags["commit_dirty"] == "true"
    assert child.data.tags["seal"] == record.seal
    dataset = child.inputs.dataset_inputs[0].dataset
    assert (dataset.name, dataset.digest) == ("toy_text", record.dataset.sha256[:36])


def test_time_stamps_are_training_time(uri):
    record = make_record("stamps", seeds=[4])
    tracking.import_records([record], uri)
    [family] = stored(uri, "stamps")
    child = family.children[0]
    history = tracking.prepare(uri).get_metric_history(child.info.run_id, "curve/loss")
    relative = [(point.timestamp - child.info.start_time) / 1000 for point in history]
    assert relative == pytest.approx(record.seeds[0].curve.seconds, abs=1e-3)


def test_the_experiment_describes_its_paper(tmp_path, template):
    make_room(tmp_path, "described", title="Of <Mice> | Men")
    room = rooms(tmp_path)["described"]
    with empty_store(template) as uri:
        tracking.import_records(read_records(room.folder), uri, papers={"described": room.paper})
        [experiment] = experiments(tracking.prepare(uri))  # MLflow's empty "Default" is hidden
    assert experiment.tags["title"] == "Of <Mice> | Men"
    assert experiment.tags["year"] == "1990"
    assert r"Of &lt;Mice&gt; \| Men" in experiment.tags["mlflow.note.content"]


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


@pytest.mark.parametrize("metric", ["bits_per_character", "loss", "score_low", "tokens_per_s", "n"])
def test_an_interval_stands_beside_its_metric_whatever_that_is_called(metric, uri):
    paper = f"beside_{metric}"
    made = Paper(
        title="A",
        authors="B",
        year=1990,
        url="https://example.org",
        versions={"version1": "one"},
        metric=Metric(metric, "units"),
        dataset="toy_text",
    )
    record = make_record(paper, metric=metric, seeds=range(4), points=5)
    tracking.import_records([record], uri, papers={paper: made})
    frame, _ = tracking.query(uri, [paper])
    parent, child = frame[frame["level"] == "variant"].iloc[0], frame[frame["seed"] == 2].iloc[0]
    low, mean, high = (parent[f"metrics.{metric}{part}"] for part in ("_low", "", "_high"))
    assert low < mean < high
    assert child[f"metrics.{metric}"] == record.values(metric)[2]
    assert child["metrics.tokens_per_second"] == record.seeds[2].tokens_per_second
