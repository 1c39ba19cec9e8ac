"""Evidence: the ladder, the seal, and what is refused."""

import json
import math
import subprocess
import sys

import pytest

from common.errors import UserError
from common.evidence.__main__ import main
from common.evidence.verdicts import (
    FILE,
    gather,
    primary_hardware,
    read_evidence,
    rounded,
    rows_claims,
    rows_deviations,
    seal,
)
from common.records.record import read_record, write_json, write_record
from tests.factory import HARDWARE, make_records
from tests.toy import CLAIMS, MODEL, make_toy, write


def test_primary_hardware():
    few = make_records(hardware=["a-1t"], variants=["version1"], seeds=range(20))
    many = make_records(hardware=["c-1t", "b-1t"])
    more_seeds = make_records(hardware=["d-1t"], seeds=range(8))
    assert primary_hardware(few + many) == "b-1t"
    assert primary_hardware(few + many + more_seeds) == "d-1t"
    assert primary_hardware([]) is None


@pytest.fixture
def toy(tmp_path):
    return make_toy(tmp_path, seeds=range(8))


def test_gather(toy, tmp_path):
    content = gather(tmp_path, "toy")
    rows = {row["id"]: row for row in content["claims"]}
    assert [row["verdict"] for row in content["claims"]] == [
        "holds",
        "does not follow",
        "equal within tolerance",
        "one observation",  # the toy's versions differ by the same at every seed
        "reproduced",
        "out of reach",
    ]
    assert "says 23,165 (Table 2); its own configuration gives 23,166" in rows["count"]["finding"]
    improves = rows["improves"]
    assert improves["value"] == pytest.approx(-0.2) and improves["n"] == 8
    assert improves["low"] <= improves["value"] <= improves["high"] < 0
    assert improves["adjusted_p"] == 1
    assert content["pairs"]["trick"]["worse"]["7"] == 1.79
    assert set(content["pairs"]) == {"improves", "trick"}
    assert content["hardware"] == HARDWARE
    assert set(content["records"]) == {
        f"{HARDWARE}/{v}" for v in ("version1", "version2", "version2+summed_loss")
    }
    assert read_evidence(toy / FILE) == content


def test_ladder(toy, tmp_path):
    found = {row["id"]: row for row in gather(tmp_path, "toy")["deviations"]}
    summed = found["summed_loss"]
    assert summed["cost"] == pytest.approx(0.5) and summed["n"] == 8 and summed["low"] > 0
    assert (found["warm_start"]["cost"], found["warm_start"]["note"]) == (None, "not measured here")
    assert (found["untrained"]["cost"], found["untrained"]["note"]) == (None, "not trained")


def test_a_cost_is_positive_where_higher_is_better(tmp_path):
    folder = make_toy(tmp_path, "higher", {"version2": 2.0, "version2+summed_loss": 1.5})
    text = (folder / "__init__.py").read_text()
    write(folder / "__init__.py", text.replace("bits per character')", "accuracy', False)"))
    write(folder / "evidence/claims.py", "CLAIMS = []\n")
    row = gather(tmp_path, "higher")["deviations"][0]
    assert row["unit"] == "accuracy" and row["cost"] == pytest.approx(0.5) and row["low"] > 0


def test_the_same_bytes_again(toy, tmp_path):
    gather(tmp_path, "toy")
    before = (toy / FILE).read_bytes()
    gather(tmp_path, "toy")
    assert (toy / FILE).read_bytes() == before


def test_rounding():
    assert rounded({1: 0.123456789, "n": 124439808, "x": math.inf, "b": True}) == {
        "1": 0.123457,
        "n": 124439808,
        "x": None,
        "b": True,
    }


def test_forged_evidence_is_refused(toy, tmp_path):
    gather(tmp_path, "toy")
    content = json.loads((toy / FILE).read_bytes())
    content["claims"][1]["verdict"] = "holds"
    write_json(toy / FILE, content)
    with pytest.raises(UserError, match="toy/evidence/verdicts.json: the seal does not match"):
        read_evidence(toy / FILE)
    write(toy / FILE, "{")
    with pytest.raises(UserError, match="damaged"):
        rows_claims("toy", tmp_path)


def test_changed_sources_are_named(toy, tmp_path):
    gather(tmp_path, "toy")
    model = toy / "version2" / "model.py"
    write(model, MODEL.replace('"""A toy', '"""Another comment. A toy'))
    assert read_evidence(toy / FILE)
    write(model, MODEL.replace("LIMIT = 5.0", "LIMIT = 6.0"))
    with pytest.raises(UserError, match="papers/toy/version2/model.py changed since"):
        read_evidence(toy / FILE)
    assert {row["stale"] for row in rows_claims("toy", tmp_path)} == {
        "papers/toy/version2/model.py"
    }


def test_changed_records_are_named(toy, tmp_path):
    gather(tmp_path, "toy")
    path = toy / "runs" / HARDWARE / "version1.json"
    write_record(path, read_record(path).model_copy(update={"profile": "other"}))
    with pytest.raises(UserError, match=f"papers/toy/runs/{HARDWARE}/version1.json changed since"):
        read_evidence(toy / FILE)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"sources": {"papers/toy/version2/model.py": "0" * 64}},
            "other code: papers/toy/version2/m",
        ),
        ({"profile": "smoke"}, "another profile than version1"),
        ({"config": {"hidden": 1}}, "unlike configs"),
    ],
)
def test_records_that_do_not_belong_together_are_refused(tmp_path, changes, words):
    folder = make_toy(tmp_path)
    path = folder / "runs" / HARDWARE / "version2+summed_loss.json"
    write_record(path, read_record(path).model_copy(update=changes))
    with pytest.raises(UserError, match=words):
        gather(tmp_path, "toy")


def test_a_seed_that_is_missing_on_one_side_is_named(tmp_path):
    folder = make_toy(tmp_path)
    path = folder / "runs" / HARDWARE / "version2+summed_loss.json"
    record = read_record(path)
    write_record(path, record.model_copy(update={"seeds": record.seeds[:4]}))
    with pytest.raises(UserError, match=r"version2\+summed_loss misses seed 4, 5"):
        gather(tmp_path, "toy")


def test_a_diverged_rung_has_no_cost(tmp_path):
    folder = make_toy(tmp_path)
    path = folder / "runs" / HARDWARE / "version2+summed_loss.json"
    record = read_record(path)
    lost = record.seeds[0].model_copy(update={"metrics": {"bits_per_character": None}})
    write_record(path, record.model_copy(update={"seeds": [lost, *record.seeds[1:]]}))
    row = gather(tmp_path, "toy")["deviations"][0]
    assert (row["cost"], row["note"]) == (None, "version2+summed_loss diverged at 1 of 6 seeds")


def test_duplicate_claims_are_refused(tmp_path):
    make_toy(tmp_path, claims=CLAIMS + "CLAIMS += CLAIMS[:1]\n")
    with pytest.raises(UserError, match="toy/.*/claims.py: the id 'parameters' is given twice"):
        gather(tmp_path, "toy")


def test_rows(toy, tmp_path):
    with pytest.raises(UserError, match="toy/evidence/verdicts.json is missing: run"):
        rows_claims("toy", tmp_path)
    assert rows_claims(None, tmp_path) == []
    gather(tmp_path, "toy")
    first, *_ = rows_claims(None, tmp_path)
    needed = {"paper", "id", "place", "kind", "verdict", "value", "low", "high", "n", "stale"}
    assert needed <= set(first) and first["paper"] == "toy" and first["stale"] is None
    needed = {"paper", "id", "place", "kind", "cost", "low", "high", "n", "stale"}
    assert needed <= set(rows_deviations("toy", tmp_path)[0])
    with pytest.raises(UserError, match="no paper 'tory'. Did you mean 'toy'"):
        rows_deviations("tory", tmp_path)


def test_the_command(toy, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["toy"]) == 0
    assert "count: does not follow" in capsys.readouterr().out
    assert main(["tory"]) == 2
    assert capsys.readouterr().err == "error: no paper 'tory'. Did you mean 'toy'?\n"
    assert main([]) == 2


def test_the_seal_covers_everything_else():
    assert seal({"a": 1, "seal": "x"}) == seal({"a": 1}) != seal({"a": 2})


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("common.evidence.verdicts", ["torch", "numpy", "scipy", "pandas"]),
        ("common.evidence.deviations", ["torch", "numpy", "scipy", "pandas", "pydantic"]),
    ],
)
def test_light_on_imports(module, heavy):
    """The command line reads evidence without torch; a run hashes what deviations.py imports."""
    code = f"import sys, {module}; sys.exit(' '.join(set({heavy}) & set(sys.modules)) or 0)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (result.returncode, result.stderr.strip()) == (0, "")
