"""What the templates of the pages over all papers are given."""

from __future__ import annotations

import re

from common.reports import hardware, page, tables
from common.reports.results import Results
from common.reports.text import NONE, Safe, Table, code, escape, finite, link

LABEL = re.compile(r"[^\w .,:()+/'-]")  # what a mermaid label could trip over


def context(everything: dict[str, Results]) -> dict:
    """Everything that index, deviations, hardware and results templates name."""
    ordered = sorted(everything.values(), key=lambda r: (r.paper.year, r.name))
    records = [record for results in ordered for record in results.records]
    return {
        "papers": papers(ordered, ""),
        "root_papers": papers(ordered, "reports/"),
        "lineage": lineage(ordered),
        "bugs": ladder(ordered, {"bug"}),
        "others": ladder(ordered, {"choice", "modernisation"}),
        "machines": hardware.machines(records, link_papers=True),
        "cells": cells(ordered),
        "stand_ins": [r.name for r in ordered if any(x.dataset.stand_in_for for x in r.records)],
    }


def papers(ordered: list[Results], folder: str) -> Table:
    """One row per paper; links start with `folder`."""
    rows = [
        [
            link(r.paper.title, f"{folder}{r.name}.md"),
            r.paper.year,
            len(r.paper.numbered),
            _best(r),
            page.counts(r) or NONE,
            _bugs(r),
            Safe("<br>".join(map(code, r.hardware)) or NONE),
        ]
        for r in ordered
    ]
    header = ["Paper", "Year", "Versions", "Best result", "Claims", "Bugs costed", "Hardware"]
    return Table(header, rows, right=(1, 2, 5))


def _best(results: Results) -> Safe:
    best = results.best()
    if not best:
        return Safe("not run")
    metric = results.paper.metric
    found = tables.shown(results.summary(best, metric.name))
    return Safe(f"{best}: {found} {escape(metric.label)}")


def _bugs(results: Results) -> str:
    bugs = [d for d in results.evidence.get("deviations", []) if d["kind"] == "bug"]
    measured = sum(d["cost"] is not None for d in bugs)
    return f"{measured} of {len(bugs)}" if bugs else NONE


def lineage(ordered: list[Results]) -> Safe:
    """The citation graph as mermaid: an arrow from the cited paper to the one that builds on it."""
    number_of = {results.name: i for i, results in enumerate(ordered)}
    lines = ["graph LR"]
    for results in ordered:
        title = " ".join(LABEL.sub(" ", results.paper.title).split())[:60]
        label = f"{results.name}: {title} ({results.paper.year})"
        lines.append(f'  p{number_of[results.name]}["{label}"]')
    for results in ordered:
        cited = [c for c in results.paper.cites if c in number_of]
        lines += [f"  p{number_of[c]} --> p{number_of[results.name]}" for c in cited]
    return Safe("```mermaid\n" + "\n".join(lines) + "\n```")


def ladder(ordered: list[Results], kinds: set[str]) -> Table:
    """Deviations of all papers by cost, as a share of the newest version's mean metric."""
    found = [
        (_share(results, deviation), results, deviation)
        for results in ordered
        for deviation in results.evidence.get("deviations", [])
        if deviation["kind"] in kinds
    ]
    found.sort(key=lambda row: (row[0] is None, -(row[0] or 0.0), row[1].name, row[2]["id"]))
    rows = [
        [
            link(r.name, f"{r.name}.md#deviations"),
            d["title"],
            d["code_does"],
            d["kind"],
            tables.with_unit(tables.cost_of(d), r.paper.metric.label if finite(d["cost"]) else ""),
            Safe(NONE if share is None else f"{share:+.1%}".replace("-", "−")),
        ]
        for share, r, d in found
    ]
    return Table(
        ["Paper", "Deviation", "What the code does", "Kind", "Cost", "Relative"], rows, (4, 5)
    )


def _share(results: Results, deviation: dict) -> float | None:
    """Cost over the newest version's mean, whose unit it has; None where not measured."""
    versions = results.numbered()
    newest = results.summary(versions[-1], results.paper.metric.name) if versions else None
    if not finite(deviation["cost"]) or newest is None or not newest.mean:
        return None
    return deviation["cost"] / abs(newest.mean)


def cells(ordered: list[Results]) -> Table:
    """Every (hardware, paper, version) with its metric and costs, grouped by hardware."""
    rows = []
    for results in ordered:
        for place, version, metric, speed, _, timed, memory in hardware.cells(results).rows:
            unit = tables.with_unit(metric, results.paper.metric.label)
            paper = link(results.name, f"{results.name}.md")
            counted = tables.with_unit(speed, f"{results.paper.counts}/s")
            rows.append([place, paper, version, unit, counted, timed, memory])
    header = ["Hardware", "Paper", "Version", "Metric", "Throughput", "Time to target, s"]
    rows.sort(key=lambda row: row[0])
    return Table([*header, "Peak memory, MiB"], rows, right=range(3, 7))
