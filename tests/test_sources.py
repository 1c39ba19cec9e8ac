"""Source hashes: what changes behaviour changes them, and nothing else; imports are followed."""

import pytest

from common.paper import find_root
from common.sources import closure, tree_hash

CODE = '''"""A module."""
import os


class A:
    """A class."""

    def f(self, x):
        """A function."""
        return f"{x!r:>{3}} {os.name}"  # a comment
'''


@pytest.fixture
def hash_of(tmp_path):
    def hash_of(code):
        path = tmp_path / f"{abs(hash(code))}.py"
        path.write_text(code)
        return tree_hash(path)

    return hash_of


@pytest.mark.parametrize(
    ("old", "new"),
    [("  # a comment", ""), ("A function.", "What it does."), ("\n\n\n", "\n\n"), ("x!r", " x!r")],
)
def test_comments_docstrings_and_layout_do_not_count(hash_of, old, new):
    assert CODE.count(old) >= 1
    assert hash_of(CODE) == hash_of(CODE.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("!r", "!s"),
        ("3", "4"),
        ("os.name", "os.sep"),
        ("import os", "import sys as os"),
        ("f(", "g("),
    ],
)
def test_behaviour_counts(hash_of, old, new):
    assert CODE.count(old) >= 1
    assert hash_of(CODE) != hash_of(CODE.replace(old, new))


def test_a_string_that_is_no_docstring_counts(hash_of):
    assert hash_of("x = 'a'\n") != hash_of("x = 'b'\n")


def test_a_changed_file_is_read_again(tmp_path):
    path = tmp_path / "a.py"
    path.write_text("x = 1\n")
    before = tree_hash(path)
    path.write_text("x = 22\n")
    assert tree_hash(path) != before


def test_imports_are_followed_also_inside_functions(tmp_path):
    for name, code in {
        "papers/__init__.py": "",
        "papers/a.py": "from common import b\n",
        "common/__init__.py": "",
        "common/b.py": "def f():\n    import common.c.d as d\n    return d\n",
        "common/c/__init__.py": "X = 1\n",
        "common/c/d.py": "import os, numpy\n",
        "common/unused.py": "",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(code)
    found = [
        p.relative_to(tmp_path).as_posix() for p in closure(tmp_path, tmp_path / "papers/a.py")
    ]
    wanted = ["common/b.py", "common/c/__init__.py", "common/c/d.py", "papers/a.py"]
    assert [name for name in found if name != "common/__init__.py"] == wanted


def test_a_run_of_rnn_does_not_depend_on_reports_or_tracking():
    root = find_root()
    files = closure(root, root / "papers/rnn/version2/train.py", root / "common/worker.py")
    names = {p.relative_to(root).as_posix() for p in files}
    assert {"common/training.py", "papers/rnn/task.py", "papers/rnn/version2/model.py"} <= names
    assert not {n for n in names if "report" in n or "track" in n or "version1" in n}
