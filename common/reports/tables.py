"""The tables of a paper's page: results in, `Table`s out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from statistics import median

from common.evidence import wording as verdicts
from common.evidence.outcomes import SEEDS
from common.evidence.statistics import Summary
from common.reports import checks, compare
from common.reports.results import Results
from common.reports.text import (
    NONE,
    Safe,
    Table,
    below,
    code,
    difference,
    escape,
    finite,
    interval,
    number,
    p_value,
    signed,
    whole,
)


def shown(summary: Summary | None) -> Safe:
    """Mean and interval of a summary, a dash for none."""
    return whole(interval(summary.mean, summary.low, summary.high)) if summary else Safe(NONE)


def measure(results: Results) -> str:
    """The metric's label without a note at its end such as "(test)": also fits validation."""
    return re.sub(r"\s*\([^()]*\)$", "", results.paper.metric.label)


def versions(results: Results) -> Table:
    """Each version's one line and its metric on the primary hardware."""
    metric = results.paper.metric
    measured = results.versions()
    rows = []
    for name, line in results.paper.versions.items():
        found = results.summary(name, metric.name) if name in measured else None
        middle = number(median(found.values)) if found else NONE
        n = _seeds(results, name) if name in measured else Safe("not run")
        bold = Safe(f"**{name}**") if name == results.best() else name
        rows.append([bold, line, shown(found), middle, n])
    header = ["Version", "What it is", metric.label, "Median", "Seeds"]
    return Table(header, rows, right=(2, 3, 4))


def _seeds(results: Results, variant: str, hardware: str = "") -> Safe:
    n = len(results.record(variant, hardware).seeds)
    diverged = results.diverged(variant, hardware)
    return Safe(f"{n} ({diverged} diverged)" if diverged else str(n))


def steps(results: Results) -> Table:
    """Each version against the one before it, paired by seed on the primary hardware."""
    pairs = list(zip(results.numbered(), results.numbered()[1:]))
    rows = [_comparison(results, (a, results.primary), (b, results.primary)) for a, b in pairs]
    label = f"Difference, {results.paper.metric.label}"
    header = ["Comparison", label, "p", "Smallest detectable", "Pairs"]
    return Table(header, [row for row in rows if row], right=(1, 2, 3, 4))


def _comparison(results: Results, left: compare.Cell, right: compare.Cell) -> list | None:
    found = compare.compare(results, results.paper.metric.name, left, right)
    if found is None:
        return None
    name = Safe(f"{code(right[0])} − {code(left[0])}")
    change = difference(found.difference, found.low, found.high)
    return [name, change, p_value(found.p), number(found.detectable, 2), found.n]


def metrics(results: Results) -> Table:
    """The metrics beside the paper's own, a column per version."""
    names = results.versions()
    rows = [
        [escape(metric.replace("_", " ")), *(shown(results.summary(v, metric)) for v in names)]
        for metric in results.metrics()[1:]
    ]
    return Table(["Metric", *names], rows, right=range(1, len(names) + 1))


def costs(results: Results, hardware: str) -> Table:
    """Throughput, time to the target and peak memory; timings of unlike hosts are left out."""
    versions = results.versions(hardware)
    refused = checks.unlike_hosts([results.record(v, hardware) for v in versions])
    target = compare.target(results, hardware)
    rows = []
    for version in versions:
        timed = None if target is None else compare.time_to(results, version, hardware, target)
        speed = results.summary(version, "tokens_per_second", hardware)
        seconds = results.summary(version, "seconds", hardware)
        seconds = seconds if seconds and seconds.mean else None  # nothing was learned from
        timings = (
            [Safe("refused")] * 3 if refused else [shown(speed), reached(timed), shown(seconds)]
        )
        memory = shown(results.summary(version, "peak_memory_mib", hardware))
        rows.append([version, *timings, memory])
    reach = "Time to target, s" if target is None else f"Median time to {number(target)}, s"
    header = ["Version", throughput(results), reach, "Training, s", "Peak memory, MiB"]
    return Table(header, rows, right=range(1, 5))


def throughput(results: Results) -> str:
    """The column's name: what a second is counted in."""
    return f"{results.paper.counts.capitalize()}/s"


def reached(timed: compare.Timed | None) -> Safe:
    """Median time, and how many seeds got there where not all did."""
    if timed is None:
        return Safe(NONE)
    some = "" if timed.reached == timed.n else f" ({timed.reached} of {timed.n} seeds)"
    return Safe(number(timed.median, 3) + some)


def config(results: Results) -> Table:
    """Parameters that were run otherwise than by default, per version on the primary hardware."""
    versions = results.versions()
    ran = {v: flat(results.record(v).config) for v in versions}
    wrote = {v: flat(results.record(v).paper_config) for v in versions}
    names = dict.fromkeys(name for v in versions for name in [*wrote[v], *ran[v]])
    rows = []
    for name in names:
        cells = [_run_for(name, wrote[v], ran[v]) for v in versions]
        if any("→" in cell for cell in cells):
            rows.append([code(name), *cells])
    return Table(["Parameter", *versions], rows)


def _run_for(name: str, wrote: dict, ran: dict) -> Safe:
    if name not in wrote and name not in ran:
        return Safe(NONE)
    paper, run = wrote.get(name, NONE), ran.get(name, NONE)
    if paper == run:
        return escape(_plain(run))
    return Safe(f"{escape(_plain(paper))} → **{escape(_plain(run))}**")


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else "none" if value is None else str(value)


def flat(config: dict, prefix: str = "") -> dict[str, object]:
    """{"train": {"steps": 5}} -> {"train.steps": 5}."""
    found: dict[str, object] = {}
    for key, value in config.items():
        if isinstance(value, dict):
            found |= flat(value, f"{prefix}{key}.")
        else:
            found[f"{prefix}{key}"] = value
    return found


def claims(results: Results, own: bool = False) -> Table:
    """Each claim of the paper, or each goal of our own, with its verdict and what was measured."""
    listed = [c for c in results.evidence.get("claims", []) if c["own"] is own]
    by_seeds = set(pairs_of(listed)) <= {SEEDS}
    rows = []
    for claim in listed:
        rows.append(
            [
                Safe(f"{escape(claim['sentence'])}{_below(claim)}"),
                verdict(claim),
                measured(claim),
                p_value(claim["adjusted_p"]),
                NONE if claim["n"] is None else claim["n"] if by_seeds else _over(claim),
            ]
        )
    last = "Seeds" if by_seeds else "Over"
    header = ["Goal" if own else "Claim", "Verdict", "Measured", "p (Holm)", last]
    return Table(header, rows, right=(2, 3, 4))


def pairs_of(claims: Iterable[dict]) -> list[str]:
    """What direction claims were judged over, each once: "seeds", "documents", ..."""
    over = (claim.get("over") or SEEDS for claim in claims if claim["kind"] == "direction")
    return sorted(set(over), key=lambda words: (words != SEEDS, words))


def _over(claim: dict) -> Safe:
    """ "312 documents", in one line."""
    told = verdicts.counted(claim["n"], claim.get("over"))
    return Safe(escape(told).replace(" ", "&nbsp;"))


def _below(claim: dict) -> Safe:
    """Where the claim stands and, for a direction, which side should be better."""
    parts = [] if claim["own"] else [claim["place"]]
    if claim["kind"] == "direction" and claim["expected"]:
        parts.append(claim["expected"])
    return below(escape("; ".join(parts))) if parts else Safe("")


def measured(claim: dict) -> Safe:
    """What was measured, beside what was expected where that is a number or a phrase."""
    value = claim["value"]
    if value is None:
        return Safe(NONE)
    if claim["kind"] == "prediction":
        told = whole(interval(claim["expected"], claim["low"], claim["high"]))
        return Safe(f"{with_unit(number(value), claim['unit'])} (predicted: {told})")
    if claim["kind"] == "equivalence":
        return Safe(f"worst error {number(value, 2)}, tolerance {number(claim['expected'], 2)}")
    if isinstance(value, bool):
        return Safe("it is so" if value else "it is not so")
    if isinstance(value, str):
        shown = escape(value)
    else:
        shown = with_unit(whole(interval(value, claim["low"], claim["high"])), claim["unit"])
    if claim["kind"] == "direction":
        least = number(claim["detectable"], 2)
        known = verdicts.summed(claim) != verdicts.OPEN or least == NONE
        return shown if known else Safe(f"{shown} (detectable: {least})")
    expected = claim["expected"]
    if expected in (None, "") or expected == value:
        return shown
    told = number(expected) if finite(expected) and expected is not True else escape(expected)
    return Safe(f"{shown} ({'goal' if claim['own'] else 'paper'}: {told})")


def verdict(claim: dict) -> Safe:
    """A verdict, in bold where the evidence decided."""
    text = escape(verdicts.told(claim))
    return text if verdicts.summed(claim) == verdicts.OPEN else Safe(f"**{text}**")


def with_unit(figure: Safe, unit: str | None) -> Safe:
    return Safe(f"{figure} {escape(unit)}") if unit and figure != NONE else figure


def deviations(results: Results) -> Table:
    """The bug ladder, costliest first; those that were not trained at the end."""
    rows = [_deviation(d) for d in sorted(results.evidence.get("deviations", []), key=by_cost)]
    header = ["Deviation", "The paper says", "The code does", f"Cost, {measure(results)}"]
    return Table([*header, "p (Holm)", "Seeds"], rows, right=(3, 4, 5))


def by_cost(deviation: dict) -> tuple:
    """Sort key: costliest first, unmeasured last, then by id."""
    cost = deviation["cost"]
    return (cost is None, -(cost or 0.0), deviation["id"])


def cost_of(deviation: dict) -> Safe:
    """Cost with interval, or why there is none."""
    if deviation["cost"] is None:
        return escape(deviation["note"].partition(". ")[0] or "not measured here")
    return difference(deviation["cost"], deviation["low"], deviation["high"])


def _costs(deviation: dict) -> Safe:
    """Cost, and the median of the seeds' differences: far from it where a seed or two carry it."""
    cost, median = cost_of(deviation), deviation["median"]
    if median is None:
        return cost
    middle = signed(median, deviation["low"], deviation["high"])
    return Safe(f"{whole(cost)}{below(Safe(f'median {middle}'))}")


def _lived(d: dict) -> str:
    """In which versions a deviation is; some documented bugs are in none of ours."""
    if not d["introduced"]:
        return "in no version here"
    return escape(
        f"{d['introduced']} to {d['fixed']}" if d["fixed"] else f"since {d['introduced']}"
    )


def _deviation(d: dict) -> list:
    told = f"{escape(d['kind'])}, {_lived(d)}; {escape(d['place'])}"
    name = Safe(f"**{escape(d['title'])}**{below(Safe(told))}")
    n = NONE if d["n"] is None else d["n"]
    return [name, d["paper_says"], d["code_does"], _costs(d), p_value(d["adjusted_p"]), n]
