"""Runs of one's own stand beside the committed ones: listed, named, compared, never in the way."""

from __future__ import annotations

import json
import re

import pytest

from common.commands import cli
from common.commands.ended import ending
from common.errors import UserError
from common.paper import forget_rooms, room
from common.records import curves
from common.records.own_runs import committed, find_runs, own_runs
from common.records.record import read_records, record_path, summary, write_json, write_record
from tests.factory import HARDWARE, make_record, make_room

MINE = {"config": {"hidden": 32, "rate": 0.1}, "paper_config": {"hidden": 64, "rate": 0.1}}


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A paper with two versions and a deviation recorded, and two runs of one's own."""
    variants = {"version1": 2.5, "version2": 2.0, "version2+bug": 3.0}
    monkeypatch.chdir(make_room(tmp_path, "mine", variants))
    keep(tmp_path, "key1", mean=1.9, seeds=[0], **MINE)
    smoke = tmp_path / "local" / "smoke" / "mine" / "papers" / "mine"
    record = make_record("mine", "version1", profile="smoke", started="2026-03-01T00:00:00+00:00")
    write_record(record_path(smoke, record), record)
    copied = committed(room("mine"))[1].record  # a clone holds the committed ones as well
    write_record(record_path(smoke, copied), copied)
    yield room("mine")
    forget_rooms()


def keep(root, key, variant="version2", started="2026-02-01T00:00:00+00:00", **changes):
    record = make_record("mine", variant, started=started, **changes)
    path = record_path(root / "local" / "mine" / key, record)
    write_record(path, record)
    return path


def papers(capsys, *words):
    with pytest.raises(SystemExit) as stopped:
        cli.main(list(words))
    said = capsys.readouterr()
    return stopped.value.code, said.out, said.err


def test_the_list_has_recorded_and_own_runs(home, capsys):
    code, out, _ = papers(capsys, "runs", "list", "mine", "--json")
    rows = json.loads(out)
    assert (code, [row["own"] for row in rows]) == (0, [False] * 3 + [True] * 2)
    mine, smoke = rows[3:]
    assert (mine["variant"], mine["changed"], mine["seeds"]) == ("version2", {"hidden": 32}, [0])
    assert (smoke["profile"], smoke["value"]) == ("smoke", pytest.approx(2.0, abs=0.05))
    code, out, _ = papers(capsys, "runs", "list")
    assert code == 0 and "hidden=32" in out and mine["id"] in out and "version2+bug" in out


@pytest.mark.parametrize("width", [80, 120])
def test_the_list_fits_the_terminal(home, capsys, monkeypatch, width):
    from rich.console import Console

    monkeypatch.setattr(Console, "is_terminal", property(lambda self: True))
    monkeypatch.setenv("COLUMNS", str(width))
    _, out, _ = papers(capsys, "runs", "list", "mine")
    lines = re.sub(r"\x1b\[[\d;]*m", "", out).splitlines()
    assert max(map(len, lines)) <= width
    assert any("version2+bug" in line and "2.99" in line for line in lines)  # a row is one line


def test_a_run_is_called_by_id_path_or_variant(home):
    mine = own_runs("mine")[0]
    for name in (mine.id, mine.id[:4], mine.record.seal, str(mine.path), "local/mine/key1"):
        assert find_runs(home, name) == [mine], name
    assert [one.own for one in find_runs(home, "version2")] == [False]
    with pytest.raises(UserError, match="no run 'verson2'.*version2"):
        find_runs(home, "verson2")
    with pytest.raises(UserError, match="calls several runs"):
        keep(home.folder.parents[1], "key1", variant="version1")
        find_runs(home, "local/mine/key1")


def test_a_variant_without_a_record_is_named_with_what_makes_it(home):
    with pytest.raises(UserError, match="has no record: `papers train mine version9 --dev") as said:
        root = home.folder.parents[1]
        keep(root, "key2", variant="version9+odd")
        find_runs(home, "version9+odd")
    assert own_runs("mine")[-1].id in str(said.value) or "your own runs" in str(said.value)


def test_a_record_is_set_aside_not_deleted(home, capsys):
    [recorded] = find_runs(home, "version1")
    code, out, _ = papers(capsys, "runs", "aside", "mine", recorded.id)
    assert code == 0 and "local/mine/" in out
    assert "version1" not in {r.variant for r in read_records(home.folder)}
    [mine] = find_runs(home, recorded.id)
    assert mine.own and mine.record == recorded.record
    code, _, err = papers(capsys, "runs", "aside", "mine", recorded.id)
    assert code == 2 and "own already" in err


def test_no_numbers_of_a_record_stay_that_is_set_aside(home, capsys):
    [recorded] = find_runs(home, "version1")
    elsewhere = recorded.record.hardware.model_copy(update={"name": "other-1t-float32"})
    other = recorded.record.model_copy(
        update={"hardware": elsewhere, "started": "2020-01-01T00:00:00+00:00"}
    )
    other = other.model_copy(update={"seeds": other.seeds[1:]}).sealed()
    write_record(record_path(home.folder, other), other)
    metrics, curve = home.path("metrics/version1.json"), home.path("curves/version1.csv")
    curve.parent.mkdir()
    write_json(metrics, summary(recorded.record.seeds))
    curves.write(home, "version1")
    old = curve.read_text()
    assert papers(capsys, "runs", "aside", "mine", recorded.id)[0] == 0
    assert json.loads(metrics.read_bytes()) == summary(other.seeds)
    assert curve.read_text() == curves.curve(other) != old
    assert papers(capsys, "runs", "aside", "mine", other.seal)[0] == 0
    assert not metrics.exists() and not curve.exists()


def test_a_damaged_run_of_ones_own_is_in_nobodys_way(home, capsys):
    before = own_runs()
    (home.folder.parents[1] / before[0].path).write_text("{")
    assert own_runs() == before[1:]
    assert papers(capsys, "runs", "list")[0] == 0


def test_a_training_ends_with_its_curve_beside_the_recorded_one(home):
    path = keep(home.folder.parents[1], "key3", mean=1.8, seeds=range(2))
    said = ending(path)
    lines = said.splitlines()
    rows = [line.split() for line in lines[2:12]]
    assert lines[1].split() == ["step", "validation", "recorded"]
    assert [len(row) for row in rows] == [4] * 10 and rows[-1][0] == "2000"
    [recorded] = find_runs(home, "version2")
    curves = [run.curve.validation[-1] for run in recorded.record.seeds]
    assert float(rows[-1][2]) == pytest.approx(sum(curves) / len(curves), abs=1e-4)
    values = recorded.record.values("bits_per_character").values()
    mean = sum(values) / len(values)
    assert len(rows[0][3]) == 32 > len(rows[-1][3])  # the bars
    assert "mine version2: 1.8" in said and f"recorded version2: {mean:.4f}" in said
    assert f"on {HARDWARE}" in said and max(map(len, lines)) <= 100
    record = find_runs(home, str(path))[0]
    assert f"papers compare mine version2 {record.id}" in said


def test_what_was_recorded_is_not_compared_with_itself(home):
    [recorded] = find_runs(home, "version2")
    said = ending(home.folder.parents[1] / recorded.path)
    assert "recorded" not in said and "record: papers/mine/runs/" in said


def test_other_data_is_said_and_has_no_curve_beside_it(home):
    from common.records.record import Dataset

    other = Dataset(name="my.txt", sha256="ef" * 32)
    said = ending(keep(home.folder.parents[1], "key4", dataset=other, profile="smoke"))
    assert said.splitlines()[1].split() == ["step", "validation"]
    assert "profile cpu, not smoke, data toy_text, not my.txt" in said
