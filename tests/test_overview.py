"""Tables and lists in the terminal: readable at 80 columns, and no paper's damage hides others."""

import json
import re

import pytest

from common.commands import cli, judged, overview
from common.data.catalog import load_catalog
from common.errors import UserError
from common.paper import forget_rooms, rooms
from tests.factory import HARDWARE, make_room
from tests.reporting import make_repository

EVIDENCE = "papers/alpha/evidence/verdicts.json"


@pytest.fixture(autouse=True)
def _rooms_anew():
    """What was found in a test's own repository is forgotten."""
    yield
    forget_rooms()


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.chdir(make_repository(tmp_path))
    return tmp_path


@pytest.fixture
def narrow(monkeypatch):
    """A terminal of 80 columns, as rich sees it."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")


def said(capsys):
    return re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)


def test_a_paper_fits_a_terminal_of_80_columns_versions_first(root, narrow, capsys):
    overview.print_paper("alpha", False)
    out = said(capsys)
    names = ["version1", "version2", "version2+leak", "version2+summed"]
    _, *tables = out.split("records on ")
    assert any(each.startswith(HARDWARE) for each in tables)
    for each in tables:
        rows = [line.split() for line in each.splitlines() if "2026-01-02" in line]
        assert [words[0] for words in rows] == names
        assert all(words[-1] == "2026-01-02" for words in rows)


def test_widths_shrink_to_words_and_spare_columns_go_first():
    columns = {"id": ["memory-beyond"], "text": ["many short words " * 9], "place": ["here " * 30]}
    assert overview.fit(columns, None)["text"] == len("many short words " * 9)
    kept = overview.fit(columns, 60, ("place",))
    assert list(kept) == ["id", "text"] and kept["id"] == len("memory-beyond")
    assert sum(kept.values()) + overview.GAP * len(kept) <= 60
    assert overview.fit(columns, 5, ("place",))["text"] == len("short")
    assert overview.fold("one [1,\xa02] two", 8) == "one\n[1, 2]\ntwo"
    assert overview.fold("[1.234,\xa02.345]", 8) == "[1.234,\n2.345]"


@pytest.mark.parametrize("damage", ["{", "[]", '{"claims": []}'])
def test_damaged_evidence_is_one_papers_matter(root, capsys, damage):
    (root / EVIDENCE).write_text(damage)
    overview.print_list(False)
    out = said(capsys)
    assert re.search(r"alpha .* damaged", out) and "beta" in out
    assert "run `python -m common.evidence alpha`" in out
    overview.print_list(True)
    alpha, beta = json.loads(capsys.readouterr().out)
    assert "common.evidence alpha" in alpha["damaged"] and "damaged" not in beta


def test_a_page_is_not_written_without_the_claims_that_its_paper_has(root, capsys):
    (root / EVIDENCE).unlink()
    (root / "papers/alpha/evidence/claims.py").write_text("CLAIMS = ()\n")
    for check in (False, True):
        with pytest.raises(UserError, match="is missing: run `python -m common.evidence alpha`"):
            overview.report(["alpha"], check, False)
    with pytest.raises(UserError, match="evidence alpha"):
        overview.report(None, False, False)
    overview.report(["beta"], False, False)  # has no claims
    assert (root / "reports/beta.md").is_file() and not (root / "reports/alpha.md").exists()


@pytest.mark.parametrize("kind", ["claims", "deviations"])
def test_a_new_room_has_nothing_judged_yet(tmp_path, monkeypatch, capsys, kind):
    rows = {
        "claims": judged.claims,
        "deviations": judged.deviations,
    }
    monkeypatch.chdir(make_room(tmp_path, "fresh", ("version1",)))
    with pytest.raises(UserError, match="evidence fresh"):  # there are records: it is missing
        rows[kind]("fresh")
    for path in rooms(tmp_path)["fresh"].folder.glob("runs/*/*.json"):
        path.unlink()
    with pytest.raises(SystemExit) as stopped:
        cli.main([kind, "fresh"])
    assert not stopped.value.code
    assert said(capsys) == f"no {kind} judged yet: papers reproduce fresh\n"


@pytest.mark.parametrize("columns", [80, 120])
def test_the_datasets_with_licence_and_stand_in_fit_the_terminal(monkeypatch, capsys, columns):
    """README says that this table names the licences; what is inside needs no fetching."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", str(columns))
    with pytest.raises(SystemExit):
        cli.main(["data", "list"])
    out = said(capsys)
    assert max(map(len, out.splitlines())) <= columns
    for dataset in load_catalog().values():
        row = next(line for line in out.splitlines() if line.startswith(f"{dataset.name} "))
        assert row.rstrip().endswith(dataset.stand_in or ("yes", "no"))
        assert dataset.licence.split()[0] in out
        assert " yes" in row or not dataset.embedded
