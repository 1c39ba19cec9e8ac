"""What the code of one deviation says, as a hash: the part of deviations.py that a run executes.

A file of deviations grows, and a record of one must not become stale because another was added. So
the hash is taken over what the entry's `inject` reaches: the functions and constants that it names,
what those name, and so on, in whatever file of the repository they stand. Other definitions there
(functions, classes, assignments to names, imports) do not count. Statements of another kind run
whenever the file is imported, so they always count. Where it cannot be told what is reached, the
whole file counts, with everything that it imports. Nothing is executed.
"""

from __future__ import annotations

import ast
import hashlib
from functools import lru_cache
from pathlib import Path

from common.records.sources import LOCAL, closure, hashes, module_file, origin, tree_hash, words

ENTRIES, ENTRY = "DEVIATIONS", "Deviation"
INJECT = 9  # the place of `inject` among the fields of a Deviation
DEFINITION = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
IMPORT = ast.Import | ast.ImportFrom


def run_sources(root: Path, room: Path, version: str, deviation: str | None) -> dict[str, str]:
    """What a run of this version of the paper in the folder `room` hashes: file -> hash.

    A deviation is named as "papers/<paper>/evidence/deviations.py::<id>".
    """
    start = [room / version / "train.py", root / "common" / "run" / "worker.py"]
    found = hashes(root, closure(root, *start))
    if deviation:
        name = f"{(room / 'evidence/deviations.py').relative_to(root).as_posix()}::{deviation}"
        found[name] = source_hash(root, name) or ""
    return found


def source_hash(root: Path, name: str) -> str | None:
    """The hash of a source by its name in a record, None if its file is gone."""
    file, _, deviation = name.partition("::")
    path = root / file
    if not path.is_file():
        return None
    return deviation_hash(root, path, deviation) if deviation else tree_hash(path)


def deviation_hash(root: Path, path: Path, name: str) -> str:
    """The hash of the deviation `name` in the deviations.py at `path`."""
    reached, inject = _Reached(root), _inject(_parsed(path), name)
    for file in closure(root, path):
        reached.keep_what_always_runs(file)
    if inject is None:
        reached.take_whole(path)
    else:
        reached.follow(path, inject)
    return hashlib.sha256("\n".join([words(inject), *reached.told()]).encode()).hexdigest()


def _inject(tree: ast.Module, name: str) -> ast.expr | None:
    """The expression that an entry of DEVIATIONS gives as its `inject`, None if it is not plain."""
    lists = [tree.body[i] for i in _bound(tree).get(ENTRIES, ())]
    value = getattr(lists[0], "value", None) if len(lists) == 1 else None
    entries = value.elts if isinstance(value, ast.Tuple | ast.List) else []
    found = [entry for entry in map(_fields, entries) if _constant(entry.get("id")) == name]
    return found[0].get("inject") if len(found) == 1 else None


def _fields(entry: ast.expr) -> dict[str, ast.expr]:
    """The fields `id` and `inject` of an entry that is written as Deviation(...)."""
    if not isinstance(entry, ast.Call) or not isinstance(entry.func, ast.Name):
        return {}
    if entry.func.id != ENTRY or any(isinstance(a, ast.Starred) for a in entry.args):
        return {}
    places = {"id": entry.args[:1], "inject": entry.args[INJECT : INJECT + 1]}
    return {name: value[0] for name, value in places.items() if value} | {
        keyword.arg: keyword.value for keyword in entry.keywords if keyword.arg
    }


def _constant(node: ast.expr | None) -> object:
    return node.value if isinstance(node, ast.Constant) else None


class _Reached:
    """Statements and files found so far."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.kept: dict[Path, set[int]] = {}  # file -> places in its body
        self.whole: set[Path] = set()
        self.imports: set[str] = set()
        self.seen: set[tuple[Path, str, str | None]] = set()

    def told(self) -> list[str]:
        """Everything that was found, in words that do not depend on the order of finding."""
        found = sorted(self.imports)
        for path, places in sorted(self.kept.items()):
            body = _parsed(path).body
            found += [words(body[i]) for i in sorted(places)]
        return found + [f"{name} {h}" for name, h in hashes(self.root, sorted(self.whole)).items()]

    def keep_what_always_runs(self, path: Path) -> None:
        for place, statement in enumerate(_parsed(path).body):
            if not _only_defines(statement):
                self.keep(path, place)

    def keep(self, path: Path, place: int) -> None:
        places = self.kept.setdefault(path, set())
        if place not in places:
            places.add(place)
            self.follow(path, _parsed(path).body[place])

    def follow(self, path: Path, node: ast.AST) -> None:
        """Find what the code of `node`, which stands in `path`, names."""
        nodes = list(ast.walk(node))
        attributes = {id(n.value): n.attr for n in nodes if isinstance(n, ast.Attribute)}
        for n in nodes:
            if isinstance(n, ast.Name):
                self.name(path, n.id, attributes.get(id(n)))
            elif isinstance(n, IMPORT):  # inside of a function or of an `if`
                for alias in n.names:
                    self.module(path, n, alias, None)

    def name(self, path: Path, name: str, attribute: str | None) -> None:
        """Keep what binds `name` in the file; of a module, `attribute` is what is taken of it."""
        if (path, name, attribute) in self.seen:
            return
        self.seen.add((path, name, attribute))
        if name == "globals":
            self.take_whole(path)
        body = _parsed(path).body
        for place in _bound(_parsed(path)).get(name, ()):
            if not isinstance(body[place], IMPORT):
                self.keep(path, place)
                continue
            for alias in body[place].names:
                if _name_of(alias) == name:
                    self.module(path, body[place], alias, attribute)

    def module(self, path: Path, node: IMPORT, alias: ast.alias, attribute: str | None) -> None:
        """Follow an import into the repository's own files."""
        base = origin(path, node) if isinstance(node, ast.ImportFrom) else ""
        self.imports.add(f"from {base} import {alias.name} as {alias.asname}")
        dotted = ".".join(filter(None, (base, alias.name)))
        if dotted.split(".")[0] not in LOCAL:
            return
        file = module_file(self.root, dotted)
        package = module_file(self.root, base) if base else None
        taken = attribute if file else alias.name
        place = file or package
        if place and base and taken and taken in _bound(_parsed(place)):
            self.name(place, taken, None if file else attribute)
        elif place:
            self.take_whole(place)

    def take_whole(self, path: Path) -> None:
        self.whole |= set(closure(self.root, path))


def _only_defines(statement: ast.stmt) -> bool:
    """Does running the statement do no more than bind names? A bare text does not even that."""
    if isinstance(statement, ast.Assign):
        return all(isinstance(n, ast.Name) for target in statement.targets for n in _leaves(target))
    if isinstance(statement, ast.AnnAssign):
        return isinstance(statement.target, ast.Name)
    if isinstance(statement, IMPORT):
        return all(alias.name != "*" for alias in statement.names)
    text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return text or isinstance(statement, DEFINITION)


def _leaves(target: ast.expr) -> list[ast.expr]:
    if isinstance(target, ast.Tuple | ast.List):
        return [leaf for element in target.elts for leaf in _leaves(element)]
    return [target]


def _bound(tree: ast.Module) -> dict[str, list[int]]:
    """Name -> places in the body of the statements that bind it."""
    found: dict[str, list[int]] = {}
    for place, statement in enumerate(tree.body):
        if isinstance(statement, DEFINITION):
            names = {statement.name}
        elif isinstance(statement, IMPORT):
            names = {_name_of(alias) for alias in statement.names}
        else:
            stored = (n for n in ast.walk(statement) if isinstance(n, ast.Name))
            names = {n.id for n in stored if isinstance(n.ctx, ast.Store)}
        for name in names:
            found.setdefault(name, []).append(place)
    return found


def _name_of(alias: ast.alias) -> str:
    return alias.asname or alias.name.split(".")[0]


def _parsed(path: Path) -> ast.Module:
    stat = path.stat()
    return _tree(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=256)
def _tree(path: Path, mtime: int, size: int) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))
