"""Deviations: the mechanism, the evidence for every paper's, and the negative controls."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from common.errors import UserError
from common.evidence.deviations import (
    Deviation,
    deviations_of,
    find_deviation,
    injected,
    injection,
    notices,
)
from common.paper import find_root, rooms
from tests.standing import standing
from tests.toy import DEVIATIONS, make_toy, write

ROOT = find_root(Path(__file__).parent)
PAPERS = {
    name: room
    for name, room in rooms(ROOT).items()
    if room.path("evidence", "deviations.py").is_file()
}
EVERY = [
    pytest.param(room, deviation, id=f"{name}:{deviation.id}")
    for name, room in PAPERS.items()
    for deviation in deviations_of(room)
]
TOLD = {
    "title": "t",
    "place": "Sec. 2",
    "paper_says": "one thing",
    "code_does": "another",
    "kind": "bug",
    "introduced": "version1",
    "fixed": "version2",
    "source": "an issue",
}


def deviation(inject, invariant=lambda module: None, **changes) -> Deviation:
    return Deviation(**{"id": "d", **TOLD, **changes}, inject=inject, invariant=invariant)


@pytest.fixture
def toy(tmp_path):
    make_toy(tmp_path)
    return rooms(tmp_path)["toy"]


@pytest.fixture
def model(toy) -> ModuleType:
    return toy.module("version2.model")


@pytest.mark.parametrize(("room", "found"), EVERY)
def test_evidence(room, found):
    """The invariant holds without the deviation, fails with it, and holds again."""
    model = room.module(f"{room.newest}.model")
    found.invariant(model)
    assert notices(model, found), f"the invariant of {found.id!r} passes with the deviation in"
    found.invariant(model)


@pytest.mark.parametrize(("room", "found"), EVERY)
def test_versions_named_exist(room, found):
    assert {found.introduced, found.fixed} - {""} <= set(room.paper.versions)


def test_replacement_is_seen_everywhere_and_taken_back(toy, model):
    train = toy.module("version2.train")
    before = (model.loss, train.mean_loss, vars(model.Net)["initial_state"])
    with injected(model, find_deviation(toy, "summed_loss")):
        assert (model.loss([1, 3]), train.step([1, 3])) == (4, 4)
        with injected(model, find_deviation(toy, "warm_start")):
            assert train.step([1, 3]) == 5
    assert (model.loss, train.mean_loss, vars(model.Net)["initial_state"]) == before
    assert train.step([1, 3]) == 2


def test_replacement_is_taken_back_after_an_error(toy, model):
    with pytest.raises(RuntimeError), injected(model, find_deviation(toy, "summed_loss")):
        raise RuntimeError("the run broke")
    assert model.loss([1, 3]) == 2


def test_a_module_first_imported_during_the_injection_is_mended_too(toy, model):
    with injected(model, find_deviation(toy, "summed_loss")):
        assert toy.module("version2.train").mean_loss is sum
    assert toy.module("version2.train").step([1, 3]) == 2


def test_static_and_inherited_methods(model):
    with injected(model, deviation(lambda m: {"Net.double": lambda x: 3 * x})):
        assert model.Net().double(2) == model.Net.double(2) == 6
    assert model.Net().double(2) == 4
    with injected(model, deviation(lambda m: {"Net.name": lambda self: "net"})):
        assert (model.Net().name(), model.Base().name()) == ("net", "base")
    assert "name" not in vars(model.Net)


def test_a_constant_is_replaced_under_its_own_name_only(toy, model):
    train = toy.module("version2.train")
    train.LIMIT = train.OTHER = model.OTHER = model.LIMIT
    with injected(model, deviation(lambda m: {"LIMIT": 9.0})):
        assert (model.LIMIT, train.LIMIT) == (9.0, 9.0)
        assert (model.OTHER, train.OTHER) == (5.0, 5.0)
    assert (model.LIMIT, train.LIMIT) == (5.0, 5.0)


@pytest.mark.parametrize(
    ("replacements", "words"),
    [
        ({"clipp": sum}, "no 'clipp'. Did you mean 'clip'"),
        ({"Net.start": sum}, "Net has no 'start'"),
        ({"Nets.start": sum}, "no 'Nets'. Did you mean 'Net'"),
        ({"Config.steps": 4}, "dataclass field"),
        ({}, "replaces nothing"),
    ],
)
def test_unknown_names_are_refused_before_anything_is_replaced(model, replacements, words):
    mean = model.loss
    wrong = deviation(lambda m: {"loss": sum, **replacements} if replacements else {})
    with pytest.raises(UserError, match="'d'.*" + words.replace(".", r"\.")):
        with injected(model, wrong):
            pytest.fail("entered")
    assert model.loss is mean


def test_replacing_by_itself_is_refused(model):
    with pytest.raises(UserError, match="by itself"):
        with injected(model, deviation(lambda m: {"loss": m.loss})):
            pytest.fail("entered")


def test_only_an_assertion_counts_as_noticing(model):
    def crashes(module):
        assert module.loss([1, 3]) == module.missing

    with pytest.raises(AttributeError):
        notices(model, deviation(lambda m: {"loss": sum}, crashes))
    assert not notices(model, deviation(lambda m: {"loss": sum}, lambda m: None))
    assert model.loss([1, 3]) == 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"id": "Summed Loss"}, "id is lower case"),
        ({"place": " "}, "no place"),
        ({"source": ""}, "no source"),
        ({"kind": "bugs"}, "Did you mean 'bug'"),
        ({"fixed": "v2"}, "'v2' names no version"),
    ],
)
def test_incomplete_deviations_are_refused(changes, words):
    with pytest.raises(UserError, match=words):
        deviation(lambda m: {}, **changes)
    with pytest.raises(UserError, match="inject is no function"):
        deviation(None)


def test_lists_are_checked(tmp_path):
    make_toy(tmp_path, "twice", deviations=DEVIATIONS + "DEVIATIONS += DEVIATIONS[:1]\n")
    with pytest.raises(
        UserError, match="twice/.*/deviations.py: the id 'summed_loss' is given twice"
    ):
        deviations_of(rooms(tmp_path)["twice"])
    make_toy(tmp_path, "nameless", deviations='"""None."""\n')
    with pytest.raises(UserError, match="has no list DEVIATIONS"):
        deviations_of(rooms(tmp_path)["nameless"])


def test_injection_by_name(toy):
    with injection(toy, "version2", "summed_loss"):
        assert toy.module("version2.train").step([1, 3]) == 4
    with injection(toy, "version1", None):
        assert toy.module("version2.train").step([1, 3]) == 2
    with pytest.raises(UserError, match="Did you mean 'summed_loss'"):
        with injection(toy, "version2", "sumed_loss"):
            pytest.fail("entered")
    with pytest.raises(UserError, match="go into version2"):
        with injection(toy, "version1", "summed_loss"):
            pytest.fail("entered")


def run_suites(root: Path, paper: str, bugs: list[str], folder: Path) -> dict[str, list]:
    """See tests/suites.py: the exit status and failed tests of each bug, and of none under ""."""
    environment = {**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # half of the time of a small suite
    environment.pop("PAPERS_INJECT", None)
    results = folder / "results.json"
    program = [sys.executable, "-P", str(ROOT / "tests" / "suites.py"), paper, str(results), *bugs]
    ran = subprocess.run(program, cwd=root, env=environment, capture_output=True, text=True)
    assert results.is_file(), ran.stdout + ran.stderr
    return json.loads(results.read_text())


def test_negative_control_tells_a_suite_that_notices_from_one_that_does_not(tmp_path):
    make_toy(tmp_path, "control", engine=True)
    shutil.copy(ROOT / "papers" / "conftest.py", tmp_path / "papers")
    write(tmp_path / "pytest.ini", "[pytest]\n")
    found = run_suites(tmp_path, "control", ["summed_loss", "warm_start"], tmp_path)
    noticed = {"summed_loss": [1, ["test_loss_is_a_mean"]]}
    assert found == {"": [0, []], **noticed, "warm_start": [0, []]}


@pytest.mark.slow
@pytest.mark.parametrize("room", standing(ROOT).values(), ids=standing(ROOT))
def test_suite_passes_and_notices_every_bug(room, tmp_path):
    bugs = [found.id for found in deviations_of(room) if found.kind == "bug"]
    found = run_suites(ROOT, room.name, bugs, tmp_path)
    assert found.pop("") == [0, []]
    unnoticed = {bug: ended for bug, ended in found.items() if ended[0] != 1 or not ended[1]}
    assert unnoticed == {}, f"no test of {room.name} notices these"
