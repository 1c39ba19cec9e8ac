"""The list of promises is true: each names a test, which exists and is expected to pass."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def promises() -> list[tuple[str, str]]:
    """(file, test) of every test that the list of promises names."""
    text = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
    return re.findall(r"`([\w/]+\.py)::(\w+)`", text)


def test_every_promise_names_a_test_that_exists():
    found = promises()
    assert len(found) > 30
    for file, test in found:
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        assert test in names, f"{file} has no {test}"


def test_no_promise_rests_on_a_test_that_is_expected_to_fail():
    for file, test in promises():
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        (found,) = (n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == test)
        marks = " ".join(map(ast.unparse, found.decorator_list))
        assert "xfail" not in marks and "mark.skip(" not in marks, f"{file}::{test}"


def test_every_row_of_the_promises_has_its_test():
    text = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ") and "---" not in line]
    bare = [row for row in rows if "::" not in row and not row.startswith("| promise")]
    assert bare == []
