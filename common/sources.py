"""Which files of this repository a run imports, and what they say.

Imports are followed through the syntax tree, so nothing is executed. A file's hash is taken over
its syntax tree without docstrings: comments and layout do not count, and Python's minor versions
agree on it.
"""

from __future__ import annotations

import ast
import hashlib
import subprocess
from collections.abc import Iterator
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


def imported_modules(path: Path) -> Iterator[str]:
    """Dotted names of everything that the file imports, `from a import b` as `a` and `a.b`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


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


def tree_hash(path: Path) -> str:
    """sha256 over the file's syntax tree, docstrings left out."""
    stat = path.stat()
    return _tree_hash(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=4096)
def _tree_hash(path: Path, mtime: int, size: int) -> str:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return hashlib.sha256(_words(tree).encode()).hexdigest()


def _words(node: object) -> str:
    if isinstance(node, ast.AST):
        fields = (
            f"{name}={_words(_without_docstring(node, name, value))}"
            for name, value in ast.iter_fields(node)
            if name not in SKIPPED
        )
        return f"{type(node).__name__}({','.join(fields)})"
    if isinstance(node, list):
        return "[" + ",".join(map(_words, node)) + "]"
    return repr(node)


def _without_docstring(node: ast.AST, name: str, value: object) -> object:
    documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    if name == "body" and isinstance(node, documented) and ast.get_docstring(node) is not None:
        return value[1:]
    return value


EMPTY = hashlib.sha256(_words(ast.parse("")).encode()).hexdigest()


def hashes(root: Path, files: list[Path]) -> dict[str, str]:
    """Path relative to the root -> hash of the syntax tree."""
    return {path.relative_to(root).as_posix(): tree_hash(path) for path in files}


def commit(root: Path, sources: list[str]) -> str:
    """The checkout's commit; "-dirty" is appended when one of the sources has changes."""

    def git(*arguments: str) -> str:
        result = subprocess.run(
            ["git", *arguments], cwd=root, capture_output=True, text=True, check=True
        )
        return result.stdout.strip()

    try:
        changed = git("status", "--porcelain", "--", *sources)
        return git("rev-parse", "HEAD") + ("-dirty" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
