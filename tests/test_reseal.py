"""Resealing: only a golden run that is bit for bit the same keeps a record."""

import math
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from common.commands.reseal import (
    _only_python,
    golden_path,
    read_golden,
    reseal,
    run_golden,
    tell_dvc,
    write_golden,
    write_goldens,
)
from common.errors import UserError
from common.paper import rooms
from common.records.current import changed_sources
from common.records.executed import run_sources
from common.records.record import Resealed, chain_holds, read_record, write_record
from tests.factory import HARDWARE
from tests.toy import DEVIATIONS, MODEL, make_toy, write

RENAMED = MODEL.replace("(errors)", "(terms)").replace(
    " sum(errors) / len(errors)", " sum(terms) / len(terms)"
)


def golden(room, version, size=None):
    """Twenty losses of the toy as its model computes them now."""
    model = room.module(f"{version}.model")
    start = model.Net().initial_state()
    losses = [model.loss([1 / (i + 3), start, 0.1]) for i in range(20)]
    return {f"loss at step {i}": repr(loss) for i, loss in enumerate(losses)}


@pytest.fixture
def toy(tmp_path):
    """A toy whose records name their sources and whose golden runs are kept."""
    folder = make_toy(tmp_path, engine=True)
    versions = "".join(f"  {version.name}: {{}}\n" for version in sorted(folder.glob("version*")))
    write(folder / "params.yaml", f"profile: smoke\nsmoke:\n  seeds: [0]\n{versions}")
    for path in folder.glob("runs/*/*.json"):
        record = read_record(path)
        sources = run_sources(tmp_path, folder, record.version, record.deviation)
        write_record(path, record.model_copy(update={"sources": sources}))
    write_goldens(tmp_path, "toy", golden)
    return folder


def edit(folder: Path, name: str, text: str) -> None:
    from tests.toy import forget

    write(folder / name, text)
    forget("toy")


def with_one_more(text: str) -> str:
    """deviations.py with another deviation, and a function of its own for it."""
    entry = 'Deviation("more", "More", inject=more, invariant=mean_holds, **TOLD)'
    text = text.replace("DEVIATIONS = [", f"DEVIATIONS = [\n    {entry},", 1)
    return text.replace("TOLD = {", 'def more(model):\n    return {"LIMIT": 1.0}\n\n\nTOLD = {', 1)


def unwanted(room, version, size):
    assert version == "version1", "nothing changed that a run executes, so nothing is run"
    return golden(room, version)


def outcomes(root: Path) -> dict[str, str]:
    return {row["variant"]: row["outcome"] for row in reseal(root, "toy", golden)}


def record(folder: Path, variant: str):
    return read_record(folder / "runs" / HARDWARE / f"{variant}.json")


def test_golden_numbers_come_back_bit_for_bit(tmp_path):
    values = {"loss at step 0": repr(math.pi), 'a, "b"': repr(1e-300), "c": repr(-0.0), "d": "ab"}
    write_golden(tmp_path / "golden.csv", values)
    assert read_golden(tmp_path / "golden.csv") == values
    for text in ("", "what,value\n", "what,value\n0\n", "what,value\n0,1,2\n"):
        write(tmp_path / "golden.csv", text)
        with pytest.raises(UserError, match="golden.csv is no golden run"):
            read_golden(tmp_path / "golden.csv")


@pytest.mark.parametrize("other", [{"a": "1"}, {"a": "1", "c": "2"}])
def test_a_golden_run_that_tells_of_fewer_things_keeps_no_record(toy, tmp_path, other):
    write_golden(golden_path(rooms(tmp_path)["toy"], "version2"), {"a": "1", "b": "2"})
    edit(toy, "version2/model.py", RENAMED)
    found = reseal(tmp_path, "toy", lambda room, version, size: other)
    row = next(r for r in found if r["variant"] == "version2")
    assert row["outcome"] == "run again" and "has no 'b'" in row["reason"]


def test_a_golden_run_with_one_more_measure_keeps_the_records(toy, tmp_path):
    path = golden_path(rooms(tmp_path)["toy"], "version2")
    more = {**golden(rooms(tmp_path)["toy"], "version2"), "a new measure": "1"}
    assert read_golden(path) == {k: v for k, v in more.items() if k != "a new measure"}
    edit(toy, "version2/model.py", RENAMED)
    found = reseal(tmp_path, "toy", lambda room, version, size: more)
    row = next(r for r in found if r["variant"] == "version2")
    assert row["outcome"] == "resealed"


def test_nothing_changed(toy, tmp_path):
    before = {path: path.read_bytes() for path in toy.glob("runs/*/*.json")}
    assert set(outcomes(tmp_path).values()) == {"current"}
    assert {path: path.read_bytes() for path in before} == before


def test_a_new_field_of_the_config_enters_with_its_default(toy, tmp_path):
    """The golden run read it so; what the record has already is never changed."""
    edit(toy, "version2/model.py", RENAMED)
    assert outcomes(tmp_path)["version2"] == "resealed"
    old = record(toy, "version2")
    wider = MODEL.replace("steps: int = 3", "steps: int = 4\n    words: int = 0")
    edit(toy, "version2/model.py", wider)
    assert outcomes(tmp_path)["version2"] == "resealed"
    new = record(toy, "version2")
    assert (new.config, new.paper_config) == (
        {**old.config, "words": 0},
        {**old.paper_config, "words": 0},
    )
    assert new.resealed[-1].added == ["words"] and chain_holds(new)
    assert "added" not in Resealed(seal="0" * 64, sources={}, commit="0" * 40).model_dump()
    forged = new.model_copy(update={"config": {**new.config, "steps": 9}})
    assert not chain_holds(forged)


def test_a_refactor_keeps_its_records_and_both_hashes(toy, tmp_path):
    old = record(toy, "version2")
    edit(toy, "version2/model.py", RENAMED)
    assert outcomes(tmp_path) == {
        "version1": "current",
        "version2": "resealed",
        "version2+summed_loss": "resealed",
    }
    new = record(toy, "version2")
    assert changed_sources(new, tmp_path) == []
    assert [(r.seal, r.sources) for r in new.resealed] == [(old.seal, old.sources)]
    assert new.seeds == old.seeds and new.seal != old.seal and chain_holds(new)
    edit(toy, "version2/model.py", MODEL)
    assert outcomes(tmp_path)["version2"] == "resealed"
    assert len(record(toy, "version2").resealed) == 2 and chain_holds(record(toy, "version2"))


def test_another_result_is_named_and_the_record_left_alone(toy, tmp_path):
    before = record(toy, "version2")
    edit(toy, "version2/model.py", MODEL.replace("sum(errors) / len", "1e-16 + sum(errors) / len"))
    row = next(r for r in reseal(tmp_path, "toy", golden) if r["variant"] == "version2")
    assert row["outcome"] == "run again" and row["changed"] == ("papers/toy/version2/model.py",)
    assert "differs from toy/version2/golden.csv first in loss at step 0" in row["reason"]
    assert record(toy, "version2") == before


def test_a_changed_injection_does_not_pass_by_the_versions_golden(toy, tmp_path):
    text = DEVIATIONS.replace('{"loss": sum}', '{"loss": lambda errors: 2 * sum(errors)}')
    edit(toy, "evidence/deviations.py", text)
    found = outcomes(tmp_path)
    assert found["version2"] == "current" and found["version2+summed_loss"] == "run again"


def test_a_deviation_that_was_added_makes_no_record_of_another_stale(toy, tmp_path):
    edit(toy, "evidence/deviations.py", with_one_more(DEVIATIONS))
    assert set(outcomes(tmp_path).values()) == {"current"}


def test_without_a_golden_run_nothing_is_kept(toy, tmp_path):
    golden_path(rooms(tmp_path)["toy"], "version2").unlink()
    edit(toy, "version2/model.py", RENAMED)
    row = next(r for r in reseal(tmp_path, "toy", golden) if r["variant"] == "version2")
    assert row["outcome"] == "run again" and "golden.csv is missing" in row["reason"]
    with pytest.raises(UserError, match="model.py changed since version2 was recorded"):
        write_goldens(tmp_path, "toy", golden)


def test_a_false_chain_is_refused(toy, tmp_path):
    path = toy / "runs" / HARDWARE / "version2.json"
    old = record(toy, "version2")
    made_up = Resealed(seal="0" * 64, sources=old.sources, commit=old.commit)
    write_record(path, old.model_copy(update={"resealed": [made_up]}))
    edit(toy, "version2/model.py", RENAMED)
    with pytest.raises(UserError, match="a seal that it had before a reseal"):
        reseal(tmp_path, "toy", golden)


def test_only_python_files_that_the_record_hashed_may_be_waved_through():
    python = {"changed deps": {"a.py": "modified"}}
    assert _only_python([python], {"a.py"})
    for other in (
        {"changed deps": {"b.py": "modified"}},
        {"changed deps": {"a.py": "deleted"}},
        {"changed deps": {"params.yaml": {"seeds": "modified"}}},
        {"changed outs": {"metrics.json": "modified"}},
        "changed command",
    ):
        assert not _only_python([python, other], {"a.py", "params.yaml"}), other


def test_records_of_the_older_form_are_resealed_once_and_their_chain_holds(toy, tmp_path):
    """Their sources name whole files, also such as no run executes, and deviations by their ids."""
    path = toy / "runs" / HARDWARE / "version2+summed_loss.json"
    named = {
        "common/errors.py": "1" * 64,
        "papers/toy/evidence/deviations.py::summed_loss": "2" * 64,
        "papers/toy/version2/model.py": "3" * 64,
    }
    older = read_record(path).model_copy(update={"sources": named}).sealed()
    write_record(path, older)
    golden_path(rooms(tmp_path)["toy"], "version2+summed_loss").unlink()
    assert outcomes(tmp_path)["version2+summed_loss"] == "run again"
    write_golden(
        golden_path(rooms(tmp_path)["toy"], "version2+summed_loss"),
        run_golden(rooms(tmp_path)["toy"], "version2+summed_loss", golden),
    )
    assert outcomes(tmp_path)["version2+summed_loss"] == "resealed"
    new = record(toy, "version2+summed_loss")
    assert (new.resealed[0].sources, new.resealed[0].seal) == (named, older.seal)
    assert chain_holds(new) and "common/errors.py" not in new.sources
    assert set(outcomes(tmp_path).values()) == {"current"}


@pytest.mark.parametrize("named", ["common/errors.py", None])
def test_a_list_of_machinery_that_grew_or_shrank_is_proved_by_golden_runs(toy, tmp_path, named):
    path = toy / "runs" / HARDWARE / "version2.json"
    sources = dict(read_record(path).sources)
    lost = sources.popitem() if named is None else ()
    sources |= {named: "1" * 64} if named else {}
    write_record(path, read_record(path).model_copy(update={"sources": sources}))
    assert changed_sources(read_record(path), tmp_path) == [] and (named or lost)
    ran = []
    found = reseal(
        tmp_path, "toy", lambda room, version, size: ran.append(version) or golden(room, version)
    )
    assert ran == ["version2"]
    assert {row["variant"]: row["outcome"] for row in found}["version2"] == "resealed"


STAGES = """stages:
  ladder:
    wdir: ../..
    cmd: python -m papers.toy.version2.train --deviation summed_loss --record
    deps:
      - papers/toy/evidence/deviations.py
      - papers/toy/version2/model.py
  train:
    wdir: ../..
    matrix:
      version: [version1, version2]
    cmd: python -m papers.toy.${item.version}.train --record
    deps:
      - papers/toy/${item.version}/model.py
    params:
      - papers/toy/params.yaml:
          - smoke.${item.version}
"""


def dvc(root: Path, *arguments: str) -> None:
    command = [sys.executable, "-m", "dvc", *arguments, "-q"]
    subprocess.run(command, cwd=root, check=True, stdin=subprocess.DEVNULL)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_dvc_is_told_what_was_proved_and_nothing_else(toy, tmp_path):
    subprocess.run(["git", "init", "-q", "."], cwd=tmp_path, check=True)
    dvc(tmp_path, "init")
    write(toy / "dvc.yaml", STAGES)
    dvc(tmp_path, "commit", "-f", "papers/toy/dvc.yaml")
    assert tell_dvc(tmp_path, "toy") == []
    edit(toy, "version1/model.py", MODEL.replace("sum(errors)", "2 * sum(errors)"))
    edit(toy, "version2/model.py", RENAMED)
    assert outcomes(tmp_path)["version1"] == "run again"
    assert sorted(tell_dvc(tmp_path, "toy")) == [
        "papers/toy/dvc.yaml:ladder: committed",
        "papers/toy/dvc.yaml:train@version2: committed",
    ]
    assert tell_dvc(tmp_path, "toy") == []
    edit(toy, "evidence/deviations.py", with_one_more(DEVIATIONS))
    rows = reseal(tmp_path, "toy", unwanted)
    assert {row["outcome"] for row in rows if row["variant"] != "version1"} == {"current"}
    assert tell_dvc(tmp_path, "toy") == ["papers/toy/dvc.yaml:ladder: committed"]
    edit(toy, "version2/model.py", MODEL)
    params = (toy / "params.yaml").read_text(encoding="utf-8")
    write(toy / "params.yaml", params.replace("version2: {}", "version2: {steps: 7}"))
    assert outcomes(tmp_path)["version2"] == "resealed"
    assert tell_dvc(tmp_path, "toy") == ["papers/toy/dvc.yaml:ladder: committed"]
