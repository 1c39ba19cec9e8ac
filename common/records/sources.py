"""Which files of this repository a run imports, and what they say.

Imports are followed through the syntax tree, so nothing is executed. A file's hash is taken over
its syntax tree without docstrings: comments and layout do not count, and Python's minor versions
agree on it.
"""

from __future__ import annotations

import ast
import hashlib
import subprocess
from functools import lru_cache
from pathlib import Path

LOCAL = ("papers", "common")
# Fields that differ between Python's minor versions, or say nothing about behaviour.
SKIPPED = {"type_params", "type_comment", "type_ignores", "kind", "ctx"}


def module_file(root: Path, dotted: str) -> Path | None:
    """The file of a module of this repository, or None if there is no such module."""
    base = root.joinpath(*dotted.split("."))
    for path in (base / "__init__.py", base.with_suffix(".py")):
        if path.is_file():
            return path
    return None


def imported_modules(path: Path) -> tuple[str, ...]:
    """Dotted names of everything that the file imports, `from a import b` as `a` and `a.b`."""
    stat = path.stat()
    return _imported(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=4096)
def _imported(path: Path, mtime: int, size: int) -> tuple[str, ...]:
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = origin(path, node)
            names += [base, *(f"{base}.{alias.name}" for alias in node.names)]
    return tuple(names)


def origin(path: Path, node: ast.ImportFrom) -> str:
    """The dotted name of the module that `from ... import` in the file takes from."""
    return ".".join(filter(None, [_package(path, node.level), node.module]))


def _package(path: Path, level: int) -> str:
    """The package that the dots of a relative import stand for: "papers.rnn" for two of them in
    papers/rnn/version1/train.py, "" where there are none."""
    parts = path.parts[: len(path.parts) - level] if level else ()
    starts = [i for i, part in enumerate(parts) if part in LOCAL]
    return ".".join(parts[starts[-1] :]) if starts else ""


def closure(root: Path, *start: Path) -> list[Path]:
    """The local files that `start` imports, transitively, `start` and its packages included."""
    found: set[Path] = set()
    waiting = list(start)
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        waiting += _packages(root, path)
        for name in imported_modules(path):
            file = module_file(root, name) if name.split(".")[0] in LOCAL else None
            if file:
                waiting.append(file)
    return sorted(found)


def _packages(root: Path, path: Path) -> list[Path]:
    """The `__init__.py` files that importing `path` runs, empty ones left out."""
    inits = (folder / "__init__.py" for folder in path.relative_to(root).parents)
    return [root / p for p in inits if (root / p).is_file() and tree_hash(root / p) != EMPTY]


def run_files(root: Path, room: Path, version: str, deviation: str | None) -> list[Path]:
    """Every local file that a run of this version of the paper in the folder `room` imports.

    Of deviations.py and what it imports a run executes only a part: see common/records/reach.py.
    """
    start = [room / version / "train.py", root / "common" / "run" / "worker.py"]
    return closure(root, *start, *([room / "evidence" / "deviations.py"] if deviation else []))


def tree_hash(path: Path) -> str:
    """sha256 over the file's syntax tree, docstrings left out."""
    stat = path.stat()
    return _tree_hash(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=4096)
def _tree_hash(path: Path, mtime: int, size: int) -> str:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return hashlib.sha256(words(tree).encode()).hexdigest()


def words(node: object) -> str:
    """A syntax tree as text, without docstrings, comments and layout."""
    if isinstance(node, ast.AST):
        fields = (
            f"{name}={words(_without_docstring(node, name, value))}"
            for name, value in ast.iter_fields(node)
            if name not in SKIPPED
        )
        return f"{type(node).__name__}({','.join(fields)})"
    if isinstance(node, list):
        return "[" + ",".join(map(words, node)) + "]"
    return repr(node)


def _without_docstring(node: ast.AST, name: str, value: object) -> object:
    documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    if name == "body" and isinstance(node, documented) and ast.get_docstring(node) is not None:
        return value[1:]
    return value


EMPTY = hashlib.sha256(words(ast.parse("")).encode()).hexdigest()


def hashes(root: Path, files: list[Path]) -> dict[str, str]:
    """Path relative to the root -> hash of the syntax tree."""
    return {path.relative_to(root).as_posix(): tree_hash(path) for path in files}


def commit(root: Path, files: list[Path]) -> str:
    """The checkout's commit; "-dirty" is appended when one of the files has changes. "unknown"
    where `no_commit` says why."""
    if no_commit(root):
        return "unknown"
    changed = _git(root, "status", "--porcelain", "--", *map(str, files)).stdout.strip()
    return _git(root, "rev-parse", "HEAD").stdout.strip() + ("-dirty" if changed else "")


def no_commit(root: Path) -> str:
    """Why git names no commit of this checkout, in a few words; "" if it names one.

    Code that was unpacked inside another repository has no commit: the other's is not its own.
    """
    try:
        top = _git(root, "rev-parse", "--show-toplevel")
    except OSError:
        return "git is not installed"
    if top.returncode:
        reason = top.stderr.strip().splitlines() or ["git failed"]
        foreign = "dubious ownership" in top.stderr
        mend = "; run `git config --global --add safe.directory` with this folder's path"
        return reason[0].removeprefix("fatal: ") + mend * foreign
    if Path(top.stdout.strip()).resolve() != root.resolve():
        return "this folder is no git checkout of its own, it only lies inside one"
    return "" if not _git(root, "rev-parse", "HEAD").returncode else "git has no commit yet"


def _git(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True)
