"""Python files as syntax trees, without what no result can depend on.

Left out are comments, layout and docstrings; the annotations of functions and plain variables;
what only a type checker reads; and the sentence of a `UserError`, because a run that made a record
came past every one. A class keeps its annotations: dataclasses and pydantic read them.
"""

from __future__ import annotations

import ast
import hashlib
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple

LOCAL = ("papers", "common")
FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef
DEFINITION = FUNCTION | ast.ClassDef
IMPORT = ast.Import | ast.ImportFrom
# Fields that differ between Python's minor versions, or say nothing about behaviour.
SKIPPED = {"type_params", "type_comment", "type_ignores", "kind", "ctx"}


class Import(NamedTuple):
    """One name that an import takes: `from <base> import <name> as <alias>`; base is "" in
    `import <name>`."""

    base: str
    name: str
    alias: str | None

    @property
    def dotted(self) -> str:
        return f"{self.base}.{self.name}" if self.base else self.name

    @property
    def bound(self) -> str:
        """The name that it binds."""
        return self.alias or self.name.split(".")[0]


class Part(NamedTuple):
    """What a piece of code names: `names` as (name, the attribute taken of it, if any); imports
    inside of functions, and all others."""

    names: frozenset[tuple[str, str | None]]
    inner: tuple[Import, ...]
    outer: tuple[Import, ...]


@dataclass(frozen=True)
class Code:
    """The statements of a file; they are called by their places."""

    path: Path
    body: list[ast.stmt]
    _parts: dict[int, Part] = field(default_factory=dict)
    _digests: dict[int, str] = field(default_factory=dict)

    @cached_property
    def bound(self) -> dict[str, list[int]]:
        """Name -> places of the statements that bind it."""
        found: dict[str, list[int]] = {}
        for place, statement in enumerate(self.body):
            for name in _bound_by(statement):
                found.setdefault(name, []).append(place)
        return found

    @cached_property
    def imports(self) -> dict[int, tuple[Import, ...]]:
        """Place of an import statement -> what it imports."""
        statements = enumerate(self.body)
        return {i: imported(self.path, s) for i, s in statements if isinstance(s, IMPORT)}

    @cached_property
    def always(self) -> list[int]:
        """Places of statements that do more than bind names, and run whenever it is imported."""
        return [i for i, statement in enumerate(self.body) if not _only_binds(statement)]

    def part(self, place: int) -> Part:
        """What the statement at `place` names."""
        if place not in self._parts:
            self._parts[place] = part(self.path, self.body[place])
        return self._parts[place]

    def digest(self, place: int) -> str:
        """sha256 of what the statement at `place` says."""
        if place not in self._digests:
            self._digests[place] = _sha256(words(self.body[place]))
        return self._digests[place]


def code(path: Path) -> Code:
    """The file's code; read once, and again when the file has changed."""
    stat = path.stat()
    return _code(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=4096)
def _code(path: Path, mtime: int, size: int) -> Code:
    return Code(path, _Bare().visit(ast.parse(path.read_text(encoding="utf-8"))).body)


def tree_hash(path: Path) -> str:
    """sha256 over all that the file says."""
    found = code(path)
    return hash_of(found.digest(place) for place in range(len(found.body)))


def hash_of(lines) -> str:
    """sha256 over lines."""
    return _sha256("\n".join(lines))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def words(node: object) -> str:
    """A syntax tree as text, in which Python's minor versions agree."""
    if isinstance(node, ast.AST):
        fields = (f"{n}={words(value)}" for n, value in ast.iter_fields(node) if n not in SKIPPED)
        return f"{type(node).__name__}({','.join(fields)})"
    if isinstance(node, list):
        return "[" + ",".join(map(words, node)) + "]"
    return repr(node)


class _Bare(ast.NodeTransformer):
    """Takes out of a tree what the module's docstring says."""

    def visit_Module(self, node: ast.Module) -> ast.AST:
        return self.generic_visit(_undocumented(node))

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        body, node.body = _undocumented(node).body, []
        self.generic_visit(node)
        for statement in body:
            field = isinstance(statement, ast.AnnAssign)
            bare = self.generic_visit(statement) if field else self.visit(statement)
            node.body += bare if isinstance(bare, list) else [bare] if bare else []
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        self.generic_visit(node)
        if node.value is None:
            return None
        return ast.copy_location(ast.Assign(targets=[node.target], value=node.value), node)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(_undocumented(node))

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        if isinstance(node.exc, ast.Call) and _last(node.exc.func) == "UserError":
            node.exc = node.exc.func
        return self.generic_visit(node)

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        self.generic_visit(node)
        return node.orelse if _last(node.test) == "TYPE_CHECKING" else node


def _last(node: ast.AST) -> str | None:
    """The last word of a dotted name."""
    return getattr(node, "attr", getattr(node, "id", None))


def _undocumented(node):
    if ast.get_docstring(node, clean=False) is not None:
        del node.body[0]
    return node


def part(path: Path, node: ast.AST) -> Part:
    """What the code of `node`, which stands in `path`, names."""
    nodes = list(ast.walk(node))
    attributes = {id(n.value): n.attr for n in nodes if isinstance(n, ast.Attribute)}
    names = {(n.id, attributes.get(id(n))) for n in nodes if isinstance(n, ast.Name)}
    local = _inside_functions(nodes)
    found: dict[bool, list[Import]] = {True: [], False: []}
    for statement in (n for n in nodes if isinstance(n, IMPORT)):
        found[id(statement) in local] += imported(path, statement)
    return Part(frozenset(names), tuple(found[True]), tuple(found[False]))


def _inside_functions(nodes: list[ast.AST]) -> set[int]:
    """Imports whose names stay within their function; none where a name is made global."""
    if any(isinstance(n, ast.Global) for n in nodes):
        return set()
    functions = (n for n in nodes if isinstance(n, FUNCTION))
    return {id(n) for function in functions for n in ast.walk(function) if isinstance(n, IMPORT)}


def imported(path: Path, node: IMPORT) -> tuple[Import, ...]:
    """What an import statement in `path` takes from where."""
    base = origin(path, node) if isinstance(node, ast.ImportFrom) else ""
    return tuple(Import(base, alias.name, alias.asname) for alias in node.names)


def origin(path: Path, node: ast.ImportFrom) -> str:
    """The dotted name of the module that `from ... import` in the file takes from."""
    return ".".join(filter(None, [_package(path, node.level), node.module]))


def _package(path: Path, level: int) -> str:
    """The package that the dots of a relative import stand for: "papers.rnn" for two of them in
    papers/rnn/version1/train.py, "" where there are none."""
    parts = path.parts[: len(path.parts) - level] if level else ()
    starts = [i for i, part in enumerate(parts) if part in LOCAL]
    return ".".join(parts[starts[-1] :]) if starts else ""


def _bound_by(statement: ast.stmt) -> set[str]:
    if isinstance(statement, DEFINITION):
        return {statement.name}
    if isinstance(statement, IMPORT):
        return {alias.asname or alias.name.split(".")[0] for alias in statement.names}
    stored = (n for n in ast.walk(statement) if isinstance(n, ast.Name))
    return {n.id for n in stored if isinstance(n.ctx, ast.Store)}


def _only_binds(statement: ast.stmt) -> bool:
    """Does running the statement do no more than bind names? A bare text does not even that."""
    if isinstance(statement, ast.Assign):
        return all(isinstance(n, ast.Name) for target in statement.targets for n in _leaves(target))
    if isinstance(statement, IMPORT):
        return all(alias.name != "*" for alias in statement.names)
    if isinstance(statement, ast.If):  # what a file does as a command, nobody imports
        return words(statement.test) == COMMAND
    text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return text or isinstance(statement, DEFINITION | ast.Pass)


COMMAND = words(ast.parse("__name__ == '__main__'", mode="eval").body)


def _leaves(target: ast.expr) -> list[ast.expr]:
    if isinstance(target, ast.Tuple | ast.List):
        return [leaf for element in target.elts for leaf in _leaves(element)]
    return [target]
