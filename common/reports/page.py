"""What the template of a paper's page is given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from common.reports import compare, hardware, provenance, tables
from common.reports.results import Results
from common.reports.text import Safe, code, escape, link, number, plural

ALTS = {
    "versions": "final metric of each version with its seeds and 95% interval",
    "curves": "learning curves over steps, seconds and tokens",
    "costs": "throughput, time to the target and peak memory of each version",
    "claims": "forest plot of the direction claims",
    "ladder": "cost of each deviation with its 95% interval",
    "hardware": "metric and throughput of each version by hardware",
}


def context(results: Results, figures: Iterable[str]) -> dict:
    """Everything that paper.md.j2 names."""
    shared = {
        "name": results.name,
        "paper": results.paper,
        "title_link": link(results.paper.title, results.paper.url),
        "relations": relations(results),
        "primary": results.primary,
        "measured": bool(results.versions()),
        "figure": _figures(results.name, set(figures)),
        "stand_ins": provenance.stand_ins(results.records),
        "dataset": results.records[0].dataset if results.records else None,
        "versions": tables.versions(results),
        "named": results.versions() != results.numbered(),
    }
    if not results.versions():
        return shared
    return shared | _measured(results) | _evidence(results)


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
        "summary": summary(results),
        "steps": tables.steps(results),
        "metrics": tables.metrics(results),
        "costs": tables.costs(results, primary),
        "target": compare.target(results, primary),
        "measure": tables.measure(results),
        "config": tables.config(results),
        "profile": newest.profile,
        "machines": hardware.machines(results.records),
        "cells": hardware.cells(results),
        "within_hardware": hardware.within_hardware(results),
        "within_version": hardware.within_version(results),
        "refusals": hardware.refusals(results),
        "hardware": results.hardware,
        "samples": provenance.samples(results),
        "records": provenance.records(results),
        "environments": provenance.environments(results),
        "details": provenance.details(results),
    }


def _evidence(results: Results) -> dict:
    claims = results.evidence.get("claims", [])
    deviations = results.evidence.get("deviations", [])
    return {
        "claims": tables.claims(results),
        "findings": [c for c in claims if c["finding"]],
        "reasons": [c for c in claims if c["reason"]],
        "deviations": tables.deviations(results),
        "sources": [(d["title"], _told(d)) for d in deviations if _told(d)],
    }


def _told(deviation: dict) -> str:
    return ". ".join(filter(None, (deviation["source"], deviation["note"])))


def _figures(name: str, drawn: set[str]) -> dict[str, Safe]:
    """Kind of figure -> markdown image, "" for one that was not drawn."""
    return {
        kind: Safe(f"![{name}: {alt}](figures/{name}-{kind}.svg)")
        if f"{name}-{kind}.svg" in drawn
        else Safe("")
        for kind, alt in ALTS.items()
    }


def summary(results: Results) -> Safe:
    """The page's first sentence: how many versions, seeds, hardwares, and what is best."""
    seeds = len(results.record(results.versions()[-1]).seeds)
    numbered, others = results.numbered(), len(results.versions()) - len(results.numbered())
    parts = [plural(len(numbered), "version"), f"{plural(seeds, 'seed')} each"]
    if others:
        parts.insert(1, plural(others, "variant with a name of its own"))
    best = results.best()
    if best:
        found = tables.shown(results.summary(best, results.paper.metric.name))
        parts.append(f"best: {code(best)} with {found} {escape(results.paper.metric.label)}")
    claims = f" Verdicts: {escape(counts(results))}." if counts(results) else ""
    return Safe(", ".join(parts) + f", on {code(results.primary)}.{claims}")


def counts(results: Results) -> str:
    """ "reproduced: 3, inconclusive: 1; our own goals: reproduced: 1", always in one order."""
    claims = results.evidence.get("claims", [])
    parts = [
        start
        + ", ".join(f"{verdict}: {number(n)}" for verdict, n in sorted(found.items(), key=_rank))
        for start, own in (("", False), ("our own goals: ", True))
        if (found := Counter(claim["verdict"] for claim in claims if claim["own"] is own))
    ]
    return "; ".join(parts)


VERDICTS = ("holds", "equal", "reproduced", "not", "does not follow", "inconclusive", "too few")


def _rank(counted: tuple[str, int]) -> tuple[int, str]:
    starts = [i for i, start in enumerate(VERDICTS) if counted[0].startswith(start)]
    return (*starts, len(VERDICTS))[0], counted[0]
