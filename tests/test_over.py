"""Claims over documents or queries: judged, kept in a line, told as what they are, and checked."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest
from scipy import stats

from common.commands import cli
from common.commands.checking.evidence import evidence_problems
from common.commands.pipelines import few_seeds
from common.errors import UserError
from common.evidence import statistics as st
from common.evidence.claims import Claim, Pair, View
from common.evidence.judging import judge_claims
from common.evidence.pairs import keep, restored, sides
from common.evidence.resampling import DRAWN_UP_TO, bca_interval, sign_flip_p, smallest_detectable
from common.evidence.verdicts import FILE, gather, load_evidence, seal
from common.paper import Room, forget_rooms
from common.records.record import write_json
from common.reports import render, store
from tests.toy import forget, make_toy

CLAIMS = '''"""Two ways to search, over the same queries: nothing is drawn, one seed says it all."""

from common.evidence.claims import Claim, Pair

ROWS = {f"query {i}": (i % 7) / 7 for i in range(312)}


def ranks(view):
    better = {name: value + 0.1 * (value > 0.2) for name, value in ROWS.items()}
    return Pair(better, ROWS, +1)


CLAIMS = [
    Claim("weights", "Table 2", "Weights find more.", "direction", ranks, "MRR", over="queries"),
    Claim("scale", "Sec. 9", "It scales.", "out of reach", reason="needs a cluster"),
]
'''


def over(pair: Pair, what: str = "documents", count: int = 1) -> list[dict]:
    made = {"place": "Table 1", "sentence": "It is so.", "kind": "direction", "over": what}
    claims = [Claim(f"c{i}", measure=lambda view: pair, **made) for i in range(count)]
    return judge_claims(claims, View("x"))[0]


def documents(differences) -> Pair:
    values = {f"d{i:05}": float(v) for i, v in enumerate(differences)}
    return Pair(values, dict.fromkeys(values, 0.0), +1)


@pytest.fixture
def toy(tmp_path, monkeypatch):
    parts = {"claims": CLAIMS, "deviations": "DEVIATIONS = []\n", "seeds": [0]}
    folder = make_toy(tmp_path, "searching", {"version1": 2.2, "version2": 2.0}, **parts)
    gather(tmp_path, "searching")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(store, "numbers", store.frames)
    yield Room("searching", folder)
    forget_rooms()


def said(capsys, *words) -> str:
    with pytest.raises(SystemExit):
        cli.main(list(words))
    return "".join(capsys.readouterr())


# -- told as what they are -----------------------------------------------------------------------


def test_312_queries_are_judged_and_told_as_queries(toy, tmp_path, capsys):
    row = load_evidence(toy.path(FILE))["claims"][0]
    assert (row["verdict"], row["n"], row["over"]) == ("reproduced", 312, "queries")
    shown = said(capsys, "claims", "searching")
    assert "312 queries" in shown and "seed" not in shown
    shown = said(capsys, "claims", "searching", "weights")
    assert "over        312 queries" in shown and "seed" not in shown
    assert json.loads(said(capsys, "claims", "searching", "--json"))[0]["over"] == "queries"
    render.write_paper(tmp_path, "searching")
    page = (tmp_path / "reports/searching.md").read_text()
    claims = page[page.index("## Claims") : page.index("## Deviations")]
    assert "312&nbsp;queries" in claims and "same queries" in claims and "seed" not in claims


def test_a_baseline_over_queries_opens_the_page_as_such(toy, tmp_path):
    story = '{% set baseline = claimed("weights", "counts", "plain counting") %}'
    toy.path("story.md.j2").write_text(story)
    render.write_paper(tmp_path, "searching")
    page = (tmp_path / "reports/searching.md").read_text()
    told = "reaches 0.497 MRR; plain counting gets 0.426"
    assert told in page and "which these queries cannot tell apart" not in page
    kept = toy.path(FILE).read_text()
    better = json.loads(kept)["pairs"]["weights"]["better"].split()
    assert sum(map(float, better)) / 312 == pytest.approx(0.497, abs=5e-4)
    toy.path("evidence/claims.py").write_text(CLAIMS.replace("0.1 * (value > 0.2)", "0.0"))
    forget("searching")
    gather(tmp_path, "searching")
    render.write_paper(tmp_path, "searching")
    page = (tmp_path / "reports/searching.md").read_text()
    assert "which these queries cannot tell apart" in page


def test_the_values_take_one_line_each_and_judge_again(toy):
    kept = load_evidence(toy.path(FILE))["pairs"]["weights"]
    assert (kept["over"], kept["n"]) == ("queries", 312) and "query 7" not in json.dumps(kept)
    assert len(toy.path(FILE).read_text().splitlines()) < 80
    again = keep(restored(kept), "queries")
    assert (again["better"], again["worse"]) == (kept["better"], kept["worse"])
    assert sides(kept)[0][4] - sides(kept)[1][4] == pytest.approx(0.1)


def test_no_seeds_are_asked_for_where_no_claim_is_over_seeds(toy):
    assert few_seeds(toy, "cpu") == ""


# -- checked -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda pair: None, ""),
        (lambda pair: pair.update(better=pair["better"].replace("0.1", "0.2")), "not those of the"),
        (lambda pair: pair.update(names="0" * 64), "are not those of the records"),
        (lambda pair: pair.update(over="words"), "claim 'weights' are not those of queries"),
        (lambda pair: pair.update(better="1 2 x"), "damaged at pairs.weights"),
        (lambda pair: pair.update(n=311), "damaged at pairs.weights"),
    ],
)
def test_doctored_values_are_named(toy, tmp_path, edit, words):
    content = json.loads(toy.path(FILE).read_text())
    edit(content["pairs"]["weights"])
    write_json(toy.path(FILE), {**content, "seal": seal(content)})
    try:
        found = "\n".join(evidence_problems(tmp_path, toy))
    except UserError as error:
        found = str(error)
    assert words in found and bool(found) is bool(words), found


# -- judged --------------------------------------------------------------------------------------


def test_equal_differences_of_many_documents_are_many_observations():
    assert over(documents([1.0] * 40))[0]["verdict"] == "reproduced"
    assert over(documents([0.0] * 40))[0]["verdict"] == "inconclusive"
    assert over(documents([1.0] * 5))[0]["verdict"] == "too few pairs"


def test_documents_stand_in_the_same_family_as_seeds():
    drawn = np.random.default_rng(0).normal(size=100)
    pair = documents((drawn - drawn.mean()) / drawn.std() + 0.26)  # p is about 0.01
    assert over(pair)[0]["verdict"] == "reproduced"
    assert over(pair, count=20)[0]["verdict"] == "inconclusive"


@pytest.mark.parametrize("n", [DRAWN_UP_TO, DRAWN_UP_TO + 1])
def test_drawing_and_the_normal_law_agree_where_they_meet(n):
    d = np.random.default_rng(3).lognormal(sigma=0.8, size=n) - 1.3
    assert sign_flip_p(d) == pytest.approx(stats.ttest_1samp(d, 0).pvalue, rel=0.1)
    low, high = bca_interval(d)
    wide = stats.t.interval(0.95, n - 1, d.mean(), stats.sem(d))
    assert (low, high) == pytest.approx(wide, abs=0.1 * (wide[1] - wide[0]))
    power = stats.norm.sf(stats.norm.isf(0.025) - smallest_detectable(1.0, n) * np.sqrt(n))
    assert power == pytest.approx(0.8, abs=0.01)


def test_thousands_take_no_time_and_raise_no_false_alarms():
    rng = np.random.default_rng(4)
    assert 0.03 < (sign_flip_p(rng.laplace(size=(2000, 600))) <= 0.05).mean() < 0.07
    began = time.perf_counter()
    found = over(documents(rng.normal(0.05, 1.0, 50_000)))[0]
    assert time.perf_counter() - began < 5
    assert (found["verdict"], found["n"]) == ("reproduced", 50_000)


@pytest.mark.parametrize(
    ("better", "worse", "words"),
    [
        ({"a": 1.0, "b": 2.0}, {"a": 1.0}, "misses document b; run both on the same documents"),
        ({"a": 1.0, 2: 2.0}, {"a": 1.0, 2: 2.0}, "some documents are numbers and some are names"),
        ({"a": float("nan")}, {"a": 1.0}, "the value of document a is not finite"),
        ({f"d{i}": 0.0 for i in range(99)}, {"x": 0.0}, "and 91 more"),
    ],
)
def test_what_cannot_be_paired_is_named_by_document(better, worse, words):
    with pytest.raises(UserError, match=words):
        over(Pair(better, worse, 1))


def test_what_a_claim_is_over_must_be_words():
    for name in ("Documents!", "", "document"):
        with pytest.raises(UserError, match="plural in lower case"):
            Claim("c", "Eq. 1", "s", "direction", lambda view: None, over=name)
    with pytest.raises(UserError, match="of a direction claim alone"):
        Claim("c", "Eq. 1", "s", "exact", lambda: None, over="words")
    assert st.Verdict.TOO_FEW_PAIRS == "too few pairs"
