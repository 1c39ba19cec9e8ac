"""A version that starts from another's weights of the same seed, and the record that says so."""

from __future__ import annotations

import re

import pytest
from safetensors.numpy import load_file

from common.commands.checking import of_records
from common.commands.reseal import run_golden
from common.errors import UserError
from common.records.record import read_records
from common.run import pipeline
from common.run.training import Run
from tests.factory import make_record
from tests.running import (
    DEVIATIONS,
    PLAIN,
    elsewhere,
    enter,
    make_recorded,
    make_running,
    python,
    recorded,
)

NAME = "started"
TUNED = PLAIN.replace(
    "    return fit(",
    """    net.weight = run.starting_weights("")["weight"].numpy().copy()
    began = float(net.weight[0])
    return fit(""",
).replace('"A sample."', "repr(began)")
VERSIONS = {"version1": PLAIN, "version2": TUNED}
STARTS = {"starts_from": {"version2": "version1"}, "deviations": DEVIATIONS}
pytestmark = pytest.mark.usefixtures(elsewhere.__name__)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("started")
    make_recorded(root, NAME, VERSIONS, **STARTS)
    return root


@pytest.fixture
def home(root, monkeypatch):
    return enter(root, NAME, monkeypatch)


@pytest.fixture
def records(home):
    return {record.variant: record for record in read_records(home.folder)}


def began_where(record, folder):
    """Did every seed begin where the weights of the same seed in the folder had ended?"""
    ends = {
        run.seed: float(load_file(folder / f"seed-{run.seed}.safetensors")["weight"][0])
        for run in record.seeds
    }
    assert len(set(ends.values())) == len(ends)
    return {run.seed: float(run.samples[0]) for run in record.seeds} == ends


def test_every_seed_starts_from_its_own_weights_and_the_record_says_whose(home, records):
    first, second = records["version1"], records["version2"]
    assert began_where(second, home.path("checkpoints", "version1"))
    assert (second.starts_from.variant, second.starts_from.seal) == ("version1", first.seal)
    assert first.starts_from is None and "starts_from" not in make_record().model_dump()
    assert not home.path("checkpoints", "version2", "seed-0.safetensors").exists()


def test_a_deviation_starts_where_its_version_does(home, root, records):
    made = recorded(root, NAME, "version2", deviation="no_step")
    try:
        assert made.starts_from == records["version2"].starts_from
        assert began_where(made, home.path("checkpoints", "version1"))
    finally:
        home.path("runs", made.hardware.name, f"{made.variant}.json").unlink()
        home.path("metrics", f"{made.variant}.json").unlink()


def test_ones_own_run_starts_from_ones_own_weights_of_the_same_changes(home, root):
    with_rate = {"overrides": {"rate": 0.3}, "seeds": (5,)}
    with pytest.raises(UserError, match="train it first: papers train started version1"):
        recorded(root, NAME, "version2", record=False, **with_rate)
    own = recorded(root, NAME, "version1", record=False, **with_rate)
    made = recorded(root, NAME, "version2", record=False, **with_rate)
    assert made.starts_from.seal == own.seal
    [folder] = (root / "local" / NAME).glob("*/checkpoints/version1")
    assert began_where(made, folder)
    usual = recorded(root, NAME, "version2", record=False, overrides={"rate": 0.2})
    assert usual.starts_from.seal != own.seal  # of other seeds: the paper's own are taken


def test_without_the_weights_the_mend_is_said(tmp_path, monkeypatch):
    make_running(tmp_path, NAME, VERSIONS, **STARTS)
    monkeypatch.chdir(tmp_path)
    mend = "train it first: papers train started version1 --record"
    with pytest.raises(UserError, match=f"starts from the weights of version1, .*{mend}$"):
        recorded(tmp_path, NAME, "version2")


def test_weights_that_params_yaml_no_longer_means_are_not_taken(home, root):
    params = home.path("params.yaml")
    kept = params.read_text()
    params.write_text(kept.replace("version1: {}", "version1: {rate: 0.05}"))
    try:
        with pytest.raises(
            UserError, match="none of profile smoke are here with these seeds, param"
        ):
            recorded(root, NAME, "version2")
    finally:
        params.write_text(kept)


def test_a_source_that_is_gone_or_another_is_found_and_one_resealed_is_not(home, root, records):
    assert of_records(root, home, list(records.values())) == []
    second = records["version2"]
    said = of_records(root, home, [second])
    assert any("weights of a record of version1 that is not here any more" in s for s in said)
    forged = second.model_copy(update={"starts_from": None})
    said = of_records(root, home, [records["version1"], forged])
    assert any("the room starts it from version1" in sentence for sentence in said)


def test_the_golden_run_trains_what_it_starts_from_first(home):
    found = run_golden(home, "version2")
    assert found["error"] != run_golden(home, "version1")["error"]
    assert found == run_golden(home, "version2")


def test_dvc_waits_for_the_weights(home, root):
    home.path("dvc.yaml").write_text(pipeline.render(root, NAME))
    found = {stage.name: stage for stage in pipeline.stages(home.folder)}
    weights = f"papers/{NAME}/checkpoints/version1"
    assert weights in found["train@version1"].outs
    assert weights in found["train-version2"].deps and weights in found["ladder@no_step"].deps
    trained = {"version1", "version2", "version2+no_step"}
    assert set(pipeline.trained(home).values()) == trained and pipeline.untrained(home) == []


def test_a_version_that_starts_from_nothing_is_told_so():
    with pytest.raises(UserError, match=re.escape("PAPER.starts_from does not say")):
        Run(None, 0, None, "").starting_weights()


@pytest.mark.slow
def test_dvc_trains_one_after_the_other_and_again_when_the_first_changes(tmp_path):
    folder = make_running(tmp_path, NAME, VERSIONS, **STARTS)
    python(tmp_path, "dvc", "init", "-q", "--no-scm")
    python(tmp_path, "papers", "pipeline", NAME)
    python(tmp_path, "dvc", "repro", f"papers/{NAME}/dvc.yaml")
    seals = {record.variant: record.seal for record in read_records(folder)}
    assert set(seals) == {"version1", "version2", "version2+no_step"}
    params = folder / "params.yaml"
    params.write_text(params.read_text().replace("version1: {}", "version1: {rate: 0.05}"))
    python(tmp_path, "dvc", "repro", f"papers/{NAME}/dvc.yaml")
    made = {record.variant: record for record in read_records(folder)}
    assert made["version2"].starts_from.seal == made["version1"].seal != seals["version1"]
