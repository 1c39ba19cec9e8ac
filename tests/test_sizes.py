"""A version at several sizes: trained, recorded, checked, judged and shown as variants."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from common.commands import compare, weights
from common.commands.checking import of_records
from common.commands.ended import ending
from common.commands.reseal import golden_path
from common.config import plan, size_names
from common.errors import UserError
from common.evidence.claims import View
from common.paper import Metric, Paper, Variant, rooms
from common.records.own_runs import changes, find_runs
from common.records.record import Record, read_records, record_path
from common.reports import checks, render, sizes, store
from common.reports.results import Results
from common.run import pipeline
from common.tracking import client as tracking
from tests.factory import make_record
from tests.running import (
    DEVIATIONS,
    MODEL,
    PLAIN,
    elsewhere,
    enter,
    make_recorded,
    make_running,
    python,
    recorded,
)
from tests.stores import empty_store

NAME = "sized"
PARAMS = """profile: smoke

smoke:
  seeds: [0, 1, 2]
  version2: {rate: 0.05}
  sizes:
    xs: {steps: 8, seeds: [3, 4]}
    s: {steps: 20}
"""
COUNTED = PLAIN.replace("net.error(1.0)}, [", "net.error(1.0), 'parameters': config.steps}, [")
SLOW = MODEL.replace("import numpy", "import time\n\nimport numpy").replace(
    "        noise =", "        time.sleep(0.001)  # so that no seconds are 0.000\n        noise ="
)
VERSIONS = {"version1": PLAIN, "version2": PLAIN}
SIZES = ["version2-xs", "version2-s"]
pytestmark = pytest.mark.usefixtures(elsewhere.__name__)


def make(root, params=PARAMS):
    return make_running(root, NAME, VERSIONS, params=params, deviations=DEVIATIONS)


def make_all(root, name=NAME, versions=VERSIONS):
    own = {"params": PARAMS, "deviations": DEVIATIONS, "model": SLOW}
    make_recorded(root, name, versions, sizes=("xs", "s"), **own)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("sized")
    make_all(root)
    return root


@pytest.fixture
def home(root, monkeypatch):
    return enter(root, NAME, monkeypatch)


@pytest.fixture
def records(home):
    return {record.variant: record for record in read_records(home.folder)}


def test_a_size_is_recorded_as_a_variant_with_its_parameters_and_seeds(home, records):
    assert set(records) == {*VERSIONS, *SIZES}
    for variant, steps, seeds in (("version2-xs", 8, [3, 4]), ("version2-s", 20, [0, 1, 2])):
        record = records[variant]
        assert (record.size, record.version, record.deviation) == (variant[9:], "version2", None)
        assert (record.config["steps"], record.config["rate"]) == (steps, 0.05)
        assert [run.seed for run in record.seeds] == seeds
        assert record.sources == records["version2"].sources  # the same code
        assert home.path("checkpoints", variant, "weights.safetensors").is_file()
        assert changes(record) == {}
    assert "size" not in records["version2"].model_dump()


def test_a_record_without_a_size_has_the_seal_that_it_had():
    record = make_record()
    assert "size" not in record.model_dump(mode="json")
    with pytest.raises(ValueError, match="is version2-xs by version"):
        Record.model_validate({**make_record().model_dump(), "version": "version2", "size": "xs"})


@pytest.mark.parametrize("name", ["version2", "version2+no_step", "version2-xs"])
def test_a_variant_is_read_from_its_name(name):
    assert Variant.of(name).name == name


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"size": "xss"}, "has no size 'xss'. Did you mean 'xs'"),
        ({"size": "xs", "deviation": "no_step"}, "--size and --deviation are two variants"),
        ({"version": "version1", "size": "xs"}, "sizes are of version2, not of version1"),
        ({"size": "xs", "seeds": (3,)}, "with --seed this run would replace"),
    ],
)
def test_what_cannot_be_a_size_is_refused(home, root, asked, said):
    asked = {"version": "version2", **asked}
    with pytest.raises(UserError, match=said):
        recorded(root, NAME, asked.pop("version"), **asked)


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        ("{xs: {width: 3}}", "smoke.version2 has no parameter 'width'"),
        ("{xs: 3}", "smoke.sizes.xs must be a mapping"),
        ("[xs]", "smoke.sizes must be a mapping"),
        ("{x-s: {}}", "'x-s' is no name"),
        ("{xs: {seeds: 3}}", "smoke.sizes.xs.seeds must be of type"),
        ("{}", "smoke has no sizes"),
    ],
)
def test_sizes_that_params_yaml_says_wrongly_are_named(tmp_path, monkeypatch, sizes, said):
    make(tmp_path, params=f"profile: smoke\nsmoke:\n  sizes: {sizes}\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=said):
        plan(rooms(tmp_path)[NAME], "version2", size="xs")


def test_every_profile_has_the_same_sizes(tmp_path, monkeypatch):
    versions = "  version1: {}\n  version2: {}\n"
    make(tmp_path, params=f"{PARAMS}{versions}cpu:\n  sizes: {{xs: {{}}}}\n{versions}")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="cpu has the sizes xs, another one xs, s: name the same"):
        size_names(rooms(tmp_path)[NAME])


def test_each_size_is_a_stage_that_depends_on_what_is_said_of_it(home, root):
    text = pipeline.render(root, NAME)
    home.path("dvc.yaml").write_text(text)
    found = {stage.name: stage for stage in pipeline.stages(home.folder)}
    assert found["sizes@xs"].outs == (f"papers/{NAME}/metrics/version2-xs.json",)
    assert set(found["sizes@xs"].deps) == set(found["train@version2"].deps)
    [_, own] = yaml.safe_load(text)["stages"]["sizes"]["params"]
    keys = ["${profile}." + key for key in ("seeds", "version2", "sizes.${item.size}")]
    assert own == {f"papers/{NAME}/params.yaml": ["profile", *keys]}
    trained = pipeline.trained(home)
    assert [trained[f"sizes@{size}"] for size in ("xs", "s")] == SIZES
    assert pipeline.untrained(home) == []
    home.path("dvc.yaml").write_text(text.replace("[xs, s]", "[s]"))
    assert pipeline.untrained(home) == ["version2-xs"]
    home.path("dvc.yaml").unlink()


def test_a_size_is_checked_as_others_are(home, root, records):
    assert of_records(root, home, list(records.values())) == []
    record = records["version2-xs"]
    forged = record.model_copy(update={"config": {**record.config, "steps": 9}})
    assert any("steps = 9" in said for said in of_records(root, home, [forged]))
    gone = record.model_copy(update={"size": "m", "variant": "version2-m"})
    assert any("its size 'm' or profile" in said for said in of_records(root, home, [gone]))
    older = record.model_copy(update={"version": "version1", "variant": "version1-xs"})
    assert any("sizes are of version2" in said for said in of_records(root, home, [older]))
    assert golden_path(home, "version2-xs").name == "golden-xs.csv"


def test_what_a_command_says_of_its_weights_is_measured_by_its_own_parameters(home):
    config = plan(home, "version2", size="xs").config
    for size, told in (("xs", False), ("gone", True)):
        variant = Variant("version2", None, size)
        checkpoint = SimpleNamespace(version="version2", variant=variant, config=config)
        assert ("-S " in weights._overrides(home, checkpoint)) == told


def test_claims_compare_and_lists_take_it_by_its_name(home, records, capsys):
    view = View("error", records)
    assert set(view.values("version2-xs")) == {3, 4}
    assert view.values("version2-s").keys() == view.values("version2").keys()
    [listed] = find_runs(home, "version2-xs")
    assert listed.record == records["version2-xs"]
    compare.print_comparison(NAME, "version2-s", "version2", code=True, json=False)
    said = capsys.readouterr().out
    assert "steps" in said and "Both run the code of version2." in said
    assert "version2-xs" in ending(record_path(home.folder, records["version2-xs"]))
    record_path(home.folder, records["version2-xs"]).rename(home.path("away"))
    try:
        with pytest.raises(UserError, match="has no run 'version2-xs'"):
            find_runs(home, "version2-xs")
    finally:
        home.path("away").rename(record_path(home.folder, records["version2-xs"]))


def test_mlflow_takes_it_and_gives_it_back(records, home, template):
    with empty_store(template) as uri:
        tracking.import_records(records.values(), uri, papers={NAME: home.paper})
        runs, _ = tracking.query(uri)
        assert {r.variant: r for r in tracking.read_back(uri)} == records
    sizes = runs.loc[runs["level"] == "variant"].set_index("variant")["size"]
    assert sizes["version2-xs"] == "xs" and sizes["version2"] is None


def section_of(root, monkeypatch, name=NAME):
    """The section of sizes and the rows of its table."""
    monkeypatch.setattr(checks, "unlike_hosts", lambda records: "")  # a busy machine is not asked
    render.write_reports(root)
    assert render.check(root) == []
    page = (root / "reports" / f"{name}.md").read_text()
    section = page.partition("\n## Sizes\n")[2].partition("\n## ")[0]
    lines = [line.split("|")[1:-1] for line in section.splitlines() if line.startswith("| `")]
    return section, [[cell.strip() for cell in line] for line in lines]


def test_the_page_shows_the_metric_over_the_size(home, root, monkeypatch):
    section, rows = section_of(root, monkeypatch)
    rows = {row[0]: row for row in rows}
    assert rows["`xs`"][1:4] == ["`steps=8`", "–", "64"] and rows["`xs`"][6] == "2"
    assert rows["`version2`"][1:4] == ["–", "–", "320"]
    figure = (root / "reports" / "figures" / f"{NAME}-sizes.svg").read_text()
    assert f"figures/{NAME}-sizes.svg" in section and "training seconds" in figure


def test_sizes_recorded_elsewhere_stand_beside_their_version_there():
    first, other = [make_record(variant=v) for v in VERSIONS], "other-1t-float32"
    of_size = {"variant": "version2-xs", "version": "version2", "size": "xs"}
    there = make_record(variant="version2", hardware=other), make_record(hardware=other, **of_size)
    paper = Paper("A", "B", 1990, "", dict.fromkeys(VERSIONS, ""), Metric("bits", "bits"), "toy")
    found, judged = (*first, *there), {"hardware": first[0].hardware.name}
    results = Results("toy", paper, Path(), found, *store.numbers(found), judged)
    assert sizes.place(results) == other
    assert sorted(size.name for size in sizes.sizes(results)) == ["version2", "xs"]
    own = make_record(**of_size)
    assert sizes.place(replace(results, records=(own, *results.records))) == results.primary


def test_known_parameters_make_the_compute(tmp_path, monkeypatch):
    name = "counted_sizes"
    make_all(tmp_path, name, {"version1": COUNTED, "version2": COUNTED})
    monkeypatch.chdir(tmp_path)
    _, rows = section_of(tmp_path, monkeypatch, name)
    wanted = [["`xs`", "8"], ["`s`", "20"], ["`version2`", "40"]]
    assert [[row[0], row[2]] for row in rows] == wanted  # by compute
    figure = (tmp_path / "reports" / "figures" / f"{name}-sizes.svg").read_text()
    assert "6 × parameters × tokens" in figure


def test_a_room_without_sizes_has_neither_stage_nor_section(tmp_path, monkeypatch):
    make(tmp_path, params="profile: smoke\nsmoke:\n  seeds: [0, 1]\n")
    monkeypatch.chdir(tmp_path)
    recorded(tmp_path, NAME, "version2")
    assert "--size" not in pipeline.render(tmp_path, NAME)
    render.write_reports(tmp_path)
    page = (tmp_path / "reports" / f"{NAME}.md").read_text()
    assert "Sizes" not in page and "sizes.svg" not in page


def test_the_command_line_trains_it(tmp_path):
    folder = make(tmp_path)
    said = python(tmp_path, "papers", "train", NAME, "version2", "--size", "xs", "--record")
    assert "version2-xs seed 3: done" in said
    assert [record.size for record in read_records(folder)] == ["xs"]
    own = python(tmp_path, f"papers.{NAME}.version2.train", "--size", "s", "-S", "rate=0.3")
    assert f"{NAME} version2-s: " in own
    listed = python(tmp_path, "papers", "runs", "list", NAME)
    assert "version2-xs" in listed and "version2-s" in listed and "rate=0.3" in listed
    refused = python(tmp_path, "papers", "train", NAME, "version2", "--size", "x", code=2)
    assert "has no size 'x'. Did you mean 'xs'" in refused


@pytest.mark.slow
def test_dvc_trains_each_size_and_again_only_the_one_that_changed(tmp_path):
    folder = make(tmp_path)
    python(tmp_path, "dvc", "init", "-q", "--no-scm")
    python(tmp_path, "papers", "pipeline", NAME)
    python(tmp_path, "dvc", "repro", f"papers/{NAME}/dvc.yaml")
    seals = {record.variant: record.seal for record in read_records(folder)}
    assert set(seals) == {*VERSIONS, *SIZES, "version2+no_step"}
    params = folder / "params.yaml"
    params.write_text(params.read_text().replace("s: {steps: 20}", "s: {steps: 24}"))
    python(tmp_path, "dvc", "repro", f"papers/{NAME}/dvc.yaml")
    made = {record.variant: record for record in read_records(folder)}
    assert {variant for variant, seal in seals.items() if made[variant].seal != seal} == {
        "version2-s"
    }
    assert made["version2-s"].config["steps"] == 24
    shown = json.loads((folder / "metrics" / "version2-s.json").read_text())
    assert shown["seeds"] == 3
