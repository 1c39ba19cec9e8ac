"""Learning curves for `dvc plots`: means over the seeds, from the record that metrics show."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from common.errors import UserError
from common.paper import forget_rooms, rooms
from common.records import curves
from common.records.record import Curve, read_record, record_path, summary, write_json, write_record
from common.run import pipeline
from tests.factory import make_record, make_room

ROOT = Path(__file__).parents[1]


def made(*losses, steps=(10, 20)):
    """A record whose seeds have these losses; None diverged."""
    record = make_record(seeds=range(len(losses)))
    runs = []
    for run, loss in zip(record.seeds, losses, strict=True):
        values = {"loss": list(loss), "validation": [2.0 * x if x else None for x in loss]}
        n = len(loss)
        line = Curve(step=steps[:n], tokens=[8 * s for s in steps[:n]], seconds=[1.0] * n, **values)
        runs.append(run.model_copy(update={"curve": line}))
    return record.model_copy(update={"seeds": runs})


def test_means_over_the_seeds_that_did_not_diverge():
    text = curves.curve(made((1.0, 0.5), (2.0, 1.0), (9.0, None)))
    assert text == "step,tokens,loss,validation\n10,80,1.5,3\n20,160,0.75,1.5\n"
    assert curves.curve(made((1.0, None))) == "step,tokens,loss,validation\n"


@pytest.fixture
def room(tmp_path, monkeypatch):
    monkeypatch.chdir(make_room(tmp_path, "toy", ("version1",)))
    monkeypatch.delenv("DVC_EXP_NAME", raising=False)
    yield rooms(tmp_path)["toy"]
    forget_rooms()


def metrics(room, record):
    write_json(room.path("metrics", f"{record.variant}.json"), summary(record.seeds))


def test_the_curve_is_of_the_record_that_metrics_show(room, monkeypatch):
    (path,) = room.folder.glob("runs/*/*.json")
    usual = read_record(path)
    other = make_record("toy", hardware="other-cpu-1t-float32", mean=1.0)
    write_record(record_path(room.folder, other), other)
    for record in (usual, other):
        metrics(room, record)
        assert curves.write(room, "version1").read_text() == curves.curve(record)
    tried = make_record("toy", mean=0.5)
    metrics(room, tried)
    with pytest.raises(UserError, match="no record of toy version1 has the numbers"):
        curves.write(room, "version1")
    monkeypatch.setenv("DVC_EXP_NAME", "batch-32")
    place = room.folder.parents[1] / "local/experiments/batch-32/toy"
    write_record(record_path(place, tried), tried)
    assert curves.write(room, "version1").read_text() == curves.curve(tried)


@pytest.mark.parametrize("home", rooms(ROOT).values(), ids=lambda home: home.name)
def test_committed_curves_are_those_of_the_records(home):
    for path in home.folder.glob("curves/*.csv"):
        assert path.read_text() == curves.curve(curves.shown(home, path.stem)), path


@pytest.mark.slow
def test_dvc_plots_every_version_with_title_and_labels(tmp_path):
    """`dvc plots show --json`, as its page in a browser gets it."""
    home = rooms(ROOT)["rnn"]
    folder = tmp_path / "papers" / "rnn"
    (folder / "curves").mkdir(parents=True)
    written = yaml.safe_load(pipeline.render(ROOT, "rnn"))["plots"]
    (folder / "dvc.yaml").write_text(yaml.safe_dump({"plots": written}))
    for version in home.paper.versions:
        (folder / "curves" / f"{version}.csv").write_text(curves.curve(curves.shown(home, version)))
    dvc = [sys.executable, "-m", "dvc"]
    subprocess.run([*dvc, "init", "-q", "--no-scm"], cwd=tmp_path, check=True)
    done = subprocess.run([*dvc, "plots", "show", "--json"], cwd=tmp_path, capture_output=True)
    found = json.loads(done.stdout)
    assert not found.get("errors")
    assert len(found["data"]) == 2
    for name, column in (("rnn: validation", "validation"), ("rnn: training loss", "loss")):
        (plot,) = found["data"][name]
        rows = plot["content"]["data"]["values"]
        assert plot["content"]["title"]["text"] == name
        assert plot["content"]["encoding"]["x"]["title"] == "training step"
        assert {row["filename"] for row in rows} == {f"{v}.csv" for v in home.paper.versions}
        text = (folder / "curves" / "version2.csv").read_text().splitlines()
        expected = [row[column] for row in csv.DictReader(text)]
        assert [r[column] for r in rows if r["filename"] == "version2.csv"] == expected
