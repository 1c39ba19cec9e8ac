"""What the templates of the pages over all papers are given."""

from __future__ import annotations

import re
from collections.abc import Iterable

from common.evidence import wording as verdicts
from common.reports import hardware, opening, provenance, style, tables, together
from common.reports.ladder import share
from common.reports.results import Results
from common.reports.story import Story, unit
from common.reports.text import NONE, Safe, Table, escape, finite, link, number, whole

MOST = 8  # rows of README's table
SHORT = 24  # characters of a paper's name there
ERAS = (  # the last year of each
    (1999, "Until 1999: counting and recurrence"),
    (2012, "2000 to 2012: the first neural language models"),
    (2016, "2013 to 2016: word vectors, attention, optimizers, subwords"),
    (2019, "2017 to 2019: the Transformer and pre-training"),
    (9999, "Since 2020: scale and alignment"),
)
LABEL = re.compile(r"[^\w .,:()+/'-]")  # what a mermaid label could trip over


def context(
    everything: dict[str, Results], stories: dict[str, Story], drawn: Iterable[str]
) -> dict:
    """Everything that index, deviations, hardware and results templates name."""
    ordered = sorted(everything.values(), key=lambda r: (r.paper.year, r.name))
    records = [record for results in ordered for record in results.records]
    return {
        "eras": eras(ordered, stories),
        "front": front(ordered, stories),
        "count": len(ordered),
        "mistakes": "mistakes.svg" in drawn,
        "lineage": lineage(ordered),
        "bugs": ladder(ordered, {"bug"}),
        "others": ladder(ordered, {"choice", "modernisation"}),
        "together": dict.fromkeys(filter(None, map(together.picture, ordered))),
        "machines": hardware.machines(records, link_papers=True),
        "cells": cells(ordered),
        "stand_ins": [r.name for r in ordered if provenance.stand_ins(r.records)],
    }


def eras(ordered: list[Results], stories: dict[str, Story]) -> list[tuple[str, Table]]:
    """(heading, a row per paper) of each era that has papers, oldest first."""
    header = ["Paper", "Year", "Model", "Baseline", "Newest version", "Claims", "Goals"]
    header += ["Bugs measured"]
    found: dict[str, list[list]] = {}
    for r in ordered:
        name = next(name for last, name in ERAS if r.paper.year <= last)
        title = link(r.paper.title, f"{r.name}.md")
        short = cells_of(r, stories[r.name])
        row = [title, r.paper.year, *short, claims(r), goals(r), _bugs(r)]
        found.setdefault(name, []).append(row)
    return [(name, Table(header, rows, right=(1, 7))) for name, rows in found.items()]


def front(ordered: list[Results], stories: dict[str, Story]) -> Table:
    """README's table: the papers with most claims decided, oldest first, a line each."""
    chosen = sorted(ordered, key=lambda r: (-_decided(r), r.paper.year, r.name))[:MOST]
    rows = []
    for r in sorted(chosen, key=lambda r: (r.paper.year, r.name)):
        title = link(
            unbroken(escape(style.label(stories[r.name].short, SHORT))), f"reports/{r.name}.md"
        )
        cells = [*cells_of(r, stories[r.name]), claims(r)]
        rows.append([title, r.paper.year, *map(unbroken, cells)])
    header = ["Paper", "Year", "Model", "Baseline", "Ours", "Claims"]
    return Table(header, rows, right=(1,))


def unbroken(text: Safe) -> Safe:
    """The text in one line, however narrow the table."""
    return Safe(text.replace(" ", "&nbsp;"))


def _decided(results: Results) -> int:
    counts = verdicts.tally(results.evidence.get("claims", []))
    return counts[verdicts.HELD] + counts[verdicts.NOT]


def cells_of(results: Results, story: Story) -> list[Safe]:
    """Model, simple baseline, and what the newest version gets, in few words."""
    if not results.versions():
        return [Safe(NONE), Safe(NONE), Safe("not run")]
    parts = filter(None, (story.model, opening.seconds(results)))
    model, baseline = Safe(", ".join(parts)), story.baseline
    if baseline is None:
        found = results.summary(opening.newest(results), results.paper.metric.name)
        ours = f"{number(found.mean, 3)} {unit(results.paper.metric.label)}" if found else NONE
        return [model, Safe(NONE), Safe(ours)]
    ours = f"{number(baseline.ours.mean, 3)} {unit(baseline.unit)}"
    name = escape(baseline.name)
    bold = f"**{number(baseline.value, 3)}**" if baseline.ahead else number(baseline.value, 3)
    return [model, Safe(f"{bold} ({name})"), Safe(f"**{ours}**" if baseline.beaten else ours)]


def claims(results: Results) -> Safe:
    """ "9 held · 1 not · 1 open"."""
    return Safe(verdicts.claims(verdicts.tally(results.evidence.get("claims", []))) or NONE)


def goals(results: Results) -> Safe:
    """ "4 met · 1 missed"."""
    return Safe(verdicts.goals(verdicts.tally(results.evidence.get("claims", []))) or NONE)


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
        (share(results, deviation["cost"]), results, deviation)
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
            *([d["kind"]] if len(kinds) > 1 else []),
            tables.with_unit(
                whole(tables.cost_of(d)), tables.measure(r) if finite(d["cost"]) else ""
            ),
            Safe(NONE if part is None else _percent(part)),
        ]
        for part, r, d in found
    ]
    header = ["Paper", "Deviation", "What the code does", *(["Kind"] if len(kinds) > 1 else [])]
    last = len(header)
    return Table([*header, "Cost", "Relative"], rows, (last, last + 1))


def _percent(part: float) -> str:
    """With its sign, unless it rounds to nothing."""
    shown = f"{part:+.1%}".replace("-", "−")
    return "0.0%" if shown[1:] == "0.0%" else shown


def cells(ordered: list[Results]) -> Table:
    """Every (hardware, paper, version) with its metric and costs, grouped by hardware."""
    rows = []
    for results in ordered:
        for place, version, metric, speed, _, timed, memory in hardware.cells(
            results, results.hardware
        ).rows:
            unit = tables.with_unit(metric, results.paper.metric.label)
            paper = link(results.name, f"{results.name}.md")
            counted = tables.with_unit(speed, f"{results.paper.counts}/s")
            rows.append([place, paper, version, unit, counted, timed, memory])
    header = ["Hardware", "Paper", "Version", "Metric", "Throughput", "Time to target, s"]
    rows.sort(key=lambda row: row[0])
    return Table([*header, "Peak memory, MiB"], rows, right=range(3, 7))
