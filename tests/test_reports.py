"""Reports end to end: the same bytes everywhere, differences named, numbers right."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
from markdown_it import MarkdownIt

from common.errors import UserError
from common.paper import forget_rooms
from common.records.record import read_records, record_path, write_record
from common.reports import render, store
from common.reports.references import resolver, stale
from common.reports.results import Results, load
from tests.factory import HARDWARE, make_record, make_room
from tests.reporting import HOSTILE, OTHER, make_repository

REPOSITORY = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def numbers_from_records(request, monkeypatch):
    """Skip the tracking store, seconds each time: the module's `written` went through it."""
    if request.node.get_closest_marker("slow") is None:
        monkeypatch.setattr(store, "numbers", store.frames)


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    root = make_repository(tmp_path_factory.mktemp("reports"))
    render.write_reports(root)
    return root


@pytest.fixture(scope="module")
def alpha(written) -> Results:
    return load(written, ["alpha"])["alpha"]


def page(root: Path, name: str) -> str:
    return (root / "reports" / name).read_text(encoding="utf-8")


def contents(root: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in (root / "reports").rglob("*.*") if p.is_file()}


def test_what_comes_through_the_store_is_what_the_records_hold(written):
    """`written` was made from the store, this check straight from the records."""
    assert render.check(written) == []


def test_everything_is_written(written):
    assert {"README.md", "alpha.md", "beta.md", "deviations.md", "hardware.md"} <= set(
        contents(written)
    )
    figures = {p.stem for p in (written / "reports" / "figures").iterdir()}
    kinds = ("versions", "curves", "costs", "claims", "ladder", "hardware")
    assert {f"alpha-{kind}" for kind in kinds} <= figures
    assert "beta-ladder" not in figures


def test_every_image_and_relative_link_leads_to_a_file(written):
    for path in (written / "reports").glob("*.md"):
        targets = re.findall(r"\]\((?!http)([^)#]+)", path.read_text(encoding="utf-8"))
        assert targets
        missing = [t for t in targets if not (path.parent / t).exists()]
        assert missing == []


def test_every_link_within_a_page_leads_to_a_heading(written):
    text = page(written, "alpha.md")
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings}
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= anchors


def test_the_same_bytes_under_another_locale_time_zone_folder_and_hash_seed(written, tmp_path):
    other = shutil.copytree(written, tmp_path / "other")
    shutil.rmtree(other / "reports")
    code = "import sys, pathlib; from common.reports import render\n"
    code += "render.write_reports(pathlib.Path(sys.argv[1]))"
    settings = {"LC_ALL": "de_DE.UTF-8", "LANG": "tr_TR.UTF-8", "TZ": "Asia/Kathmandu"}
    settings |= {"PYTHONHASHSEED": "77", "PYTHONPATH": str(REPOSITORY), "COLUMNS": "40"}
    settings |= {"MPLCONFIGDIR": str(tmp_path), "PYTHONUTF8": "0"}
    (tmp_path / "matplotlibrc").write_text("font.size: 20\naxes.facecolor: red\n")
    subprocess.run(
        [sys.executable, "-c", code, str(other)],
        env=os.environ | settings,
        cwd=tmp_path,
        check=True,
    )
    assert contents(other) == contents(written)


def test_an_edited_a_missing_and_an_orphaned_page_are_named(written):
    edited, gone = written / "reports/alpha.md", written / "reports/figures/beta-curves.svg"
    kept = edited.read_bytes(), gone.read_bytes()
    edited.write_bytes(kept[0].replace(b"## Samples", b"## Smaples"))
    gone.unlink()
    (written / "reports/gamma.md").write_text("old")
    try:
        problems = render.check(written)
    finally:
        edited.write_bytes(kept[0])
        gone.write_bytes(kept[1])
        (written / "reports/gamma.md").unlink()
    line = kept[0].split(b"\n").index(b"## Samples") + 1
    assert problems[0].startswith(f"reports/alpha.md, line {line}: it says '## Smaples'")
    assert "reports/figures/beta-curves.svg is missing" in problems[1]
    assert "reports/gamma.md is made from no record" in problems[2]
    assert len(problems) == 3


def test_the_root_readme_keeps_its_own_words(written):
    text = (written / "README.md").read_text(encoding="utf-8")
    assert text.startswith("before\n<!-- results:begin -->\n| Paper ")
    assert text.endswith("<!-- results:end -->\nafter\n")
    assert "](reports/alpha.md)" in text


def test_hostile_names_come_out_harmless(written):
    for path in (written / "reports").glob("*.md"):
        tokens = MarkdownIt("commonmark").enable("table").parse(path.read_text(encoding="utf-8"))
        inline = [t for token in tokens for t in (token.children or [])]
        html = "".join(t.content for t in [*tokens, *inline] if t.type.startswith("html"))
        assert "script" not in html.lower()
        assert not re.search(r"<(?!/?(details|summary|sub|br|table|tr|th|td|!--))", html)
        assert "javascript:" not in "".join(str(t.attrs) for t in inline)
    assert "alert(1)" in page(written, "alpha.md")
    assert HOSTILE not in page(written, "alpha.md")


def test_figures_are_well_formed_and_free_of_dates(written):
    for path in (written / "reports/figures").iterdir():
        text = path.read_text(encoding="utf-8")
        root = ElementTree.fromstring(text)
        assert root.tag.endswith("svg")
        assert root.attrib["width"] == "576pt"
        assert "dc:date" not in text
        assert "<script" not in text
        assert len(text) < 150_000


def test_the_versions_table_holds_the_mean_of_the_records(written):
    record = load(written, ["alpha"])["alpha"].record("version2")
    mean = np.mean([run.metrics["bits_per_character"] for run in record.seeds])
    row = next(line for line in page(written, "alpha.md").split("\n") if "| **version2**" in line)
    shown = float(row.split("|")[3].split("[")[0])
    assert abs(shown - mean) < 5e-5
    median, seeds = (float(cell) for cell in row.split("|")[4:6])
    assert median == pytest.approx(
        np.median([run.metrics["bits_per_character"] for run in record.seeds]), abs=5e-4
    )
    assert seeds == 6


def test_a_paper_without_records_has_a_page(tmp_path):
    make_room(tmp_path, "bare")
    for path in (tmp_path / "papers/bare/runs").rglob("*.json"):
        path.unlink()
    render.write_reports(tmp_path)
    assert "No version has been run yet" in page(tmp_path, "bare.md")
    assert "not run" in page(tmp_path, "README.md")
    assert render.check(tmp_path) == []


def test_a_repository_without_papers_has_an_index(tmp_path):
    (tmp_path / "papers").mkdir()
    forget_rooms()
    render.write_index(tmp_path)
    assert render.check(tmp_path) == []


def test_a_figure_that_is_drawn_no_more_is_removed(tmp_path):
    make_repository(tmp_path)
    render.write_reports(tmp_path)
    (tmp_path / "papers/alpha/evidence/verdicts.json").unlink()
    render.write_paper(tmp_path, "alpha")
    assert not (tmp_path / "reports/figures/alpha-ladder.svg").exists()
    assert (tmp_path / "reports/figures/beta-curves.svg").exists()


def test_one_seed_and_diverged_seeds_are_told(tmp_path):
    make_room(tmp_path, "alpha", ("version1",), seeds=range(3))
    record = make_record("alpha", "version2", seeds=range(3))
    lost = record.seeds[1].model_copy(update={"metrics": {"bits_per_character": None}})
    record = record.model_copy(update={"seeds": [record.seeds[0], lost, record.seeds[2]]})
    write_record(record_path(tmp_path / "papers/alpha", record), record)
    init = tmp_path / "papers/alpha/__init__.py"
    init.write_text(init.read_text().replace("is'}", "is', 'version2': 'two'}"))
    render.write_reports(tmp_path)
    assert "3 (1 diverged)" in page(tmp_path, "alpha.md")
    assert "| 2 |" in page(tmp_path, "alpha.md")  # pairs that are left


def test_a_stand_in_is_told_at_the_top(tmp_path):
    from common.records.record import Dataset

    data = Dataset(name="plays", sha256="12" * 32, stand_in_for="tinyshakespeare")
    make_room(tmp_path, "alpha", dataset=data)
    render.write_reports(tmp_path)
    text = page(tmp_path, "alpha.md")
    assert "`plays` in place of `tinyshakespeare`" in text[: text.index("## Versions")]
    assert "Stand-in data" in page(tmp_path, "README.md")


def test_a_sample_is_fenced_and_those_of_older_versions_are_folded(tmp_path):
    make_room(tmp_path, "alpha", ("version1", "version2"))
    first, record = read_records(tmp_path / "papers/alpha")
    run = record.seeds[0].model_copy(update={"samples": ["a\n```\n\n\n\n</td> <b>  \nb"]})
    record = record.model_copy(update={"seeds": [run, *record.seeds[1:]]})
    write_record(record_path(tmp_path / "papers/alpha", record), record)
    render.write_reports(tmp_path)
    text = page(tmp_path, "alpha.md")
    newest = "````text\na\n```\n\n\n\n</td> <b>  \nb\n````"
    assert text.index(newest) < text.index("<details>") < text.index(first.seeds[0].samples[0])


def test_references_resolve_in_a_story_and_are_checked_in_a_readme(tmp_path):
    make_repository(tmp_path)
    folder = tmp_path / "papers/alpha"
    (folder / "story.md.j2").write_text("Reaches {{ result('version2.bits_per_character.mean') }}!")
    results = load(tmp_path, ["alpha"])["alpha"]
    now = resolver(results)("version2.bits_per_character.mean")
    (folder / "README.md").write_text(
        f"A\n<!-- result version2.bits_per_character.mean -->{now}<!-- end --> and\n"
        "<!-- result claim.clipping.value -->9<!-- end --> <!-- result nothing -->1<!-- end -->\n"
    )
    render.write_reports(tmp_path)
    assert f"Reaches {now}!" in page(tmp_path, "alpha.md")
    problems = render.check(tmp_path)
    assert len(problems) == 2
    assert "papers/alpha/README.md:3: claim.clipping.value says '9', now it is" in problems[0]
    assert "no result 'nothing'" in problems[1]
    assert stale(results, "no reference", "x") == []


def test_an_unknown_reference_in_a_story_is_refused(tmp_path):
    make_repository(tmp_path)
    story = tmp_path / "papers/alpha/story.md.j2"
    story.write_text("{{ result('version2.bits_per_charcter.mean') }}")
    with pytest.raises(UserError, match="story.md.j2: alpha: no result .* Did you mean 'version2."):
        render.write_paper(tmp_path, "alpha")
    story.write_text("{{ ().__class__.__mro__ }}")
    with pytest.raises(UserError, match="cannot be rendered"):
        render.write_paper(tmp_path, "alpha")


def test_claims_deviations_and_findings_stand_on_the_page(written):
    text = page(written, "alpha.md")
    assert "| **reproduced** | −0.310 [−0.350,&nbsp;−0.270] bits | 0.040 |" in text
    assert "worst error 1.0e−09, tolerance 1.0e−06" in text
    assert "size is so<br><sub>Sec. 1</sub> | **does not follow** | 124 bits (paper: 117)" in text
    ladder = text[text.index("## Deviations") :]
    assert ladder.index("The summed") < ladder.index("The leak") < ladder.index("The old")
    assert "+0.150 [0.110,&nbsp;0.190]" in ladder
    assert "not measured here" in ladder
    bugs = page(written, "deviations.md")
    assert bugs.index("The summed") < bugs.index("The leak") < bugs.index("## Choices")


def test_hardwares_are_never_crossed(written, alpha):
    text = page(written, "alpha.md")
    assert f"| `{OTHER}` | `version2` − `version1` |" in text
    assert text.count("`version2` − `version1`") == 2, "the primary hardware's stands once"
    assert f"| `version1` | `{OTHER}` − `{HARDWARE}` |" in text
    assert alpha.primary == min(HARDWARE, OTHER)


def test_the_lineage_draws_the_citation(written):
    graph = page(written, "README.md").split("```mermaid\n")[1].split("```")[0]
    ids = dict(re.findall(r'(p\d+)\["(\w+):', graph))
    assert [(ids[a], ids[b]) for a, b in re.findall(r"(p\d+) --> (p\d+)", graph)] == [
        ("alpha", "beta")
    ]
    assert not set("<>`|") & set(graph.replace("-->", ""))


def test_the_commands_of_the_stages(tmp_path, monkeypatch, capsys):
    from common.reports.__main__ import main

    make_room(tmp_path, "alpha")
    monkeypatch.chdir(tmp_path)
    assert main(["paper", "alpha"]) == 0
    assert main(["check"]) == 1
    assert "reports/README.md is missing: run `papers report`." in capsys.readouterr().out
    assert main(["index"]) == 0
    assert main(["check"]) == 0
    assert main(["paper"]) == 2
    with pytest.raises(UserError, match="no paper 'alpa'. Did you mean 'alpha'"):
        main(["paper", "alpa"])
