"""A run in phases: each has a curve and checkpoints of its own, and everything shows them."""

from __future__ import annotations

import itertools
import json
import re

import pytest

from common.commands.checking import of_records
from common.commands.runs import adopt
from common.errors import UserError
from common.paper import rooms
from common.records import curves
from common.records.record import read_record, read_records, write_record
from common.reports import render
from common.run import engine, workers
from common.run.training import Run, fit
from common.tracking import client as tracking
from tests.factory import make_record
from tests.running import (
    PHASES,
    PLAIN,
    elsewhere,
    enter,
    make_recorded,
    make_running,
    python,
    recorded,
)
from tests.stores import empty_store

NAME = "phased"
pytestmark = pytest.mark.usefixtures(elsewhere.__name__)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A room with a version in phases beside one without, both recorded."""
    root = tmp_path_factory.mktemp("phases")
    make_recorded(root, NAME, {"version1": PLAIN, "version2": PHASES})
    return root


@pytest.fixture
def home(root, monkeypatch):
    return enter(root, NAME, monkeypatch)


@pytest.fixture
def record(home):
    [path] = home.folder.glob("runs/*/version2.json")
    return read_record(path)


def test_every_phase_has_a_curve_in_the_record(record):
    for run in record.seeds:
        assert [(c.phase, c.step[-1]) for c in run.curves] == [("pretrain", 40), ("finetune", 20)]
        assert run.curves[0].validation[-1] < 0.05 < run.curves[1].validation[0]
        assert run.seconds == pytest.approx(sum(c.seconds[-1] for c in run.curves), abs=2e-3)
    assert "earlier" not in make_record().seeds[0].model_dump()


def test_progress_names_the_phase(capsys):
    job = {
        "paper": NAME,
        "version": "version2",
        "variant": "version2",
        "deviation": None,
        "seed": 0,
    }
    told = {"seed": 0, "steps": 9, "phase": "pretrain"}
    with workers._bars([job]) as show:
        show({**told, "step": 5, "loss": 2.0})
        show({**told, "step": 9, "loss": 1.0})
        show({"seed": 0, "done": True})
    assert capsys.readouterr().err.splitlines() == [
        "phased version2 seed 0 pretrain: trained, training loss 1.000",
        "phased version2 seed 0: done, training loss 1.000",
    ]


def test_nothing_is_wrong_with_the_records_and_a_forged_phase_is_found(home, record, root):
    assert of_records(root, home, read_records(home.folder)) == []
    run = record.seeds[1]
    for forged, found in (
        (run.model_copy(update={"earlier": []}), "other phases than seed 0"),
        (
            run.model_copy(update={"earlier": [run.earlier[0].model_copy(update={"step": [9]})]}),
            "unequal length",
        ),
        (
            run.model_copy(update={"curve": run.curve.model_copy(update={"phase": "pretrain"})}),
            "no names of their own",
        ),
    ):
        seeds = [record.seeds[0], forged, record.seeds[2]]
        path = home.path("runs", record.hardware.name, "version2.json")
        kept = path.read_bytes()
        write_record(path, record.model_copy(update={"seeds": seeds}))
        try:
            said = of_records(root, home, read_records(home.folder))
        except UserError as error:
            said = [str(error)]
        finally:
            path.write_bytes(kept)
        assert any(found in sentence for sentence in said), (found, said)


def test_a_phase_that_ends_elsewhere_than_the_config_says_is_found(home, record, root):
    config = {**record.config, "pretrain_steps": 41}
    said = of_records(root, home, [record.model_copy(update={"config": config})])
    assert any("ends at step 40, the config says 41" in sentence for sentence in said)


def test_it_can_be_imported_elsewhere(record, tmp_path, monkeypatch):
    make_running(tmp_path, NAME, {"version1": PLAIN, "version2": PHASES})
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "given.json"
    write_record(path, record)
    assert adopt(path).read_bytes() == path.read_bytes()


def test_the_csv_counts_steps_on_and_keeps_measures_apart(record):
    rows = [line.split(",") for line in curves.curve(record).splitlines()]
    assert rows[0] == ["step", "tokens", "loss", "validation", "validation_pretrain", "phase"]
    assert [int(row[0]) for row in rows[1:]] == list(range(1, 61))
    assert rows[60][:2] == ["60", "480"]
    assert [bool(row[3]) for row in rows[1:]] == [False] * 40 + [True] * 20
    assert {(bool(row[4]), row[5]) for row in rows[1:]} == {(True, "pretrain"), (False, "finetune")}


def test_mlflow_has_a_section_for_each_phase_and_gives_the_record_back(home, record, template):
    with empty_store(template) as uri:
        tracking.import_records([record], uri, papers={NAME: home.paper})
        runs, points = tracking.query(uri)
        assert tracking.read_back(uri) == [record]
        client = tracking.prepare(uri)
        [parent] = runs.loc[runs["level"] == "variant", "run_id"]
        for phase, steps in (("pretrain", 40), ("finetune", 20)):
            mean = client.get_metric_history(parent, f"curve/{phase}/validation")
            band = client.get_metric_history(parent, f"curve-interval/{phase}/validation_low")
            assert len(mean) == len(band) == steps
    seed = points[points["seed"] == 1]
    for curve in record.seeds[1].curves:
        rows = seed[seed["phase"] == curve.phase]
        assert (list(rows["step"]), list(rows["loss"])) == (curve.step, curve.loss)


def test_the_page_has_a_panel_for_each_phase(home, root):
    render.write_reports(root)
    page = (root / "reports" / f"{NAME}.md").read_text()
    assert "`version2` was trained in phases: `pretrain`, then `finetune`." in page
    figure = (root / "reports" / "figures" / f"{NAME}-curves.svg").read_text()
    for title in ("pretrain: Validation", "pretrain: Training loss", "finetune: Validation"):
        assert f"{title} over steps" in figure, title
    assert render.check(root) == []


class Stopped(Exception):
    """As if Ctrl-C had been pressed."""


def run_in(folder, stops=(), seen=None):
    """Train seed 0; stop when the steps of all phases together come to one of `stops`."""
    home = rooms()[NAME]
    config, count = home.module("version2.model").Config(), itertools.count(1)
    run = Run(config, 0, engine.start(matmul="highest"), "", folder, checkpoint_seconds=0.0)

    def report(step, steps, loss, phase):
        if seen is not None:
            seen.append((phase, step))
        if next(count) in stops:
            raise Stopped(phase)

    run.report = report
    return home.module("version2.train").train(run)


def test_stopped_in_either_phase_it_goes_on_bit_for_bit(home, tmp_path):
    whole = run_in(tmp_path / "whole")
    for phase in ("pretrain", "finetune"):
        with pytest.raises(Stopped, match=phase):
            run_in(tmp_path / "part", [25])
    again = run_in(tmp_path / "part")
    assert again.resumed == 2 and whole.resumed == 0
    for one, other in zip(whole.curves, again.curves, strict=True):
        measured = {"seconds"}
        assert one.model_dump(exclude=measured) == other.model_dump(exclude=measured)
    weights = [(tmp_path / name / "weights.safetensors").read_bytes() for name in ("whole", "part")]
    assert weights[0] == weights[1] and again.metrics == whole.metrics


def test_an_ended_phase_is_not_trained_again(home, tmp_path):
    with pytest.raises(Stopped, match="finetune"):
        run_in(tmp_path, [41])
    home.module("version2.train")
    seen = []
    run_in(tmp_path, seen=seen)
    assert {phase for phase, _ in seen} == {"finetune"} and seen[-1] == ("finetune", 20)


@pytest.mark.parametrize(
    ("phases", "said"),
    [
        ((None, None), 'name each, as in fit(run, phase="pretrain", ...)'),
        (("pretrain", "pretrain"), "trains the phase 'pretrain' twice"),
        (("pretrain", None), "name each"),
        ((None, "finetune"), "name each"),
        (("Pre train",), "names no phase"),
        (("../up",), "names no phase"),
    ],
)
def test_phases_that_could_not_be_told_apart_are_refused(phases, said, tmp_path):
    run = Run(None, 0, engine.start(matmul="highest"), "", tmp_path)
    own = {"state": dict, "restore": lambda saved: None, "tokens_per_step": 1, "steps": 2}
    with pytest.raises(UserError, match=re.escape(said)):
        for phase in phases:
            fit(run, phase=phase, step=lambda i: 1.0, validate=lambda: 1.0, **own)


def test_a_train_without_a_finish_is_told(tmp_path, monkeypatch):
    train = PHASES.replace('finish=lambda: ({"error": net.error(1.0)}, ["A sample."]),', "")
    make_running(tmp_path, "endless", {"version1": train})
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="returns no result: give its last fit `finish`"):
        recorded(tmp_path, "endless", "version1")


def test_a_phase_that_diverges_leaves_no_metrics(tmp_path):
    run = Run(None, 0, engine.start(matmul="highest"), "", tmp_path)
    own = {"state": dict, "restore": lambda saved: None, "tokens_per_step": 1, "steps": 4}
    fit(run, phase="pretrain", step=lambda i: float("nan"), **own)
    result = fit(run, phase="finetune", step=lambda i: 1.0, finish=lambda: ({"e": 1.0}, []), **own)
    assert result.diverged and result.metrics == {"e": None}
    assert result.earlier[0].step == [1]


@pytest.mark.slow
def test_dvc_trains_it_draws_it_and_leaves_nothing_stale(tmp_path):
    make_running(tmp_path, NAME, {"version1": PHASES})
    python(tmp_path, "dvc", "init", "-q", "--no-scm")
    python(tmp_path, "papers", "pipeline", NAME)
    said = python(tmp_path, "dvc", "repro", f"papers/{NAME}/dvc.yaml")
    assert "seed 0 finetune: trained" in said
    assert "up to date" in python(tmp_path, "dvc", "status", f"papers/{NAME}/dvc.yaml")
    shown = json.loads(python(tmp_path, "dvc", "plots", "show", "--json"))
    rows = shown["data"][f"{NAME}: validation"][0]["content"]["data"]["values"]
    assert [row["step"] for row in rows][-1] == "60" and not shown.get("errors")
    python(tmp_path, "papers", "report")
    python(tmp_path, "papers", "report", "--check")
