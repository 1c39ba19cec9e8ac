"""References: numbers in hand-written prose, taken from the results or checked against them.

In a template (`papers/<p>/story.md.j2`): `{{ result("version2.bits_per_character.mean") }}`.
In plain markdown (`papers/<p>/README.md`), where the number must stand in the text:
`<!-- result version2.bits_per_character.mean -->2.051<!-- end -->`; the check compares it.
Keys: `<variant>.<metric>.<mean|low|high|interval|n>`, another hardware's as
`<hardware>/<variant>...`; `<variant>.config.<parameter>`; `claim.<id>.<verdict|value|...>`;
`deviation.<id>.<cost|...>`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from common.errors import UserError, nearest
from common.reports.results import COSTS, Results
from common.reports.tables import flat
from common.reports.text import Safe, difference, escape, finite, interval, number, p_value

MARK = re.compile(r"<!--\s*result\s+(?P<key>\S+)\s*-->(?P<text>.*?)<!--\s*end\s*-->", re.DOTALL)
CLAIM = ("verdict", "value", "low", "high", "n", "adjusted_p", "detectable", "expected", "reason")
DEVIATION = ("cost", "low", "high", "n", "adjusted_p")


def references(results: Results) -> dict[str, Safe]:
    """Every key with its text, numbers rounded as in the tables."""
    found: dict[str, Safe] = {}
    for record in results.records:
        place = record.hardware.name
        prefixes = [f"{place}/"] + ([""] if place == results.primary else [])
        for parameter, value in flat(record.config).items():
            text = _text(parameter, value)
            found |= {f"{p}{record.variant}.config.{parameter}": text for p in prefixes}
        for column in (*results.metrics(), *COSTS):
            texts = _summary(results, record.variant, column, place)
            for prefix in prefixes:
                start = f"{prefix}{record.variant}.{column}"
                found |= {f"{start}.{part}": text for part, text in texts.items()}
    for kind, rows, columns, main in _evidence(results):
        for row in rows:
            start = f"{kind}.{row['id']}"
            found |= {f"{start}.{column}": _text(column, row[column]) for column in columns}
            found[f"{start}.interval"] = _interval(kind, row, main)
    return found


def _summary(results: Results, variant: str, column: str, place: str) -> dict[str, Safe]:
    summary = results.summary(variant, column, place)
    if summary is None:
        return {}
    mean, low, high = summary.mean, summary.low, summary.high
    whole = interval(mean, low, high)
    ends = re.findall(r"[^\s\[\],]+(?:,\d{3}[\d.]*)*", whole)
    texts = dict(zip(("mean", "low", "high"), map(Safe, ends))) if "[" in whole else {"mean": whole}
    return {**texts, "interval": whole, "n": Safe(summary.n)}


def _evidence(results: Results) -> list[tuple]:
    claims = results.evidence.get("claims", [])
    deviations = results.evidence.get("deviations", [])
    return [
        ("claim", claims, CLAIM, "value"),
        ("deviation", deviations, DEVIATION, "cost"),
    ]


def _interval(kind: str, row: dict, main: str) -> Safe:
    show = interval if kind == "claim" else difference
    if row["kind"] == "prediction":
        main = "expected"
    return show(row[main], row["low"], row["high"]) if finite(row[main]) else escape(row[main])


def _text(column: str, value: Any) -> Safe:
    if column == "adjusted_p":
        return p_value(value)
    return number(value) if finite(value) or value is None else escape(value)


def resolver(results: Results) -> Callable[[str], Safe]:
    """`result(key)` for templates. UserError names an unknown key and the nearest known one."""
    known = references(results)

    def result(key: str) -> Safe:
        if key not in known:
            close = nearest(key, known) if len(known) < 2000 else ""
            hint = close if close.startswith(" Did") else ""
            raise UserError(f"{results.name}: no result {key!r}.{hint}")
        return known[key]

    return result


def stale(results: Results, text: str, label: str) -> list[str]:
    """A sentence for each reference in markdown that is unknown or no longer what it says."""
    result, problems = resolver(results), []
    for found in MARK.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        try:
            current = result(found["key"])
        except UserError as error:
            problems.append(f"{label}:{line}: {error}")
            continue
        if found["text"].strip() != current:
            old = " ".join(found["text"].split())
            problems.append(f"{label}:{line}: {found['key']} says {old!r}, now it is '{current}'.")
    return problems
