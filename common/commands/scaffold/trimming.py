"""Python files cut down, and otherwise as they were written: entries of a list, definitions."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterable

HEADING = re.compile(r"# -- .* -+\n")  # over several definitions


def entries(text: str, name: str) -> list[ast.Call]:
    """The calls in the module's tuple or list of that name."""
    return [entry for entry in _list(text, name).elts if isinstance(entry, ast.Call)]


def given(entry: ast.Call, name: str) -> str:
    """The keyword's value where it is a plain text; `kind=EXACT` gives "exact" as well."""
    for keyword in entry.keywords:
        if keyword.arg == name:
            value = keyword.value
            return (
                str(value.value) if isinstance(value, ast.Constant) else ast.unparse(value).lower()
            )
    return ""


def keep_entries(text: str, name: str, wanted: Callable[[ast.Call], bool]) -> str:
    """The module with nothing but the wanted calls in that tuple or list."""
    lines, elements = text.splitlines(keepends=True), _list(text, name).elts
    if not elements:
        return text
    kept = [e for e in elements if isinstance(e, ast.Call) and wanted(e)]
    within = [line for e in kept for line in lines[e.lineno - 1 : e.end_lineno]]
    return "".join([*lines[: elements[0].lineno - 1], *within, *lines[elements[-1].end_lineno :]])


def drop_unused(texts: dict[str, str], files: Iterable[str], spared: Iterable[str]) -> None:
    """Cut definitions of these files that nothing in any of the texts names, again and again."""
    while True:
        code = [text for path, text in texts.items() if path.endswith(".py")]
        named = sum(map(_names, code), Counter())
        before = dict(texts)
        for path in files:
            texts[path] = _without(texts[path], named, set(spared))
        if texts == before:
            return


def without_lines(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Cut spans of lines, numbered from 1, both ends included."""
    gone = {number for first, last in spans for number in range(first, last + 1)}
    lines = text.splitlines(keepends=True)
    return "".join(line for number, line in enumerate(lines, 1) if number not in gone)


def _list(text: str, name: str) -> ast.Tuple | ast.List:
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and name in _defined(node):
            assert isinstance(node.value, ast.Tuple | ast.List), name
            return node.value
    return ast.Tuple(elts=[])


def _names(code: str | ast.AST) -> Counter[str]:
    """How often each name is read, imported or written as a text."""
    found: Counter[str] = Counter()
    for node in ast.walk(ast.parse(code) if isinstance(code, str) else code):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            found[node.id] += 1
        elif isinstance(node, ast.Attribute):
            found[node.attr] += 1
        elif isinstance(node, ast.ImportFrom):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found[node.value] += 1
    return found


def _without(text: str, named: Counter[str], spared: set[str]) -> str:
    lines, spans = text.splitlines(), []
    for node in ast.parse(text).body:
        defined = _defined(node)
        own = _names(node)
        if defined and not defined & spared and all(named[n] <= own[n] for n in defined):
            first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
            while lines[first - 2].startswith("#") and not HEADING.match(lines[first - 2] + "\n"):
                first -= 1
            spans.append((first, node.end_lineno))
    return _tidy(without_lines(text, spans)) if spans else text


def _defined(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Assign):
        return {n.id for t in node.targets for n in ast.walk(t) if isinstance(n, ast.Name)}
    return set()


def _tidy(text: str) -> str:
    """No heading over nothing, and never more than two empty lines."""
    text = re.sub(rf"{HEADING.pattern}(?=\s*(?:# -- |\Z))", "", text)
    return re.sub(r"\n{4,}", "\n\n\n", text).rstrip("\n") + "\n"


def folded(text: str, width: int) -> str:
    """The module with docstrings and comments of their own lines folded to the width."""
    prose = {
        n for first, last in map(_docstring, ast.walk(ast.parse(text))) for n in range(first, last)
    }
    lines = []
    for number, line in enumerate(text.splitlines(), 1):
        while len(line) > width and (number in prose or line.lstrip().startswith("# ")):
            begins = re.match(r"\s*(# )?", line)
            margin = begins[0] if begins else ""
            cut = line.rfind(" ", len(margin), width + 1)
            if cut < 0:
                break
            lines.append(line[:cut])
            line = margin + line[cut + 1 :]
        lines.append(line)
    return "".join(f"{line}\n" for line in lines)


def _docstring(node: ast.AST) -> tuple[int, int]:
    """The lines of a node's docstring, as a range."""
    holders = (ast.Module, ast.ClassDef, ast.FunctionDef)
    if isinstance(node, holders) and ast.get_docstring(node) is not None:
        return node.body[0].lineno, (node.body[0].end_lineno or 0) + 1
    return 0, 0
