"""The notebooks: each runs in its quick size, offline, and teaches by pictures that can be read."""

from __future__ import annotations

import ast
import importlib.util
import re
import socket
from pathlib import Path

import matplotlib
import pytest
from matplotlib import pyplot as plt

from papers.word2vec.version2 import model as word2vec

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "notebooks"
SCRIPTS = sorted(FOLDER.glob("*.py"))
TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in SCRIPTS}
MARKDOWN = " [markdown]\n"
LONGEST = 6  # lines of a function


def cells(text: str) -> list[tuple[str, str]]:
    """("markdown" or "code", what stands in it) of each cell."""
    parts = re.split(r"(?m)^# %%", text)[1:]
    return [
        ("markdown", re.sub(r"(?m)^# ?", "", part.removeprefix(MARKDOWN)).strip())
        if part.startswith(MARKDOWN)
        else ("code", part.strip())
        for part in parts
    ]


def lacking(text: str) -> list[str]:
    """What a script lacks of the form of a notebook here."""
    found = cells(text)
    kinds = [kind for kind, _ in found]
    code, last = kinds.count("code"), found[-1]
    faults = [] if found[0][1].startswith("# ") else ["no title"]
    faults += [] if len(re.findall(r"(?m)^- ", found[0][1])) == 3 else ["not three lines first"]
    faults += [] if 6 <= code <= 12 else [f"{code} cells of code"]
    before = zip(kinds, kinds[1:])
    faults += ["code without a sentence before it" for a, b in before if a == b == "code"]
    looks = [body for (kind, body), (after, _) in zip(found, found[1:]) if after == "code"]
    faults += [f"it does not say where to look: {b}" for b in looks if not re.search("[Ll]ook", b)]
    asks = last[0] == "markdown" and len(re.findall(r"(?m)^\d\. ", last[1])) == 2
    return faults if asks else [*faults, "no two questions at the end"]


def unlabelled(figure) -> list[str]:
    """What a figure lacks: a title, the names of its axes. Bars of colours have a name alone."""
    over, across, up = figure.get_suptitle(), figure.get_supxlabel(), figure.get_supylabel()
    bars = [axes for axes in figure.axes if axes.get_label() == "<colorbar>"]
    panels = [axes for axes in figure.axes if axes not in bars]
    untitled = [axes for axes in panels if not (axes.get_title("left") or over)]
    x, y = ([getattr(axes, f"get_{side}label")() for axes in panels] for side in "xy")
    faults = [] if panels and not untitled else ["title"]
    faults += [] if across or all(x) or (over and any(x)) else ["x"]
    faults += [] if up or any(y) else ["y"]
    return faults + ["colours" for axes in bars if not axes.get_ylabel()]


@pytest.fixture
def run(monkeypatch):
    """A function that runs a script in its quick size and gives its figures."""

    def refuse(self, address):
        raise AssertionError(f"a notebook asks the network: {address}")

    monkeypatch.setenv("PAPERS_QUICK", "1")
    monkeypatch.delenv("PAPERS_DATA_MIRROR", raising=False)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(word2vec, "FUSED", word2vec.FUSED)  # which one of them sets
    monkeypatch.setattr(plt, "show", lambda: None)  # Agg has nothing to show them on
    plt.switch_backend("Agg")

    def figures(path: Path):
        spec = importlib.util.spec_from_file_location(path.stem, path)
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
        return [plt.figure(number) for number in plt.get_fignums()]

    with matplotlib.rc_context():
        yield figures
    plt.close("all")


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_it_runs_and_its_figures_can_be_read(path: Path, run) -> None:
    found = [unlabelled(figure) for figure in run(path)]
    assert found == [[]] * len(found) and len(found) >= 3


@pytest.mark.parametrize(
    ("title", "x", "y", "lacks"),
    [("T", "x", "y", []), ("", "x", "y", ["title"]), ("T", "", "y", ["x"]), ("T", "x", "", ["y"])],
)
def test_a_figure_without_a_label_is_noticed(title, x, y, lacks) -> None:
    figure, axes = plt.subplots()
    axes.set_title(title, loc="left")
    axes.set(xlabel=x, ylabel=y)
    assert unlabelled(figure) == lacks
    figure.colorbar(axes.imshow([[1]]), ax=axes)
    assert unlabelled(figure) == [*lacks, "colours"]
    plt.close(figure)


@pytest.mark.parametrize("name", TEXTS)
def test_it_has_the_form_of_a_notebook(name: str) -> None:
    assert lacking(TEXTS[name]) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("# # ", "# ", "no title"),
        ("# - ", "# ", "not three lines first"),
        ("\n\n# %%\n", "\n\n# %%\nprint()\n# %%\n", "code without a sentence before it"),
        ("\n# %%\n", "\n", "0 cells of code"),
        ("ook at", "augh at", "it does not say where to look"),
        ("# 2. ", "# ", "no two questions at the end"),
    ],
)
def test_a_part_that_is_missing_is_noticed(old: str, new: str, said: str) -> None:
    text = TEXTS["counting"]
    assert old in text and any(fault.startswith(said) for fault in lacking(text.replace(old, new)))


def defined(path: Path) -> dict[str, int]:
    """The functions and classes of a file, with their lines."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    kinds = ast.FunctionDef | ast.ClassDef
    return {n.name: (n.end_lineno or 0) - n.lineno + 1 for n in nodes if isinstance(n, kinds)}


ROOMS = {name for p in (ROOT / "papers").glob("*/version*/model.py") for name in defined(p)}


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_it_uses_the_code_of_the_rooms_and_copies_none(path: Path) -> None:
    assert re.search(r"(?m)^from papers\.\w+\.version\d+ import model", path.read_text())
    own = defined(path)
    assert {n: lines for n, lines in own.items() if lines > LONGEST or n in ROOMS} == {}


def test_readme_lists_them_and_their_stages_link_them() -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"(?m)^\| \[(\w+)\.py\]\(\1\.py\) \| ([\d, ]+) \|", readme)
    assert sorted(name for name, _ in listed) == list(TEXTS)
    for name, stages in listed:
        pages = re.findall(r"\(\.\./course/((\d+)-[\w-]+\.md)\)", cells(TEXTS[name])[0][1])
        assert [number for _, number in pages] == stages.split(", ")
        for page, _ in pages:
            text = (ROOT / "docs" / "course" / page).read_text(encoding="utf-8")
            assert text.count(f"(../notebooks/{name}.py)") == 1, page
