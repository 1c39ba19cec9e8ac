"""What a newcomer reads first: a page's opening sentences, README's table and sample."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest

from common.errors import UserError
from common.evidence import wording as verdicts
from common.evidence.verdicts import seal
from common.records.record import write_json
from common.reports import opening, render, store
from tests.factory import make_room
from tests.reporting import make_claim, make_deviation, make_repository, write_evidence

STORY = """{% set short = "Alpha" %}
{% set idea %}It reads.{% endset %}
{% set model %}{{ result("version2.config.hidden") }} units{% endset %}
{% set baseline = claimed("counts", "5-gram", "a table of counts") %}
What surprised us: {{ result("deviation.leak.cost") }}.
"""


@pytest.fixture(autouse=True)
def _straight_from_the_records(monkeypatch):
    monkeypatch.setattr(store, "numbers", store.frames)


def page(root, name="alpha.md"):
    return (root / "reports" / name).read_text(encoding="utf-8")


def told(root, baseline, better=2.05):
    """The repository with a story whose baseline is that value; its page."""
    claims = [
        make_claim("counts", "direction", "not reproduced", own=True, n=2, value=better - baseline),
        make_claim("clipping", "direction", "reproduced", n=6, value=-0.3),
        make_claim("size", "exact", "does not follow", value=124, expected=117),
        make_claim("large", "out of reach", "out of reach", reason="needs machines"),
    ]
    free = make_deviation("free", cost=0.01, low=-0.1, high=0.2)
    content = write_evidence(root, "alpha", claims, [make_deviation("leak"), free])
    sides = {"better": {"0": better, "1": better + 0.01}, "worse": {"0": baseline, "1": baseline}}
    content["pairs"] = {"counts": {**sides, "sign": -1}}
    content["seal"] = seal(content)
    write_json(root / "papers/alpha/evidence/verdicts.json", content)
    (root / "papers/alpha/story.md.j2").write_text(STORY)
    render.write_reports(root)
    return page(root)


def test_a_page_opens_with_what_it_is_how_small_what_held_and_what_surprised(tmp_path):
    text = told(make_repository(tmp_path), 3.0)
    start = text[: text.index("## Samples")]
    for sentence in (
        "It reads. Here it is small: 64 units, trained for",
        "on 1 CPU thread, with 6 seeds, on `toy_text`.",
        "a table of counts gets 3. Lower is better.",
        "Of 3 claims of the paper, 1 held, 1 did not and 1 is open",
        "our own goal was missed",
        "What did not hold: “size is so”.",
        "The costliest mistake is “The leak”: +0.150 [0.110, 0.190] bits per character; 1 of the 2",
        "What surprised us: 0.1500.",
    ):
        assert sentence in start, sentence
    order = ["## Samples", "## Learning curves", "## Claims", "## Deviations", "## Versions"]
    assert [h for h in re.findall(r"(?m)^## .*$", text) if h in order] == order


def test_no_mistake_is_the_costliest_whose_cost_the_seeds_cannot_show():
    free = {"kind": "bug", "title": "Free", "cost": 0.01, "low": -0.1, "high": 0.2}
    results = SimpleNamespace(evidence={"deviations": [free, {**free, "cost": 0.2}]})
    said = "No bug that was measured cost anything that these seeds show."
    assert opening.mistakes(results) == said


def test_where_a_simple_baseline_is_better_the_first_lines_say_so(tmp_path):
    text = told(make_repository(tmp_path), 1.5)
    assert "**a table of counts gets 1.50, which is better**" in text[: text.index("## Samples")]
    readme = (tmp_path / "README.md").read_text()
    assert "**1.50**&nbsp;(5-gram)" in readme and "**2.0" not in readme


def test_a_baseline_that_the_seeds_cannot_tell_apart_is_neither(tmp_path):
    text = told(make_repository(tmp_path), 2.055)
    assert "a table of counts gets 2.06, which these seeds cannot tell apart." in text


def test_a_goal_is_met_or_missed_and_stands_apart_from_the_claims(tmp_path):
    text = told(make_repository(tmp_path), 1.5)
    assert "| counts is so | **missed** |" in text.split("Goals of our own")[1]
    assert "counts is so" not in text.split("## Claims")[1].split("Goals of our own")[0]


def test_an_unknown_claim_as_baseline_is_refused(tmp_path):
    root = make_repository(tmp_path)
    (root / "papers/alpha/story.md.j2").write_text('{% set baseline = claimed("x", "y", "z") %}')
    with pytest.raises(UserError, match="story.md.j2: no claim 'x' with values"):
        render.write_reports(root)


def test_readme_has_at_most_eight_rows_of_one_line_and_links_to_the_rest(tmp_path):
    for i in range(10):
        make_room(tmp_path, f"paper{i}", ("version1",), seeds=range(2), points=8)
    claims = [make_claim("a", "exact", "holds", value=1)]
    for i in (3, 7):
        write_evidence(tmp_path, f"paper{i}", claims, [])
    (tmp_path / "README.md").write_text("<!-- results:begin -->\n<!-- results:end -->\n")
    render.write_index(tmp_path)
    text = (tmp_path / "README.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| [")]
    assert len(rows) == 8 and "[all 10](reports/README.md)" in text
    assert all(f"reports/paper{i}.md" in text for i in (3, 7)), "those with most claims decided"
    assert "1&nbsp;held&nbsp;·&nbsp;0&nbsp;not&nbsp;·&nbsp;0&nbsp;open" in text
    assert all(len(re.sub(r"\(\S*\)|&nbsp;|\W", "", row)) < 100 for row in rows)


def test_the_index_is_grouped_by_era(tmp_path):
    root = make_repository(tmp_path)
    init = root / "papers/beta/__init__.py"
    init.write_text(init.read_text().replace("year=1990", "year=2018"))
    render.write_index(root)
    text = page(root, "README.md")
    first, second = text.index("## Until 1999"), text.index("## 2017 to 2019")
    assert first < text.index("](alpha.md)") < second < text.index("](beta.md)")


def test_a_sample_stands_between_its_marks(tmp_path):
    root = make_repository(tmp_path)
    readme = root / "README.md"
    readme.write_text("a\n<!-- sample:begin alpha version2 -->\nold\n<!-- sample:end -->\nb\n")
    render.write_index(root)
    assert "-->\n```text\nROMEO: sample of seed 0.\nWhat light?\n```\n<!--" in readme.read_text()
    for text, match in (
        ("<!-- sample:begin alpha version2 -->\n", "without <!-- sample:end -->"),
        ("<!-- sample:begin gamma -->\n<!-- sample:end -->", "names no paper"),
        ("<!-- sample:begin alpha version7 -->\n<!-- sample:end -->", "no record of version7"),
    ):
        readme.write_text(text)
        with pytest.raises(UserError, match=match):
            render.write_index(root)


def test_every_verdict_is_held_not_or_open():
    from common.evidence import claims
    from common.evidence.statistics import Verdict

    decided = {claims.HOLDS, claims.FINDING, claims.EQUAL, claims.UNEQUAL}
    decided |= {"reproduced", "not reproduced", claims.INSIDE, claims.OUTSIDE}
    assert set(verdicts.SUMMED) == decided
    rest = {str(v) for v in Verdict} | {claims.INCONCLUSIVE, claims.NOT_MEASURED, claims.OUT}
    rest |= {claims.NOT_RUN}
    for verdict in rest - decided:
        assert verdicts.summed({"verdict": verdict, "own": False}) == verdicts.OPEN
    assert verdicts.told({"verdict": "reproduced", "own": True}) == "met"
    assert verdicts.told({"verdict": "inconclusive", "own": True}) == "inconclusive"
