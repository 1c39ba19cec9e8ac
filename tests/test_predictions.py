"""Predictions: inside, outside or not run yet; and whether they were there before the run."""

from __future__ import annotations

import subprocess

import pytest

from common.commands import cli
from common.commands.checking.evidence import evidence_problems
from common.commands.checking.predictions import stated
from common.errors import UserError
from common.evidence.claims import Claim, Exact
from common.evidence.outcomes import Predicted
from common.evidence.verdicts import FILE, gather, load_evidence
from common.evidence.wording import tally
from common.paper import Room, forget_rooms
from common.records.record import read_record, write_record
from common.reports import render, store
from tests.factory import HARDWARE
from tests.toy import forget, make_toy, write

MADE = "2025-12-31T12:00+00:00"  # records of the toy begin on 2 January 2026
CLAIMS = '''"""A prediction about version2, made from what smaller runs gave."""

from common.evidence.claims import Claim
from common.evidence.outcomes import Predicted

LARGEST = Predicted(1.99, 1.9, 2.1, made="{made}", variant="{variant}")
CLAIMS = [
    Claim("largest", "Fig. 1", "It foretells the loss.", "prediction", unit="bits",
          predicted=LARGEST),
]
'''


def git(root, *words) -> str:
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *who, *words], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def predicting(root, *, made=MADE, variant="version2", edit=lambda text: text) -> Room:
    means = {"version1": 2.2, "version2": 2.0}
    claims = edit(CLAIMS.format(made=made, variant=variant))
    return Room("foretelling", make_toy(root, "foretelling", means, claims=claims, deviations=NONE))


NONE = "DEVIATIONS = []\n"


@pytest.fixture(autouse=True)
def _root(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "numbers", store.frames)
    yield
    forget_rooms()


def row(root, **options) -> dict:
    home = predicting(root, **options)
    gather(root, home.name)
    return load_evidence(home.path(FILE))["claims"][0]


def test_an_outcome_in_the_interval_is_inside(tmp_path):
    found = row(tmp_path)
    assert (found["verdict"], found["expected"]) == ("inside", 1.99)
    assert found["value"] == pytest.approx(2.0, abs=0.03)
    assert (found["low"], found["high"], found["p"], found["n"]) == (1.9, 2.1, None, 6)
    assert tally([found])["held"] == 1


def test_an_outcome_beyond_it_is_outside(tmp_path):
    found = row(tmp_path, edit=lambda text: text.replace("1.9, 2.1", "1.98, 1.991"))
    assert found["verdict"] == "outside" and tally([found])["not"] == 1


def test_before_the_run_the_prediction_stands_alone(tmp_path):
    found = row(tmp_path, variant="version3")
    assert (found["verdict"], found["value"], found["expected"]) == ("not run yet", None, 1.99)
    assert tally([found])["open"] == 1


def test_a_run_that_was_there_before_is_no_outcome(tmp_path):
    with pytest.raises(UserError, match="version2 was started at 2026-01-02.*before"):
        row(tmp_path, made="2026-01-03T00:00+00:00")


def test_page_and_command_tell_the_prediction_with_its_interval(tmp_path, monkeypatch, capsys):
    row(tmp_path)
    monkeypatch.chdir(tmp_path)
    render.write_paper(tmp_path, "foretelling")
    page = (tmp_path / "reports/foretelling.md").read_text()
    assert "| **inside** |" in page and "bits (predicted: 1.99 [1.90,&nbsp;2.10])" in page
    assert "before its run began" in page and "Predicted on 31 December 2025" in page
    assert "foretelling-claims.svg" not in page  # a forest is for differences
    for words, told in (
        (["claims", "foretelling", "largest"], "expected    predicted 1.99 [1.9, 2.1]"),
        (["claims", "foretelling", "--verdict", "inside"], "inside"),
        (["claims", "foretelling", "--kind", "prediction", "--json"], '"expected": 1.99'),
    ):
        with pytest.raises(SystemExit):
            cli.main(words)
        assert told in capsys.readouterr().out


# -- was it there before? ------------------------------------------------------------------------


@pytest.fixture
def committed(tmp_path):
    """The room with its prediction in a first commit, at which version2 was run."""
    home = predicting(tmp_path)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "papers/foretelling/evidence")
    git(tmp_path, "commit", "-qm", "A prediction")
    return home, git(tmp_path, "rev-parse", "HEAD")


def checked(root, home: Room, commit: str) -> tuple[str, list]:
    path = home.path("runs", HARDWARE, "version2.json")
    write_record(path, read_record(path).model_copy(update={"commit": commit}))
    gather(root, home.name)
    notes: list = []
    return "\n".join(evidence_problems(root, home, notes.append)), notes


@pytest.mark.parametrize("end", ["", "-dirty"])
def test_a_prediction_that_the_runs_commit_holds_is_good(committed, tmp_path, end):
    home, commit = committed
    assert checked(tmp_path, home, commit + end) == ("", [])


def test_a_prediction_that_was_bent_after_the_run_is_named(committed, tmp_path):
    home, commit = committed
    text = home.path("evidence/claims.py").read_text()
    write(home.path("evidence/claims.py"), text.replace("1.99, 1.9, 2.1", "2.0, 1.95, 2.05"))
    forget(home.name)
    problems, _ = checked(tmp_path, home, commit)
    assert "claim 'largest' was not predicted before its run" in problems


def test_a_commit_that_is_not_here_is_noted(committed, tmp_path):
    problems, notes = checked(tmp_path, committed[0], "0123456789abcdef0123456789abcdef01234567")
    assert problems == "" and "the commit 0123456789ab of version2 is not here" in notes[0]


def test_only_plain_numbers_count_as_stated():
    code = f"a = Predicted(1, 0, 2, made={MADE!r}, variant='v')\nb = Predicted(f(), 0, 2)\n"
    assert list(stated(code + "c = Predicted(5, 0, 2, made='never', variant='v')")) == [
        Predicted(1, 0, 2, MADE, "v")
    ]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"value": 3.0}, "3.0 must lie in its interval"),
        ({"made": "soon"}, "'soon' is no ISO date and time with a zone"),
        ({"made": "2027-01-31T12:00"}, "no ISO date and time with a zone"),
    ],
)
def test_a_prediction_that_says_too_little_is_refused(changes, words):
    told = {"value": 1.0, "low": 0.5, "high": 2.0, "made": MADE, "variant": "v"}
    with pytest.raises(UserError, match=words):
        Predicted(**told | changes)


def test_a_prediction_and_nothing_else_says_what_is_predicted():
    told = Predicted(1.0, 0.5, 2.0, MADE, "v")
    for kind, parts, words in (
        ("prediction", {}, "has `predicted`"),
        ("exact", {"measure": lambda: Exact(1, 1), "predicted": told}, "nothing else, has"),
        ("prediction", {"measure": lambda: 1, "predicted": told}, "a prediction and yet measures"),
    ):
        with pytest.raises(UserError, match=words):
            Claim("c", "Fig. 1", "s", kind, **parts)
