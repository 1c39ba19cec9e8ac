"""The wings of common/: what each may import. docs/architecture.md says why."""

from pathlib import Path

import pytest

from tests.test_architecture import CODE, ROOT, allowed, files, name, packages


def test_common_knows_no_paper():
    for path in (ROOT / "common").rglob("*.py"):
        assert allowed(path, "common/*") == [], name(path)


WINGS = (  # what stands further up may import what stands further down, never the other way
    "commands",
    "reports",
    "tracking",
    "ask",
    "run",
    "evidence",
    "exams",
    "records",
    "data",
)
GROUND = {"__init__", "config", "paper", "errors"}


def wing(file):
    """The wing of a file of common/; one further down has the larger number."""
    part = Path(file).parts[1].removesuffix(".py")
    return WINGS.index(part) if part in WINGS else len(WINGS)


def test_common_is_its_wings_and_the_ground():
    parts = {p.name.removesuffix(".py") for p in (ROOT / "common").iterdir() if p.suffix != ".pyc"}
    assert parts - {"__pycache__"} == {*WINGS, *GROUND}


COMMON = [path for path in CODE if name(path).startswith("common/")]


@pytest.mark.parametrize("path", COMMON, ids=name)
def test_imports_run_down_through_the_wings(path):
    assert [f for f in files(path) if wing(f) < wing(name(path))] == []


def test_no_module_of_common_imports_itself_in_a_circle():
    waiting = {name(path): files(path) for path in COMMON}
    while free := {one for one, needed in waiting.items() if not needed & waiting.keys()}:
        waiting = {one: needed for one, needed in waiting.items() if one not in free}
    assert waiting == {}


def test_reports_need_no_torch_and_mlflow_has_one_door():
    for path in (ROOT / "common" / "reports").rglob("*.py"):
        assert "torch" not in packages(path), name(path)
    doors = {name(p) for p in CODE if "mlflow" in packages(p) and not name(p).startswith("tests/")}
    assert doors <= {"common/tracking/client.py", "common/tracking/opening.py"}
