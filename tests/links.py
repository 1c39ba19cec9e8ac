"""The links of a page of documentation, and whether they lead somewhere."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path


def anchors(page: Path) -> set[str]:
    """As a code host makes them of headings."""
    titles = re.findall(r"(?m)^#+ (.+)$", page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@cache
def defined(file: Path) -> set[str]:
    """Names of the functions and classes of a Python file."""
    nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}


def astray(page: Path) -> list[str]:
    """A sentence for each local link to a file, a heading or a definition that is not there."""
    text = re.sub(r"(?ms)^ *```.*?^ *```", "", page.read_text(encoding="utf-8"))
    links = re.findall(r"\[([^\]]*)\]\((?!https?:)([^)\s]+)\)", text)
    found = [(target, _fault(page, label, target)) for label, target in links]
    return [f"{page.name} links to {target}, which {fault}" for target, fault in found if fault]


def _fault(page: Path, label: str, target: str) -> str:
    place, _, anchor = target.partition("#")
    file = page.parent / place if place else page
    if not file.exists():
        return "is not there"
    if anchor and anchor not in anchors(file):
        return "has no such heading"
    if file.suffix == ".py" and "`" in label:
        lacking = sorted(set(re.findall(r"`(\w+)`", label)) - defined(file.resolve()))
        return f"has no {', '.join(lacking)}" if lacking else ""
    return ""
