"""A version that takes no steps, several losses by name, several nets: what fit can do besides."""

from __future__ import annotations

import json

import pytest
import torch

from common.commands.checking import of_records
from common.commands.ended import ending
from common.errors import UserError
from common.records import curves
from common.records.record import read_records, record_path
from common.reports import checks, render
from common.run import engine
from common.run.engine import Masters
from common.run.resume import pack_all, unpack_all
from common.run.training import Run, fit, measure
from common.tracking import client as tracking
from tests.running import PLAIN, elsewhere, enter, make_recorded, make_running, python, recorded
from tests.stores import empty_store

NAME = "counted"
READY = """def train(run):
    net = model.Net(run.seed)
    return measure(run, finish=lambda: ({"error": net.error(1.0)}, ["A sample."]))"""
COUNTED = """def train(run):
    net = model.Net(run.seed)

    def count():
        for i in range(2_000):
            net.step(i, 1.0, 0.01)
        return 16_000

    return measure(
        run,
        learn=count,
        finish=lambda: ({"error": net.error(1.0)}, ["A sample."]),
        state=net.state,
    )"""
NAMED = PLAIN.replace(
    "step=lambda i: net.step(i, 1.0, config.rate),",
    "step=lambda i: {'loss': net.step(i, 1.0, config.rate), 'generator': 1.0 / (i + 1)},",
)
VERSIONS = {"version1": READY, "version2": COUNTED, "version3": NAMED}
pytestmark = pytest.mark.usefixtures(elsewhere.__name__)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("counted")
    make_recorded(root, NAME, VERSIONS)
    return root


@pytest.fixture
def home(root, monkeypatch):
    return enter(root, NAME, monkeypatch)


@pytest.fixture
def records(home):
    return {record.variant: record for record in read_records(home.folder)}


def test_without_steps_there_is_no_curve_and_no_speed(records, home, root):
    for run in records["version1"].seeds:
        assert (run.curves, run.seconds, run.tokens_per_second) == ([], 0.0, None)
    assert "curve" not in records["version1"].seeds[0].model_dump()
    for run in records["version2"].seeds:
        assert run.curve is None and run.seconds > 0
        speed = 16_000 / run.seconds
        assert run.tokens_per_second == pytest.approx(speed, rel=0.6 / (1000 * run.seconds))
    assert of_records(root, home, list(records.values())) == []
    assert curves.curve(records["version1"]) == "step,tokens,loss,validation\n"


def test_nothing_silly_is_said_of_it(records, home, root, monkeypatch):
    monkeypatch.setattr(checks, "unlike_hosts", lambda records: "")  # a busy machine is not asked
    render.write_reports(root)
    page = (root / "reports" / f"{NAME}.md").read_text()
    costs = page[page.index("## Time and memory") :]
    row = next(line for line in costs.splitlines() if line.startswith("| version1 |"))
    assert [cell.strip() for cell in row.split("|")[2:5]] == ["–", "–", "–"] and "0.00" not in row
    assert render.check(root) == []
    said = ending(record_path(home.folder, records["version1"]))
    assert "validat" not in said and "0.0" not in said.split("record:")[0].replace("0.00", "")


def test_a_room_that_never_takes_steps_says_so(root, tmp_path, monkeypatch):
    make_running(tmp_path, "ready", {"version1": READY})
    monkeypatch.chdir(tmp_path)
    recorded(tmp_path, "ready", "version1")
    render.write_reports(tmp_path)
    page = (tmp_path / "reports" / "ready.md").read_text()
    assert "No version takes steps, so there is no curve." in page and "trained for" not in page
    assert not (tmp_path / "reports" / "figures" / "ready-curves.svg").exists()


def test_mlflow_takes_all_of_them_and_gives_them_back(records, home, template):
    with empty_store(template) as uri:
        tracking.import_records(records.values(), uri, papers={NAME: home.paper})
        runs, points = tracking.query(uri)
        assert {r.variant: r for r in tracking.read_back(uri)} == records
        client = tracking.prepare(uri)
        parents = runs.loc[runs["level"] == "variant"].set_index("variant")["run_id"]
        metrics = client.get_run(parents["version1"]).data.metrics
        assert "tokens_per_s" not in metrics and not any("curve" in key for key in metrics)
        assert len(client.get_metric_history(parents["version3"], "curve/generator")) == 40
    assert set(points["variant"]) == {"version3"}


def test_each_named_loss_has_its_means_in_the_curve(records, root):
    for run in records["version3"].seeds:
        assert run.curve.losses == {"generator": [float(f"{1 / i:.6g}") for i in range(1, 41)]}
    text = curves.curve(records["version3"])
    assert text.startswith("step,tokens,loss,validation,generator\n")
    render.write_reports(root)
    figure = (root / "reports" / "figures" / f"{NAME}-curves.svg").read_text()
    assert "Loss (generator) over steps" in figure


@pytest.mark.parametrize(
    ("losses", "said"),
    [
        (lambda i: {"a": 1.0}, "the one that is minimised must be called loss"),
        (lambda i: {"loss": 1.0, "step": 1.0}, "none of them seconds, step, tokens, validation"),
        (lambda i: {"loss": 1.0, "a": 1.0} if i < 2 else {"loss": 1.0}, "the same losses"),
    ],
)
def test_losses_without_a_meaning_are_refused(losses, said):
    run = Run(None, 0, engine.start(matmul="highest"), "")
    own = {"state": dict, "restore": None, "tokens_per_step": 1, "steps": 4}
    with pytest.raises(UserError, match=said):
        fit(run, step=losses, finish=lambda: ({}, []), **own)


def test_fit_and_then_measure_is_refused():
    run = Run(None, 0, engine.start(matmul="highest"), "")
    own = {"state": dict, "restore": None, "tokens_per_step": 1, "steps": 1}
    fit(run, phase="pretrain", step=lambda i: 1.0, **own)
    with pytest.raises(UserError, match="give fit the `finish` instead"):
        measure(run, finish=lambda: ({"e": 1.0}, []))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_several_nets_with_optimizers_of_their_own_are_packed_whole(dtype):
    """Generator and discriminator, and a momentum encoder with a queue, go on bit for bit."""

    def make():
        torch.manual_seed(0)
        parts = {}
        for name in ("generator", "discriminator"):
            net = torch.nn.Linear(3, 3).to(dtype)
            masters = Masters(net.parameters())
            parts[name] = net, torch.optim.Adam(masters.masters, lr=0.1), masters, {}
        parts["momentum"] = torch.nn.Linear(3, 3).to(dtype), None, None, {"queue": torch.zeros(4)}
        return parts

    def step(parts, seed):
        x = torch.randn(5, 3, generator=torch.Generator().manual_seed(seed)).to(dtype)
        (a, one, own, _), (b, two, other, _) = parts["generator"], parts["discriminator"]
        b(a(x)).square().sum().backward()
        for masters, optimizer in ((own, one), (other, two)):
            masters.take_gradients()
            optimizer.step()
            optimizer.zero_grad()
            masters.give_weights()
        with torch.no_grad():
            for p, q in zip(parts["momentum"][0].parameters(), a.parameters()):
                p.lerp_(q, 0.1)
        queue = parts["momentum"][3]
        queue["queue"] = queue["queue"].roll(1) + seed

    one = make()
    for seed in (1, 2, 3):
        step(one, seed)
    saved = {name: value.clone() for name, value in pack_all(one).items()}
    two = make()
    unpack_all(saved, two)
    for seed in (4, 5):
        step(one, seed)
        step(two, seed)
    again = pack_all(two)
    assert {name.split(".")[0] for name in again} == {"generator", "discriminator", "momentum"}
    for name, value in pack_all(one).items():
        assert torch.equal(value, again[name]), name


@pytest.mark.slow
def test_dvc_runs_a_room_without_steps_and_draws_the_rest(tmp_path):
    make_running(tmp_path, NAME, VERSIONS)
    python(tmp_path, "dvc", "init", "-q", "--no-scm")
    python(tmp_path, "papers", "pipeline", NAME)
    said = python(tmp_path, "dvc", "repro", f"papers/{NAME}/dvc.yaml")
    assert "version1 seed 0: done\n" in said and "nan" not in said
    assert "up to date" in python(tmp_path, "dvc", "status", f"papers/{NAME}/dvc.yaml")
    shown = json.loads(python(tmp_path, "dvc", "plots", "show", "--json"))
    [drawn] = shown["data"][f"{NAME}: validation"]
    rows = drawn["content"]["data"]["values"]
    assert {row["filename"] for row in rows} == {"version3.csv"} and not shown.get("errors")
