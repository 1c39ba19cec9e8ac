"""Comparisons that a report may make, and time to a stated value."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from common import statistics
from common.reports import checks
from common.reports.results import COSTS, Results, summarise

Cell = tuple[str, str]  # (variant, hardware)


@dataclass(frozen=True)
class Compared:
    """right - left in the column's unit, with interval and two-sided p; n seeds on each side."""

    left: Cell
    right: Cell
    difference: float
    low: float
    high: float
    p: float
    n: int
    detectable: float | None = None  # paired comparisons only


def compare(results: Results, column: str, left: Cell, right: Cell) -> Compared | None:
    """Within a hardware paired by seed, within a version unpaired; UserError when crossed.

    None where a side has no value. Seeds that diverged on either side are left out of the pairs.
    """
    checks.check_crossed(left, right)
    if column in COSTS:
        checks.check_like(results.record(*left), results.record(*right))
    a, b = (results.values(variant, column, hardware) for variant, hardware in (left, right))
    if left[1] != right[1]:
        return _unpaired(left, right, list(a.values()), list(b.values()))
    shared = sorted(a.keys() & b.keys())
    if not shared:
        return None
    found = statistics.paired(
        [b[s] for s in shared],
        [a[s] for s in shared],
        seeds_a=shared,
        seeds_b=shared,
        names=(right[0], left[0]),
    )
    limits = (found.difference, found.low, found.high, found.p)
    return Compared(left, right, *limits, found.n, found.detectable)


def _unpaired(left: Cell, right: Cell, a: list[float], b: list[float]) -> Compared | None:
    if not (a and b):
        return None
    found = statistics.independent(b, a)
    limits = (found.difference, found.low, found.high, found.p)
    return Compared(left, right, *limits, min(len(a), len(b)))


def target(results: Results, hardware: str) -> float | None:
    """The validation value to which the versions of a hardware are timed.

    The worst final value of any seed of any version, rounded to four digits towards worse, so that
    every run reaches it; None if a run has none or fewer than two versions are there.
    """
    versions = results.versions(hardware)
    finals = [value for v in versions for value in finals_of(results.curve(v, hardware))]
    if len(versions) < 2 or not finals or any(math.isnan(value) for value in finals):
        return None
    lower = results.paper.metric.lower_is_better
    return _outwards(max(finals) if lower else min(finals), lower)


def finals_of(curve: pd.DataFrame) -> list[float]:
    """The last validation value of each seed; NaN where the last row has none."""
    return [rows["validation"].iloc[-1] for _, rows in curve.groupby("seed")]


def _outwards(value: float, up: bool) -> float:
    if value == 0:
        return 0.0
    decimals = 3 - math.floor(math.log10(abs(value)))
    scaled = value * 10.0**decimals
    return (math.ceil(scaled) if up else math.floor(scaled)) / 10.0**decimals


def time_to(
    results: Results, variant: str, hardware: str, value: float
) -> statistics.Summary | None:
    """Seconds of training until the validation value is first reached, over the seeds."""
    rows = results.curve(variant, hardware)
    lower = results.paper.metric.lower_is_better
    reached = rows[rows["validation"] <= value if lower else rows["validation"] >= value]
    seconds = reached.groupby("seed")["seconds"].min()
    return summarise(seconds) if len(seconds) == rows["seed"].nunique() else None
