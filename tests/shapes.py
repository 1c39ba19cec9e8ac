"""Shape comments as they stand in a file. tests/shape_runs.py holds them to the arrays of a run.

A shape comment ends the line of an assignment, a return, a yield, a loop or a bare call, or where
that line is long stands above it. It begins with the shape of what is assigned, returned, yielded,
looped over or given last to the call, and may go on with words after a colon:

    scores = q @ k.transpose(-2, -1)  # (B, H, T, S): Eq. 1
    q, k = split(x), split(memory)  # (B, H, T, K), (B, H, S, K)
    return (x @ w_1).relu() @ w_2  # (B, T, F) -> (B, T, D): first product, value

One shape for several arrays is that of each. At a `def` and in a docstring, "(B, T), (B, S) ->
(B, T, V)" are the arrays among the arguments, as many as are named, and what is returned; a `def`
may have "-> (B, T, V)" alone. In a docstring "`mask` (B, S)" is that argument, where it is given,
and any other shape is that of the next result.

Sizes are such as 4 D, B T, T + 1, D / 2, and "T or 1". The letters are those of the file's legend
("Shapes: B batch, ..."), and each means one size in a call of a function and of those inside it.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

TERM = re.compile(r"((?:\d+|[A-Z])(?: (?:\d+|[A-Z]))*)(?: ?/ ?(\d+|[A-Z]))?")
SHAPE = r"\([^()]*\)"
LIST = rf"(?:twice )?{SHAPE}(?:, (?:twice )?{SHAPE})*"
COMMENT = re.compile(rf"((?:-> )?{LIST}(?: -> {LIST})*)(?:: .+)?")
SIGNATURE = re.compile(rf"(?P<arguments>{LIST}) -> (?P<results>{LIST})")
NAMED = re.compile(rf"`(?P<name>\w+)` (?P<argument>{SHAPE})")
PRODUCTS = {"addmm", "baddbmm", "bmm", "einsum", "linear", "matmul", "outer"}
RESHAPES = {"permute", "reshape", "unflatten", "view"}


@cache
def terms(dimension: str) -> tuple:
    """The sides of "T + 1 or 1", each as (sign, factors, divisor). ValueError if it is no size."""
    sides = []
    for side in dimension.split(" or "):
        parts = re.split(r" ([+-]) ", side)
        found = [TERM.fullmatch(part) for part in parts[::2]]
        if not all(found):
            raise ValueError(f"{dimension!r} is no size")
        signs = [1, *(1 if sign == "+" else -1 for sign in parts[1::2])]
        sides.append(tuple((s, m[1].split(), m[2] or "1") for s, m in zip(signs, found)))
    return tuple(sides)


@cache
def sizes_of(dimension: str, *sizes: int) -> list[Fraction]:
    """What the dimension may be, side by side, with these sizes for its letters in their order."""
    letters = dict(zip(letters_of(dimension), sizes))

    def number(word: str) -> int:
        return letters[word] if word.isalpha() else int(word)

    def value(sign: int, factors: list[str], divisor: str) -> Fraction:
        found = Fraction(sign, number(divisor))
        for factor in factors:
            found *= number(factor)
        return found

    return [sum(value(*term) for term in side) for side in terms(dimension)]


@cache
def dimensions(shape: str) -> tuple[str, ...]:
    """The dimensions of "(B, T)" as they are written."""
    return tuple(d.strip() for d in shape[1:-1].split(",") if d.strip())


@cache
def letters_of(text: str) -> tuple[str, ...]:
    """The letters of shapes, each once, in the order of the alphabet."""
    return tuple(sorted(set(re.findall(r"[A-Z]", text))))


def _is_size(dimension: str) -> bool:
    try:
        return bool(terms(dimension))
    except ValueError:
        return dimension == "..."


def is_shape(text: str) -> bool:
    return share_of_sizes(text) == 1


def share_of_sizes(text: str) -> float:
    """1 for "(B, T + 1)", 1/2 for "(B, time)", 0 for brackets around words or numbers alone."""
    good = [d for d in dimensions(text) if _is_size(d)]
    if "," not in text or not letters_of("".join(good)):
        return 0.0
    return len(good) / len(dimensions(text))


@cache
def shapes_in(text: str) -> tuple[str, ...]:
    """The shapes of "(B, T), twice (B, S)"."""
    found = re.findall(rf"(twice )?({SHAPE})", text)
    return tuple(shape for twice, shape in found for _ in range(2 if twice else 1))


def legend(docstring: str) -> set[str]:
    """The letters of "Shapes: B batch, K = d_k"; the paragraph ends at an empty line or "Word:"."""
    found = re.search(r"(?ms)^Shapes:(.*?)(?=^\w+:|\n\s*\n|\Z)", docstring)
    items = re.split(r"[,.;:]\s+", found[1].strip()) if found else []
    return {item[0] for item in items if re.match(r"[A-Z] \S", item)}


@dataclass(frozen=True)
class Note:
    """One thing that a file says of arrays."""

    line: int
    text: str  # "(B, T), (B, S)"
    function: int  # its number in the file
    place: str  # "value", "product 0", "arguments", "argument mask", "results", "docstring"

    def fits(self, arrays: tuple, letters: dict[str, int]) -> bool:
        """Whether arrays of such shapes are what it says, with these sizes for the letters."""
        shapes = shapes_in(self.text)
        if self.place in ("arguments", "docstring"):
            arrays = arrays[: len(shapes)]
        elif len(shapes) == 1:
            shapes = shapes * len(arrays)
        if not arrays or len(shapes) != len(arrays):
            return False
        return all(_fit(shape, array, letters) for shape, array in zip(shapes, arrays))


def _fit(shape: str, array: tuple[int, ...], letters: dict[str, int]) -> bool:
    wanted = dimensions(shape)
    if wanted[0] == "...":
        wanted = wanted[1:]
        array = array[max(0, len(array) - len(wanted)) :]
    if len(wanted) != len(array):
        return False
    return all(
        size in sizes_of(d, *(letters[x] for x in letters_of(d))) for d, size in zip(wanted, array)
    )


class Source:
    """A file with its notes; `faults` are those that are seen without a run."""

    def __init__(self, path: Path, name: str):
        self.path, self.name, text = path, name, path.read_text(encoding="utf-8")
        self.tree = ast.parse(text)
        self.legend = legend(ast.get_docstring(self.tree) or "")
        self.functions: list[ast.FunctionDef] = []
        self.parents: list[int | None] = []
        self.notes: list[Note] = []
        self.faults: list[str] = []
        self.beside: list[str] = []  # places of comments with a shape
        self._enter(self.tree, None)
        self.statements = dict(self._statements())
        lines, starts = text.splitlines(), {n.lineno: at for at, (n, _) in self.statements.items()}
        self.above = {  # lines with nothing but a comment -> the line of the statement after
            start - 1: at for start, at in starts.items() if lines[start - 2].lstrip()[:1] == "#"
        }
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                self._comment(token.start[0], token.string.removeprefix("#").strip())
        for number, function in enumerate(self.functions):
            self._docstring(number, function)

    def _enter(self, node: ast.AST, parent: int | None) -> None:
        for child in ast.iter_child_nodes(node):
            here = parent
            if isinstance(child, ast.FunctionDef):
                here = len(self.functions)
                self.functions.append(child)
                self.parents.append(parent)
            self._enter(child, here)

    def _statements(self) -> Iterator[tuple[int, tuple[ast.stmt, int]]]:
        """(line of its comment, (statement, function)) of statements that may have a shape."""
        for number, function in enumerate(self.functions):
            for line in range(function.lineno, function.body[0].lineno):
                yield line, (function, number)
            for node in own_nodes(function):
                if isinstance(node, ast.For):
                    yield node.lineno, (node, number)
                elif isinstance(node, VALUED):
                    yield node.end_lineno, (node, number)

    def _fault(self, line: int, words: str) -> None:
        self.faults.append(f"{self.name}:{line}: {words}")

    def _note(self, line: int, text: str, function: int, place: str) -> None:
        if strange := set(letters_of(text)) - self.legend:
            self._fault(line, f"{text}: the file's legend has no {', '.join(sorted(strange))}")
        self.notes.append(Note(line, text, function, place))

    def _comment(self, line: int, comment: str) -> None:
        match = COMMENT.fullmatch(comment)
        if line in self.above:
            self.statements[line] = self.statements[self.above[line]]
        if not any(share_of_sizes(found) >= 0.5 for found in re.findall(SHAPE, comment)):
            return
        self.beside.append(f"{self.name}:{line}")
        if not match or not all(map(is_shape, re.findall(SHAPE, match[1]))):
            self._fault(line, f"first the shape, then a colon and words: {comment}")
        elif line not in self.statements:
            self._fault(line, f"nothing here has a shape, or it ends elsewhere: {comment}")
        else:
            self._groups(line, re.split(r" ?-> ", match[1]), *self.statements[line])

    def _groups(self, line: int, groups: list[str], node: ast.stmt, function: int) -> None:
        if isinstance(node, ast.FunctionDef):
            places = ["arguments", "results"]
        else:
            inner = [f"product {i}" for i in range(len(list(products(node))))]
            places = [*inner[: len(groups) - 1], "value"]
        if len(groups) > len(places):
            self._fault(line, f"more arrows than products: {' -> '.join(groups)}")
        for group, place in zip(groups, places):
            if group:  # nothing is said of arguments by "-> (B, T)"
                self._note(line, group, function, place)

    def _docstring(self, number: int, function: ast.FunctionDef) -> None:
        line, text = function.body[0].lineno, " ".join((ast.get_docstring(function) or "").split())
        for found in re.findall(SHAPE, text):
            if 0.5 <= share_of_sizes(found) < 1:
                self._fault(line, f"{found} is nearly a shape: name its sizes by the legend")
        for pattern in (SIGNATURE, NAMED):
            for match in pattern.finditer(text):
                found = match.groupdict()
                name = found.pop("name", None)
                if name is not None and name not in argument_names(function):
                    continue
                if not all(map(is_shape, re.findall(SHAPE, match[0]))):
                    continue
                for place, group in found.items():
                    self._note(line, group, number, f"{place} {name}" if name else place)
                text = text.replace(match[0], "", 1)
        if rest := [found for found in re.findall(SHAPE, text) if is_shape(found)]:
            self._note(line, ", ".join(rest), number, "docstring")

    def bare(self) -> list[str]:
        """Products and reshapes whose shape is said neither beside them nor, where they are
        returned, of what the function returns. Without a legend, products alone."""
        places = (note.line for note in self.notes if note.line in self.statements)
        noted = {id(self.statements[line][0]) for line in places}
        returning = {n.function for n in self.notes if n.place in ("results", "docstring")}
        found = []
        for line, (node, function) in self.statements.items():
            if isinstance(node, ast.FunctionDef | ast.For) or id(node) in noted:
                continue
            if isinstance(node, ast.Return) and function in returning:
                continue
            if any(called(node, PRODUCTS | RESHAPES if self.legend else PRODUCTS)):
                found.append(f"{self.name}:{line}: no shape stands beside this product")
        return found


VALUED = ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Return | ast.Expr


def own_nodes(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """What stands in a function, but not in the functions inside it."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop(0)
        yield node
        if not isinstance(node, ast.FunctionDef):
            waiting += ast.iter_child_nodes(node)


def argument_names(function: ast.FunctionDef) -> list[str]:
    a = function.args
    found = [*a.posonlyargs, *a.args, *filter(None, [a.vararg]), *a.kwonlyargs]
    return [x.arg for x in found if x.arg not in ("self", "cls")]


def called(node: ast.AST, names: set[str]) -> Iterator[ast.AST]:
    """`a @ b` and calls of such names in a statement, in the order in which they are computed."""
    for child in () if isinstance(node, ast.Lambda) else ast.iter_child_nodes(node):
        yield from called(child, names)
    if isinstance(getattr(node, "op", None), ast.MatMult) or (
        isinstance(node, ast.Call) and getattr(node.func, "attr", None) in names
    ):
        yield node


def products(node: ast.AST) -> Iterator[ast.AST]:
    return called(node, PRODUCTS)
