"""`papers doctor`: one line per cause, and a mend that does no harm."""

import json
import subprocess
import sys
import types

import pytest

from common.commands import doctor
from common.data import pin
from common.errors import UserError
from common.paper import rooms
from tests.factory import make_room

NOT_HERE = {
    "papers/rnn/dvc.yaml:data": [{"changed outs": {"papers/rnn/data.json": "not in cache"}}],
    "papers/rnn/dvc.yaml:train@version1": [
        {"changed deps": {"papers/rnn/data.json": "deleted"}},
        {"changed outs": {"papers/rnn/checkpoints/version1": "not in cache"}},
    ],
}
PYTHON = {"changed deps": {"common/run/engine.py": "modified"}}


@pytest.fixture
def stale(monkeypatch, tmp_path):
    """The findings for what `dvc status --json` says."""

    def found(status):
        done = types.SimpleNamespace(returncode=0, stdout=json.dumps(status), stderr="")
        monkeypatch.setattr(doctor.subprocess, "run", lambda *_, **__: done)
        return list(doctor.dvc(tmp_path))

    return found


def test_doctor_tells_stale_stages_in_words():
    status = [{"changed deps": {"common/a.py": "modified"}}, "always changed"]
    assert doctor._reasons(status) == "common/a.py modified; always changed"
    status = [{"changed deps": {"params.yaml": {"cpu.seeds": "modified"}}}]
    assert doctor._reasons(status) == "params.yaml: cpu.seeds modified"


def test_doctor_survives_a_check_that_cannot_be_made():
    def broken(root):
        raise UserError("the thing is damaged.")
        yield

    (finding,) = doctor._checked(broken)
    assert finding.mend and "damaged" in finding.state


def test_a_fresh_clone_is_one_line_per_paper(stale):
    (finding,) = stale(NOT_HERE)
    assert doctor.line(finding) == (
        "-- rnn: not run here\n     -> papers reproduce rnn (or read reports/)"
    )


def test_hints_are_no_problems_and_the_last_line_counts(monkeypatch, capsys):
    fine, hint = doctor.Finding("disk", "9 GiB"), doctor.Finding("rnn", "not run here", "go", True)
    wrong = doctor.Finding("data", "differs", "fetch")
    for found, code, last in (
        ([fine, hint], 0, "0 problems"),
        ([wrong, fine, hint], 1, "1 problem"),
        ([wrong, wrong], 1, "2 problems"),
    ):
        monkeypatch.setattr(doctor, "CHECKS", [lambda root, found=found: iter(found)])
        assert doctor.run(False) == code
        lines = capsys.readouterr().out.splitlines()
        assert lines[-1] == last
        marks = [line[:2] for line in lines if line[:2] in ("ok", "--", "!!")]
        assert marks == sorted(marks, key=["ok", "--", "!!"].index)


def test_long_findings_are_folded_on_a_terminal_and_a_line_in_a_pipe(monkeypatch, capsys):
    found = [doctor.Finding("data", "differs " * 20, "fetch " * 20)]
    monkeypatch.setattr(doctor, "CHECKS", [lambda root: iter(found)])
    doctor.run(False)
    assert max(map(len, capsys.readouterr().out.splitlines())) > 120
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    doctor.run(False)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert sum("fetch" in line and line.startswith("     ") for line in lines) == 2


@pytest.mark.parametrize("state", ["absent", "differs"])
def test_data_that_was_not_fetched_yet_is_a_hint_and_damaged_data_a_problem(
    tmp_path, monkeypatch, state
):
    monkeypatch.setattr(pin, "state", lambda dataset: state)
    found = [f for f in doctor.data(tmp_path) if f.mend]
    assert found and all(f.problem is (state == "differs") for f in found)


def test_what_changed_is_told_and_not_hidden_by_what_was_not_run(stale):
    many = {"changed deps": {f"papers/bpe/file{i}": "modified" for i in range(9)}}
    status = NOT_HERE | {"papers/rnn/dvc.yaml:evidence": [PYTHON], "papers/bpe/dvc.yaml:a": [many]}
    rnn, bpe = stale(status | {"index": [PYTHON]})[:2]
    assert rnn.state == "3 stale: common/run/engine.py modified"
    assert rnn.mend == "papers reseal rnn, else papers reproduce rnn"
    assert bpe.state.endswith("; and 5 more, see `dvc status`")
    assert bpe.mend == "papers reproduce bpe"
    assert stale({"index": [PYTHON]})[0].what == "pages over all papers"
    assert not stale({})[0].mend


@pytest.mark.parametrize(
    ("state", "mend"),
    [
        ("partial: digits not fetched", "papers data fetch"),
        ("differs: digits (a has wrong bytes)", "papers data fetch"),
        (f"differs: data.dvc was rewritten. {pin.RESTORE}", "git checkout data.dvc"),
        ("equal", "move away what the catalogue does not name"),
    ],
)
def test_the_pin_is_never_to_be_written_anew(stale, monkeypatch, state, mend):
    monkeypatch.setattr(pin, "check_pin", lambda: state)
    finding, stages = stale({"data.dvc": [{"changed outs": {"data": "modified"}}]})
    assert (finding.what, finding.mend) == ("data.dvc", mend)
    assert stages.state == "all stages are up to date"


def test_records_that_the_report_would_refuse_are_told(tmp_path):
    root = make_room(tmp_path, "few", ("version1", "version2"))
    make_room(tmp_path, "few", ("version1",), seeds=range(2))
    make_room(tmp_path, "whole", ("version1", "version2"))
    home = rooms(root)["whole"]
    assert [f.mend for f in doctor._records_of(root, home)] == [""]
    (tmp_path / "papers/few/__init__.py").write_text(
        (tmp_path / "papers/whole/__init__.py").read_text()
    )
    *_, finding = doctor._records_of(root, rooms(root)["few"])
    assert "would be refused" in finding.state and "misses seed 2" in finding.state
    assert "papers reproduce few" in finding.mend


def test_records_of_other_code_are_one_line_per_paper_and_no_records_a_hint(tmp_path):
    make_room(tmp_path, "few", ("version1", "version2"), sources={"common/gone.py": "ab" * 32})
    (finding,) = doctor._records_of(tmp_path, rooms(tmp_path)["few"])
    assert finding.problem and finding.mend == "papers reseal few, else papers reproduce few"
    assert finding.state == "2 of 2 made by other code; changed since: common/gone.py"
    for path in tmp_path.glob("papers/few/runs/*/*.json"):
        path.unlink()
    (finding,) = doctor._records_of(tmp_path, rooms(tmp_path)["few"])
    assert finding.hint and not finding.problem and finding.state == "none yet"


def test_what_the_repository_holds_need_not_be_fetched(tmp_path, monkeypatch):
    monkeypatch.setenv("PAPERS_DATA", str(tmp_path))
    found = {finding.what: (finding.state, finding.mend) for finding in doctor.data(tmp_path)}
    assert found["data tinyshakespeare"] == ("inside the repository", "")
    assert found["data multi30k"] == ("absent", "papers data fetch multi30k")


@pytest.mark.parametrize(
    ("made", "state", "mend"),
    [
        ([], "not a git repository", "git clone the repository instead"),
        ([["init", "-q"]], "git has no commit yet", "git clone the repository instead"),
    ],
)
def test_where_git_names_no_commit_its_reason_is_a_hint(tmp_path, made, state, mend):
    for words in made:
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    (finding,) = doctor.git(tmp_path)
    assert state in finding.state and finding.state.endswith(
        "records made here will name no commit"
    )
    assert finding.mend == mend and finding.hint and not finding.problem


def test_a_checkout_of_another_user_is_told_what_git_wants(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    for name in ("GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_0", "GIT_CONFIG_VALUE_0"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    (finding,) = doctor.git(tmp_path)
    assert "dubious ownership" in finding.state
    assert finding.mend.startswith("run `git config --global --add safe.directory`")


def test_code_without_git_has_no_problem(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "dvc", "init", "-q", "--no-scm"], cwd=tmp_path, check=True
    )
    (tmp_path / ".dvc" / "config").write_text("")
    (finding,) = doctor.dvc(tmp_path)
    assert finding.hint and "without git" in finding.state
