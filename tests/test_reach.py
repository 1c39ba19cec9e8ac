"""The hash of one deviation: what its `inject` reaches counts, what stands beside it does not."""

import re
import shutil
from pathlib import Path

import pytest

from common.evidence.deviations import deviations_of
from common.paper import rooms
from common.records.reach import deviation_hash, run_sources, source_hash

ROOT = Path(__file__).parents[1]
ROOMS = [home for home in rooms(ROOT).values() if deviations_of(home)]
FILES = {
    "papers/__init__.py": "",
    "papers/a/__init__.py": "",
    "papers/a/evidence/deviations.py": '''"""Deviations."""
from common.evidence.deviations import Deviation
from papers.a import injections as put
from papers.a.injections import louder

OTHERS = 3
DEVIATIONS = (
    Deviation(id="first", title="First", inject=put.first, invariant=put.holds),
    Deviation(id="second", title="Second", inject=put.second, invariant=put.holds),
    Deviation("third", "T", "", "", "", "bug", "", "", "", louder, put.holds),
    Deviation(id="lambda", inject=lambda model: {"x": OTHERS}, invariant=put.holds),
)
''',
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
    return deviation_hash(root, root / "papers/a/evidence/deviations.py", name)


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
    change(root, "tools", "RATE = 0.5", "from papers.a.injections import RATE")
    change(root, "injections", "UNUSED = 5.0", "from papers.a.tools import RATE")
    assert len(of(root)) == 64


def test_a_run_hashes_its_deviation_by_name():
    room = ROOT / "papers" / "rnn"
    plain = run_sources(ROOT, room, "version2", None)
    rung = run_sources(ROOT, room, "version2", "adagrad")
    name = "papers/rnn/evidence/deviations.py::adagrad"
    assert rung.keys() - plain.keys() == {name} and plain.keys() <= rung.keys()
    assert rung[name] == source_hash(ROOT, name)
    assert source_hash(ROOT, "papers/rnn/gone.py::adagrad") is None


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_no_deviation_of_a_room_depends_on_another(room, tmp_path):
    """With each of the room's injections changed in turn, one hash changes and no other."""
    for path in [ROOT / "papers/__init__.py", *room.folder.rglob("*.py")]:
        target = tmp_path / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    (tmp_path / "common").symlink_to(ROOT / "common", target_is_directory=True)
    entries = deviations_of(room)
    path = tmp_path / "papers" / room.name / "evidence/deviations.py"
    before = {entry.id: deviation_hash(tmp_path, path, entry.id) for entry in entries}
    assert len(set(before.values())) == len(before)
    for entry in entries:
        file = tmp_path / f"{entry.inject.__module__.replace('.', '/')}.py"
        text = file.read_text()
        head = re.search(rf"^def {entry.inject.__name__}\(.*\):\n", text, re.M)
        file.write_text(f"{text[: head.end()]}    print()\n{text[head.end() :]}")
        now = {other.id: deviation_hash(tmp_path, path, other.id) for other in entries}
        assert [name for name in now if now[name] != before[name]] == [entry.id]
        file.write_text(text)
