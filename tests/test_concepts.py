"""The learner's pages: examples print what stands below them, links lead to what they name."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path

import pytest

from tests.links import astray

ROOT = Path(__file__).parents[1]
CONCEPTS = ROOT / "docs" / "concepts.md"
PAGES = [CONCEPTS, *(ROOT / "docs" / f"{name}.md" for name in ("families", "glossary"))]
EXAMPLE = re.compile(r"^```python\n(.*?)^```\n+^```text\n(.*?)^```", re.M | re.S)
LONGEST = 12  # lines of an example, blank ones and imports aside


def examples(text: str) -> dict[str, tuple[str, str]]:
    """Section, numbered where it has several -> (code, what it prints)."""
    found = {}
    for title, section in re.findall(r"(?ms)^## (.+?)\n(.*?)(?=^## |\Z)", text):
        for i, (code, printed) in enumerate(EXAMPLE.findall(section), 1):
            found[f"{title} {i}"] = code, printed
    return found


EXAMPLES = examples(CONCEPTS.read_text(encoding="utf-8"))


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """A function that runs an example as a module of its own: what it prints."""
    monkeypatch.syspath_prepend(tmp_path)

    def printed(name: str, code: str) -> str:
        module = re.sub(r"\W+", "_", f"example {name}").lower()
        (tmp_path / f"{module}.py").write_text(code, encoding="utf-8")
        importlib.invalidate_caches()
        importlib.import_module(module)
        del sys.modules[module]
        return capsys.readouterr().out

    return printed


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_prints_what_stands_below_it(run, name: str) -> None:
    code, printed = EXAMPLES[name]
    assert run(name, code) == printed


def test_another_output_would_be_noticed(run) -> None:
    page = CONCEPTS.read_text(encoding="utf-8")
    code, printed = examples(page.replace("the| cat| sat", "the| cat| hat"))["Tokens 1"]
    assert run("altered", code) != printed


def test_every_section_has_its_parts() -> None:
    text = CONCEPTS.read_text(encoding="utf-8")
    sections = re.findall(r"(?ms)^## (.+?)\n(.*?)(?=^## |\Z)", text)
    assert len(sections) > 10
    for title, section in sections:
        assert section.count("$$") >= 2, f"{title} has no formula"
        assert f"{title} 1" in EXAMPLES, f"{title} has no example"
        for part in ("**Good:**", "**Limit:**", "**Lives in:**"):
            assert part in section, f"{title} lacks {part}"
        assert re.search(r"\]\(\.\./(papers|common)/", section), f"{title} lives nowhere"
    assert text.count("```python") == text.count("```text") == len(EXAMPLES)  # none is left out


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_short(name: str) -> None:
    lines = [line for line in EXAMPLES[name][0].splitlines() if line.strip()]
    assert max(map(len, lines)) <= 100
    assert len([x for x in lines if not x.startswith(("import ", "from "))]) <= LONGEST


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere_and_name_what_is_there(page: Path) -> None:
    assert astray(page) == []


def test_an_architecture_is_linked_as_soon_as_its_room_stands() -> None:
    """The other way round: a name without a link has no room."""
    text = (ROOT / "docs" / "families.md").read_text(encoding="utf-8")
    rows = re.findall(r"(?m)^\| ([^|]+), \d{4} \|", text)
    assert len(rows) > 20
    standing = {path.parent.name for path in (ROOT / "papers").glob("*/__init__.py")}
    bare = [row for row in rows if "](" not in row]
    names = {row: row.lower().replace("-", "").replace(" ", "_") for row in bare}
    assert [row for row, name in names.items() if name in standing] == []


def test_every_room_stands_in_the_learners_pages() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    rooms = [path.parent.name for path in (ROOT / "papers").glob("*/task.py")]
    assert [room for room in rooms if f"(../papers/{room}/" not in text] == []
