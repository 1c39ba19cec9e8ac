"""`papers pipeline` and `papers dag`; how many seeds a verdict takes is said before training."""

from pathlib import Path

import pytest

from common.commands import pipelines, reproduce
from common.evidence.resampling import seeds_needed
from common.paper import forget_rooms, rooms
from tests.toy import make_toy, write

ROOT = Path(__file__).parents[1]
ONE = 'Claim("c{i}", "Table 1", "Better.", "direction", {how}=lambda view: None)'


@pytest.fixture(autouse=True)
def _rooms_anew():
    yield
    forget_rooms()


def toy(root, claims, seeds, how="measure", profile="cpu"):
    listed = ", ".join(ONE.format(i=i, how=how) for i in range(claims))
    folder = make_toy(
        root, claims=f"from common.evidence.claims import Claim\n\nCLAIMS = [{listed}]\n"
    )
    section = f"  seeds: {list(range(seeds))}\n  version1: {{}}\n  version2: {{}}\n"
    write(folder / "params.yaml", f"profile: {profile}\n{profile}:\n{section}")
    return rooms(root)["toy"]


@pytest.mark.parametrize("claims", [1, 2, 5])
def test_one_seed_too_few_is_said_with_the_number_needed(tmp_path, claims):
    needed = seeds_needed(claims)
    assert pipelines.few_seeds(toy(tmp_path, claims, needed)) == ""
    said = pipelines.few_seeds(toy(tmp_path, claims, needed - 1))
    assert f"takes at least {needed} seeds" in said and f"lists {needed - 1} for cpu" in said


def test_nothing_is_said_where_no_seeds_of_params_yaml_are_judged(tmp_path):
    assert pipelines.few_seeds(toy(tmp_path, 0, 2)) == ""
    assert pipelines.few_seeds(toy(tmp_path, 3, 2, how="experiment")) == ""
    assert pipelines.few_seeds(toy(tmp_path, 3, 2, profile="smoke")) == ""


@pytest.mark.parametrize("room", rooms(ROOT).values(), ids=lambda room: room.name)
def test_the_committed_rooms_have_seeds_enough(room):
    assert pipelines.few_seeds(room) == ""


def test_reproduce_says_it_before_anything_else(tmp_path, monkeypatch, capsys):
    toy(tmp_path, 3, 2)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(reproduce, "check_stages", lambda home: None)
    monkeypatch.setattr(reproduce, "fetch", lambda homes: pytest.exit("fetched"))
    forget_rooms()
    with pytest.raises(pytest.exit.Exception, match="fetched"):
        reproduce.reproduce(["toy"], None)
    assert "at least 7 seeds" in capsys.readouterr().out


def test_only_what_changed_is_named(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(pipelines, "find_root", lambda: tmp_path)
    monkeypatch.setattr(pipelines, "rooms", dict)
    monkeypatch.setattr(pipelines, "render_root", lambda root: "stages: {}\n")
    pipelines.write_pipelines(None)
    assert capsys.readouterr().out == "written: dvc.yaml\n"
    pipelines.write_pipelines(None)
    assert capsys.readouterr().out == "every dvc.yaml is as it must be.\n"


def test_dag_says_what_each_stage_waits_for():
    found = {stage["stage"]: stage for stage in pipelines.dag(rooms(ROOT)["rnn"])}
    after = {name: stage["after"] for name, stage in found.items()}
    assert (after["data"], after["train"], after["ladder"]) == ([], ["data"], ["data"])
    assert after["curves"] == ["train"]
    assert after["evidence"] == ["train", "ladder", "sizes"]
    assert after["report"] == ["curves", "evidence"]
    assert (found["train"]["runs"], found["evidence"]["runs"]) == (2, 1)
    assert "papers/rnn/metrics/*.json" in found["train"]["writes"]


@pytest.mark.parametrize("room", rooms(ROOT).values(), ids=lambda room: room.name)
def test_dag_is_a_few_short_lines(room, capsys):
    pipelines.print_dag(room.name)
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= 130 and len(said.splitlines()) < 16
