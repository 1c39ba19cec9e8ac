"""docs/what-a-room-calls.md is whole and true: it cannot rot while rooms use other things."""

import ast
import importlib
import inspect
import re

import pytest

from common.commands.scaffold.making import TEMPLATE
from common.paper import rooms
from tests.scaffolding import ROOT

PAGE = (ROOT / "docs" / "what-a-room-calls.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `((?:common|tests)\.[\w.]+)` \| (.+) \| `(.+)` \|$", re.M)
CALLS = {name: example for name, _, example in ROW.findall(PAGE)}
SHARED = ("common", "tests")


def code():
    """Every file of every room, and of the room that `papers new` makes."""
    yield from (path for room in rooms(ROOT).values() for path in room.folder.rglob("*.py"))
    yield from TEMPLATE.rglob("*.py.txt")


def imported():
    """What they take from common/ and tests/, by dotted name, with the file that does."""
    for path in code():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            else:
                continue
            yield from ((n, path) for n in names if n.partition(".")[0] in SHARED)


def listed(name):
    """Is it on the page, or a module of which something is?"""
    return any(call == name or call.startswith(f"{name}.") for call in CALLS)


def found(name):
    """The object of that dotted name."""
    parts = name.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        try:
            there = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for part in parts[cut:]:
            there = getattr(there, part)
        return there
    raise ModuleNotFoundError(name)


def test_all_that_rooms_import_is_on_the_page():
    missing = {f"{n}: {p.relative_to(ROOT)}" for n, p in imported() if not listed(n)}
    assert missing == set(), "docs/what-a-room-calls.md needs a row for each"


def test_what_is_not_on_the_page_is_noticed():
    assert listed("common.run.training.fit") and listed("common.evidence.measuring")
    assert not listed("common.run.training.fi") and not listed("common.run.launch.parse")
    with pytest.raises(AttributeError):
        found("common.run.training.fitt")


def test_every_row_can_be_read():
    rows = [line for line in PAGE.splitlines() if line.startswith("| `")]
    assert [row for row in rows if not ROW.match(row)] == []
    assert len(rows) == len(CALLS) > 70, "no name stands there twice"


@pytest.mark.parametrize("name", CALLS)
def test_each_example_fits_what_it_shows(name):
    unfit(name, CALLS[name])


@pytest.mark.parametrize(
    ("name", "example"),
    [
        ("common.run.training.fit", "fit(run, step_count=3)"),
        ("common.run.training.fit", "fit(run, 3)"),
        ("common.run.training.fit", "train(run)"),
        ("common.exams.text.TextExam", "TextExam.bits"),
    ],
)
def test_an_example_that_does_not_fit_is_noticed(name, example):
    with pytest.raises((AssertionError, TypeError)):
        unfit(name, example)


def unfit(name, example):
    """Fails where the example does not name it, or calls it as it cannot be called."""
    here, last = found(name), name.rpartition(".")[2]
    try:
        tree = ast.parse(example)
    except SyntaxError:
        tree = ast.parse(f"f({example})")  # a keyword's value
    used = [n for n in ast.walk(tree) if getattr(n, "id", getattr(n, "attr", None)) == last]
    assert used and not any(
        isinstance(n, ast.Attribute) and n.value in used for n in ast.walk(tree)
    )
    for call in [n for n in ast.walk(tree) if isinstance(n, ast.Call) and n.func in used]:
        own = [None] if isinstance(call.func, ast.Attribute) else []  # self
        keywords = {k.arg: None for k in call.keywords if k.arg}
        if not issubclass(here if inspect.isclass(here) else object, Exception):
            inspect.signature(here).bind_partial(*own, *call.args, **keywords)
