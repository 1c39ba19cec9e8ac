"""`papers claims` and `papers deviations`: the answer first, filters, and one in full."""

import json
import re

import pytest

from common.commands import cli
from common.evidence.verdicts import seal
from common.paper import forget_rooms
from common.records.record import write_json
from tests.reporting import make_repository, measured, write_evidence


@pytest.fixture(autouse=True)
def _root(tmp_path, monkeypatch):
    """A repository whose claim `clipping` has the values behind it."""
    root = make_repository(tmp_path)
    claims, deviations = measured()
    claims[0] |= {"expected": "clipped < free", "sentence": "Clipping helps a recurrent network."}
    claims[1] |= {"own": True, "verdict": "not reproduced"}
    content = write_evidence(root, "alpha", claims, deviations)
    sides = {"better": {"0": 2.0, "1": 2.2}, "worse": {"0": 2.4, "1": 2.6}}
    content["pairs"] = {"clipping": {**sides, "sign": -1}}
    content["seal"] = seal(content)
    write_json(root / "papers/alpha/evidence/verdicts.json", content)
    monkeypatch.chdir(root)
    yield
    forget_rooms()


@pytest.fixture(params=[80, 120])
def terminal(request, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", str(request.param))
    return request.param


def papers(capsys, *words):
    """(exit code, what was said) of a command."""
    with pytest.raises(SystemExit) as stopped:
        cli.main(list(words))
    said = capsys.readouterr()
    return stopped.value.code, re.sub(r"\x1b\[[0-9;]*m", "", said.out + said.err)


def test_claims_show_sentence_direction_and_what_is_better(terminal, capsys):
    _, out = papers(capsys, "claims", "alpha")
    assert max(map(len, out.splitlines())) <= terminal
    assert "alpha: 2 held · 1 not · 1 open; goals: 1 missed" in out
    assert "clipping: reproduced\n  Clipping helps a recurrent network.\n" in out
    assert "clipped < free, lower is better: -0.31 [-0.35, -0.27] bits" in out
    assert "baseline: missed" in out
    assert "124 bits, the paper: 117" in out
    assert "worst error 1e-09, tolerance 1e-06" in out


def test_deviations_show_the_costliest_first(terminal, capsys):
    _, out = papers(capsys, "deviations", "alpha")
    assert max(map(len, out.splitlines())) <= terminal
    assert "alpha: cost in bits, more is worse" in out
    assert out.index("summed: +0.15 [0.11, 0.19] (bug)") < out.index("leak: +0.05 [0.02, 0.08]")
    assert "(bug)\n  The summed. two\n" in out
    assert out.index("leak") < out.index("old: not measured here (choice)")


def test_in_a_pipe_each_claim_is_one_line(capsys):
    _, out = papers(capsys, "claims", "alpha")
    (line,) = [line for line in out.splitlines() if line.startswith(" clipping ")]
    told = "clipping reproduced Clipping helps a recurrent network. -0.31 [-0.35, -0.27] bits"
    assert " ".join(line.split()) == f"{told} clipped < free lower is better 6 seeds Sec. 1"
    _, out = papers(capsys, "deviations", "alpha")
    (line,) = [line for line in out.splitlines() if line.startswith(" leak ")]
    assert " ".join(line.split()) == "leak bug +0.05 [0.02, 0.08] The leak two 6 Eq. 2"


@pytest.mark.parametrize(
    ("words", "left"),
    [
        (["--verdict", "held"], ["clipping", "same"]),
        (["--verdict", "not"], ["size"]),
        (["--verdict", "open"], ["large"]),
        (["--verdict", "missed"], ["baseline"]),
        (["--verdict", "reproduced"], ["clipping"]),
        (["--kind", "exact"], ["size"]),
        (["--kind", "exact", "--verdict", "held"], []),
    ],
)
def test_claims_can_be_filtered(words, left, capsys):
    _, out = papers(capsys, "claims", "alpha", *words, "--json")
    assert [row["id"] for row in json.loads(out)] == left
    _, out = papers(capsys, "claims", "alpha", *words)
    assert ("no such claims." in out) is (not left)


def test_deviations_can_be_filtered(capsys):
    _, out = papers(capsys, "deviations", "alpha", "--kind", "choice", "--json")
    assert [row["id"] for row in json.loads(out)] == ["old"]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["claims", "--verdict", "holdz"], "held, not, open, met, missed"),
        (["claims", "--kind", "bug"], "exact, equivalence, direction, prediction, out of reach"),
        (["deviations", "--kind", "exact"], "bug, choice, modernisation"),
        (["claims", "alpha", "cliping"], "Did you mean 'clipping'"),
        (["deviations", "alpha", "laek"], "'alpha' has no deviation 'laek'. Did you mean 'leak'"),
    ],
)
def test_what_is_unknown_is_named_with_what_is_known(words, named, capsys):
    code, out = papers(capsys, *words)
    assert code == 2 and out.count("\n") == 1 and named in out


def test_one_claim_in_full(terminal, capsys):
    _, out = papers(capsys, "claims", "alpha", "clipping")
    assert max(map(len, out.splitlines())) <= terminal
    assert "Clipping helps a recurrent network." in out
    told = dict(re.findall(r"(?m)^(\w+) {2,}(.+)$", out))
    assert told["verdict"] == "reproduced"
    assert told["expected"] == "clipped < free, lower is better"
    assert told["measured"] == "-0.31 [-0.35, -0.27] bits"
    assert told["means"] == "2.1 against 2.5" and told["over"] == "6 seeds"
    _, out = papers(capsys, "claims", "alpha", "clipping", "--json")
    assert json.loads(out)["pair"]["worse"] == {"0": 2.4, "1": 2.6}


def test_one_deviation_in_full(terminal, capsys):
    _, out = papers(capsys, "deviations", "alpha", "leak")
    assert max(map(len, out.splitlines())) <= terminal
    for line in (
        "cost        +0.05 [0.02, 0.08] bits",
        "the paper   one",
        "the code    two",
        "in          version1 to version2",
    ):
        assert line in out
    _, out = papers(capsys, "deviations", "alpha", "leak", "--json")
    assert json.loads(out)["paper_says"] == "one"
