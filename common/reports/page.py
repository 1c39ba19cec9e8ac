"""What the template of a paper's page is given."""

from __future__ import annotations

from collections.abc import Iterable

from common.evidence.outcomes import SEEDS
from common.reports import compare, hardware, longer, provenance, sizes, tables, together
from common.reports.opening import opening
from common.reports.results import Results
from common.reports.story import Story
from common.reports.text import Safe, code, escape, link

ALTS = {
    "versions": "final metric of each version with its seeds and 95% interval",
    "curves": "learning curves over steps, seconds and tokens",
    "sizes": "final metric of the version and of each size over training compute",
    "costs": "throughput, time to the target and peak memory of each version",
    "claims": "forest plot of the direction claims",
    "ladder": "cost of each deviation with its 95% interval",
    "hardware": "metric and throughput of each version by hardware",
}


def context(results: Results, story: Story, figures: Iterable[str]) -> dict:
    """Everything that paper.md.j2 names."""
    shared = {
        "name": results.name,
        "paper": results.paper,
        "paper_link": link("the paper", results.paper.url),
        "relations": relations(results),
        "primary": results.primary,
        "measured": bool(results.versions()),
        "figure": _figures(results.name, set(figures)),
        "stand_ins": provenance.stand_ins(results.records),
        "datasets": results.records[0].datasets if results.records else {},
        "versions": tables.versions(results),
        "named": results.versions() != results.numbered(),
    }
    if not results.versions():
        return shared
    told = {"opening": opening(results, story), "baseline": story.baseline}
    return shared | told | _measured(results) | _evidence(results)


def relations(results: Results) -> Safe:
    """Links to the other sources and to the papers that this one builds on."""
    also = [link(title, url) for title, url in results.paper.also.items()]
    cites = [link(cited, f"{cited}.md") for cited in results.paper.cites]
    parts = [(" Also: ", also), (" Builds on ", cites)]
    return Safe("".join(start + ", ".join(links) + "." for start, links in parts if links))


def _measured(results: Results) -> dict:
    primary = results.primary
    newest = results.record((results.numbered() or results.versions())[-1])
    return {
        "trained": results.trained(),
        "phases": phases(results),
        "steps": tables.steps(results),
        "metrics": tables.metrics(results),
        "sizes": sizes.table(results),
        "sizes_on": sizes.place(results),
        "longer": longer.table(results),
        "together": together.picture(results),
        "costs": tables.costs(results, primary),
        "target": compare.target(results, primary),
        "measure": tables.measure(results),
        "config": tables.config(results),
        "profile": newest.profile,
        "machines": hardware.machines(results.records),
        "cells": hardware.cells(results, results.hardware[1:]),
        "within_hardware": hardware.within_hardware(results),
        "within_version": hardware.within_version(results),
        "refusals": hardware.refusals(results),
        "hardware": results.hardware,
        "samples": provenance.samples(results),
        "records": provenance.records(results),
        "environments": provenance.environments(results),
        "details": provenance.details(results),
    }


def phases(results: Results) -> Safe:
    """Which version was trained in which phases, in a sentence; "" where none was."""
    told = []
    for version in results.trained():
        names = [code(curve.phase) for curve in results.record(version).seeds[0].curves]
        if len(names) > 1:
            told.append(f"{code(version)} was trained in phases: {', then '.join(names)}.")
    told += ["What the earlier phases validate may be another measure."] * bool(told)
    return Safe(" ".join(told))


def _evidence(results: Results) -> dict:
    claims = results.evidence.get("claims", [])
    deviations = results.evidence.get("deviations", [])
    return {
        "claims": tables.claims(results),
        "goals": tables.claims(results, own=True),
        "reasons": _reasons(claims),
        **_tested(claims),
        "predicted": any(claim["kind"] == "prediction" for claim in claims),
        "deviations": tables.deviations(results),
        "sources": [(d["title"], _told(d)) for d in deviations if _told(d)],
    }


def _tested(claims: list[dict]) -> dict[str, Safe]:
    """What direction claims are tested on, in the words of this page."""
    over = tables.pairs_of(claims) or [SEEDS]
    parts = ["pairs of runs with the same seed"] if SEEDS in over else []
    if others := [escape(words) for words in over if words != SEEDS]:
        parts.append(f"pairs of values on the same {' or '.join(others)}")
    largest = max((c["n"] for c in claims if c["kind"] == "direction" and c["n"]), default=0)
    return {
        "pairs": Safe(", or on ".join(parts)),
        "counted": Safe("seeds" if over == [SEEDS] else "pairs"),
        "an_interval": Safe("a BCa interval" + (" (Student's beyond 500)" * (largest > 500))),
    }


def _reasons(claims: list[dict]) -> list[tuple[Safe, str]]:
    """(the claims, what is to be said of them): a note that several share is given once."""
    notes: dict[str, list[Safe]] = {}
    for claim in claims:
        if claim["reason"]:
            notes.setdefault(claim["reason"], []).append(escape(claim["sentence"]))
    return [(Safe(" ".join(sentences)), reason) for reason, sentences in notes.items()]


def _told(deviation: dict) -> str:
    note = deviation["note"].removeprefix("not trained").removeprefix(". ")
    return ". ".join(filter(None, (deviation["source"].rstrip("."), note)))


def _figures(name: str, drawn: set[str]) -> dict[str, Safe]:
    """Kind of figure -> markdown image, "" for one that was not drawn."""
    return {
        kind: Safe(f"![{name}: {alt}](figures/{name}-{kind}.svg)")
        if f"{name}-{kind}.svg" in drawn
        else Safe("")
        for kind, alt in ALTS.items()
    }
