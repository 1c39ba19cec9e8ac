"""What is reached from a definition counts, what stands beside it does not: by the example of a
deviation's `inject`."""

import re
import shutil
from pathlib import Path

import pytest

from common.evidence.deviations import deviations_of
from common.paper import rooms
from common.records.executed import run_sources

ROOT = Path(__file__).parents[1]
ROOMS = [home for home in rooms(ROOT).values() if deviations_of(home)]
FILES = {
    "papers/__init__.py": "",
    "papers/a/__init__.py": "",
    "papers/a/evidence/deviations.py": '''"""Deviations."""
from common.evidence.deviations import Deviation
from papers.a.evidence import injections as put
from papers.a.evidence.injections import louder

OTHERS = 3
DEVIATIONS = (
    Deviation(id="first", title="First", inject=put.first, invariant=put.holds),
    Deviation(id="second", title="Second", inject=put.second, invariant=put.holds),
    Deviation("third", "T", "", "", "", "bug", "", "", "", louder, put.holds),
    Deviation(id="lambda", inject=lambda model: {"x": OTHERS}, invariant=put.holds),
)
''',
    "papers/a/version1/train.py": "def train(run):\n    return run\n",
    "papers/a/version1/model.py": "",
    "papers/a/evidence/injections.py": '''"""Injections."""
import math
import os as system
from papers.a import tools

SCALE = 2.0
UNUSED = 5.0


def first(model):
    """Say it twice."""
    def loss(x):
        return half(x) * SCALE
    return {"loss": loss}


def half(x):
    return tools.halve(x) + math.pi


def second(model):
    return {"name": system.name}


def louder(model):
    from papers.a import late
    return {"loss": late.loud}


def holds(model):
    assert model
''',
    "papers/a/late.py": "LOUD = 1\n\n\ndef loud(x):\n    return x + LOUD\n",
    "papers/a/tools.py": (
        "RATE = 0.5\n\n\ndef halve(x):\n    return RATE * x\n\n\ndef double(x):\n    return 2 * x\n"
    ),
    "common/__init__.py": "",
    "common/evidence/deviations.py": "class Deviation:\n    pass\n",
}


@pytest.fixture
def root(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def change(root, file, old, new):
    (path,) = (root / "papers" / "a").rglob(f"{file}.py")
    text = path.read_text()
    assert text.count(old) == 1, old
    path.write_text(text.replace(old, new))


def of(root, name="first"):
    return run_sources(root, root / "papers/a", "version1", name)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("deviations", "inject=put.first", "inject=put.second"),
        ("deviations", "injections as put", "late as put"),
        ("injections", "half(x) * SCALE", "half(x) / SCALE"),
        ("injections", "SCALE = 2.0", "SCALE = 3.0"),
        ("injections", "UNUSED = 5.0", "SCALE += 1"),
        ("injections", "UNUSED = 5.0", "if math.pi > 3:\n    print()"),
        ("injections", "UNUSED = 5.0", "math.pi = 3"),
        ("injections", "UNUSED = 5.0", "from papers.a.late import *"),
        ("injections", "halve(x) + math.pi", "halve(x)"),
        ("injections", "import math", "import cmath as math"),
        ("injections", "tools.halve", "tools.double"),
        ("tools", "RATE = 0.5", "RATE = 0.25"),
        ("tools", "return 2 * x", "return 2 * x\n\n\nprint(double(1))"),
    ],
)
def test_what_an_injection_reaches_counts(root, file, old, new):
    before = of(root)
    change(root, file, old, new)
    assert of(root) != before


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("deviations", "DEVIATIONS = (", "DEVIATIONS = (\n    Deviation(id='n', inject=put.n),"),
        ("deviations", 'title="First"', 'title="The first"'),
        ("deviations", "inject=put.second", "inject=put.first"),
        ("injections", '"name": system.name', '"name": system.sep'),
        ("injections", "Say it twice.", "Twice."),
        ("injections", "UNUSED = 5.0", "UNUSED = 6.0  # more"),
        ("injections", "assert model", "assert not model"),
        ("injections", "def second(model)", "def more(model):\n    pass\n\n\ndef second(model)"),
        ("tools", "return 2 * x", "return 3 * x"),
        ("late", "LOUD = 1", "LOUD = 2"),
    ],
)
def test_what_stands_beside_it_does_not(root, file, old, new):
    before = of(root)
    change(root, file, old, new)
    assert of(root) == before


@pytest.mark.parametrize(
    ("name", "file", "old", "new"),
    [
        ("third", "late", "LOUD = 1", "LOUD = 2"),  # imported inside of the function
        ("lambda", "deviations", "OTHERS = 3", "OTHERS = 4"),
    ],
)
def test_other_ways_to_write_an_injection_are_followed(root, name, file, old, new):
    before = of(root, name)
    change(root, file, old, new)
    assert of(root, name) != before


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("deviations", "DEVIATIONS = (", "DEVIATIONS = MORE = tuple(x for x in ()) or ("),
        ("deviations", "OTHERS = 3", "OTHERS = 3\nDEVIATIONS = ()"),
        ("deviations", 'id="first"', 'id="fir" + "st"'),
        ("deviations", 'Deviation(id="first"', 'put.made(id="first"'),
        ("injections", "half(x) * SCALE", "globals()['half'](x)"),
        ("deviations", "inject=put.first", "inject=getattr(put, 'first')"),
        ("deviations", "inject=put.first", "inject=put.first_of_all"),
    ],
)
def test_where_it_cannot_be_told_the_whole_file_counts(root, file, old, new):
    change(root, file, old, new)
    before = of(root)
    change(root, "injections", "UNUSED = 5.0", "UNUSED = 6.0")
    assert of(root) != before


def test_files_that_import_each_other_are_followed_once(root):
    change(root, "tools", "RATE = 0.5", "from papers.a.evidence.injections import RATE")
    change(root, "injections", "UNUSED = 5.0", "from papers.a.tools import RATE")
    assert {f"papers/a/{name}.py" for name in ("tools", "evidence/injections")} <= of(root).keys()


def test_names_of_imports_within_a_function_are_followed_no_further_than_needed(root):
    change(root, "late", "LOUD = 1", "LOUD = 1\n\n\ndef quiet(x):\n    return x")
    before = of(root, "third")
    change(root, "late", "    return x\n", "    return -x\n")
    assert of(root, "third") == before
    change(
        root,
        "injections",
        "from papers.a import late",
        "global late\n    from papers.a import late",
    )
    before = of(root, "third")
    change(root, "late", "return -x", "return x")
    assert of(root, "third") != before


def test_the_file_that_changed_is_named(root):
    before = of(root)
    change(root, "tools", "RATE = 0.5", "RATE = 0.25")
    after = of(root)
    assert [name for name in before if before[name] != after[name]] == ["papers/a/tools.py"]


def test_a_file_that_comes_goes_or_changes_is_noticed_by_what_was_remembered(root):
    before = of(root)
    (root / "papers/a/tools").mkdir()
    (root / "papers/a/tools/__init__.py").write_text("def halve(x):\n    return x\n")
    assert "papers/a/tools/__init__.py" in of(root)  # a package goes before a module
    (root / "papers/a/tools/__init__.py").unlink()
    assert of(root) == before
    (root / "papers/a/tools.py").unlink()
    assert "papers/a/tools.py" not in of(root)


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_no_deviation_of_a_room_depends_on_another(room, tmp_path):
    """With each of the room's injections changed in turn, one hash changes and no other."""
    for path in [ROOT / "papers/__init__.py", *room.folder.rglob("*.py")]:
        target = tmp_path / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    (tmp_path / "common").symlink_to(ROOT / "common", target_is_directory=True)
    entries = deviations_of(room)
    home = tmp_path / "papers" / room.name

    def hashed():
        return {e.id: run_sources(tmp_path, home, room.newest, e.id) for e in entries}

    before = hashed()
    assert len({tuple(sources.items()) for sources in before.values()}) == len(before)
    for entry in entries:
        file = tmp_path / f"{entry.inject.__module__.replace('.', '/')}.py"
        text = file.read_text()
        head = re.search(rf"^def {entry.inject.__name__}\(.*\):\n", text, re.M)
        file.write_text(f"{text[: head.end()]}    print()\n{text[head.end() :]}")
        now = hashed()
        assert [name for name in now if now[name] != before[name]] == [entry.id]
        file.write_text(text)
