"""Which files of this repository a file imports, and their commit.

Imports are followed through the syntax tree, so nothing is executed.
"""

from __future__ import annotations

import ast
import subprocess
from functools import lru_cache
from pathlib import Path

from common.records.syntax import LOCAL, hash_of, origin, tree_hash

EMPTY = hash_of(())


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


def closure(root: Path, *start: Path) -> list[Path]:
    """The local files that `start` imports, transitively, `start` and its packages included."""
    found: set[Path] = set()
    waiting = list(start)
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        waiting += packages(root, path)
        for name in imported_modules(path):
            file = module_file(root, name) if name.split(".")[0] in LOCAL else None
            if file:
                waiting.append(file)
    return sorted(found)


def packages(root: Path, path: Path) -> list[Path]:
    """The `__init__.py` files that importing `path` runs, empty ones left out."""
    inits = (folder / "__init__.py" for folder in path.relative_to(root).parents)
    return [root / p for p in inits if (root / p).is_file() and tree_hash(root / p) != EMPTY]


def run_files(root: Path, room: Path, version: str, deviation: str | None) -> list[Path]:
    """Every local file that a run of this version of the paper in the folder `room` imports.

    A run executes only a part of them: see common/records/executed.py.
    """
    start = [room / version / "train.py", root / "common" / "run" / "worker.py"]
    return closure(root, *start, *([room / "evidence" / "deviations.py"] if deviation else []))


def hashes(root: Path, files: list[Path]) -> dict[str, str]:
    """Path relative to the root -> hash of all that the file says."""
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
