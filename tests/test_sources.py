"""Source hashes: what changes behaviour changes them, and nothing else; imports are followed."""

import subprocess

import pytest

from common.paper import find_root
from common.records.sources import closure, commit, imported_modules, no_commit
from common.records.syntax import tree_hash

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


SAID = """
from typing import TYPE_CHECKING

from common.errors import UserError

if TYPE_CHECKING:
    from os import PathLike

LIMIT: int = 3


class Config:
    size: int = 1


def f(path: PathLike, *rest: str) -> None:
    kept: list[str] = []
    if not rest:
        raise UserError(f"{path} has no rest: add one.") from None
    raise ValueError("no rest")
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("has no rest: add one.", "lacks a rest."),
        ('f"{path} has no rest: add one."', "told(path)"),
        ("PathLike, *", "PathLike | str, *"),
        (" -> None", ""),
        (": list[str] =", " ="),
        ("LIMIT: int", "LIMIT"),
        ("    from os import PathLike", "    from os import PathLike, sep"),
    ],
)
def test_sentences_of_errors_and_what_only_a_type_checker_reads_do_not_count(hash_of, old, new):
    assert SAID.count(old) == 1
    assert hash_of(SAID) == hash_of(SAID.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("if not rest", "if rest"),
        ("raise UserError(", "print("),
        ("raise UserError(", "raise OSError("),
        ("size: int = 1", "size: float = 1"),
        ('ValueError("no rest")', 'ValueError("none")'),
        ("LIMIT: int = 3", "LIMIT: int = 4"),
    ],
)
def test_when_an_error_is_raised_and_the_fields_of_a_class_count(hash_of, old, new):
    assert SAID.count(old) == 1
    changed = SAID.replace(old, new).replace(" from None", "" if "print" in new else " from None")
    assert hash_of(SAID) != hash_of(changed)


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
    files = closure(root, root / "papers/rnn/version2/train.py", root / "common/run/worker.py")
    names = {p.relative_to(root).as_posix() for p in files}
    assert {"common/run/training.py", "papers/rnn/task.py", "papers/rnn/version2/model.py"} <= names
    assert not {n for n in names if "report" in n or "track" in n or "version1" in n}


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("from . import model", "papers.rnn.version1.model"),
        ("from .model import Config", "papers.rnn.version1.model"),
        ("from .. import task", "papers.rnn.task"),
        ("from ..task import Exam", "papers.rnn.task"),
        ("from ... import rnn", "papers.rnn"),
    ],
)
def test_relative_imports_are_sources_too(tmp_path, line, found):
    for name in ("papers/rnn/task", "papers/rnn/version1/model", "papers/rnn/version1/train"):
        path = tmp_path / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x = 1\n")
    path.write_text(line + "\n")
    assert found in set(imported_modules(path))
    wanted = {tmp_path / f"{found.replace('.', '/')}.py"} - {tmp_path / "papers/rnn.py"}
    assert wanted <= set(closure(tmp_path, path))


def git(folder, *words):
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *words], cwd=folder)


def test_the_commit_of_a_repository_around_this_one_is_not_ours(tmp_path):
    git(tmp_path, "init", "-q")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "theirs")
    unpacked = tmp_path / "palimpsest"
    unpacked.mkdir()
    assert commit(unpacked, ["a.py"]) == "unknown"
    assert "inside one" in no_commit(unpacked)
    git(unpacked, "init", "-q")
    assert no_commit(unpacked) == "git has no commit yet"
    git(unpacked, "commit", "-q", "--allow-empty", "-m", "ours")
    assert len(commit(unpacked, ["a.py"])) == 40 and no_commit(unpacked) == ""


def test_git_says_why_it_names_no_commit(tmp_path, monkeypatch):
    assert "not a git repository" in no_commit(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert (commit(tmp_path, []), no_commit(tmp_path)) == ("unknown", "git is not installed")
