"""Comparisons that a report may make, and time to a stated value."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from common.evidence import statistics
from common.reports import checks
from common.reports.results import COSTS, Results

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


@dataclass(frozen=True)
class Timed:
    """Seconds of training to a target: median over all `n` seeds, first and last that reach it."""

    median: float
    first: float
    last: float
    reached: int
    n: int


def target(results: Results, hardware: str) -> float | None:
    """The validation value to which the versions of a hardware are timed.

    The worst of the versions' median final values, rounded to four digits towards worse: most
    seeds of every version reach it, and a seed that went astray does not make it trivial. None if
    fewer than two versions are there or half the seeds of one end without a value.
    """
    versions = results.trained(hardware)
    if len(versions) < 2:
        return None
    curves = [results.curve(version, hardware) for version in versions]
    return worst_final(curves, results.paper.metric.lower_is_better)


def worst_final(curves: list[pd.DataFrame], lower_is_better: bool) -> float | None:
    """The worst of the curves' median final validation values, rounded towards worse."""
    sign = 1 if lower_is_better else -1
    worst = max(_median_final(curve, sign) for curve in curves)
    return _outwards(sign * worst, sign > 0) if math.isfinite(worst) else None


def _median_final(curve: pd.DataFrame, sign: int) -> float:
    """sign * final validation value, the worse median of the seeds; infinite without one."""
    finals = curve.groupby("seed")["validation"].agg(lambda column: column.iloc[-1])
    return sorted((sign * finals).fillna(math.inf))[len(finals) // 2]


def _outwards(value: float, up: bool) -> float:
    if value == 0:
        return 0.0
    decimals = 3 - math.floor(math.log10(abs(value)))
    scaled = round(value * 10.0**decimals, 6)  # 2.407 is not to become 2.408
    return (math.ceil(scaled) if up else math.floor(scaled)) / 10.0**decimals


def time_to(results: Results, variant: str, hardware: str, value: float) -> Timed | None:
    """When the validation value is first reached; None unless more than half the seeds do."""
    rows = results.curve(variant, hardware)
    if not len(rows):
        return None
    n = rows["seed"].nunique()
    lower = results.paper.metric.lower_is_better
    reached = rows[rows["validation"] <= value if lower else rows["validation"] >= value]
    seconds = sorted(reached.groupby("seed")["seconds"].min())
    if 2 * len(seconds) <= n:
        return None
    late = [*seconds, *[math.inf] * (n - len(seconds))]
    median = (late[(n - 1) // 2] + late[n // 2]) / 2
    return Timed(median, seconds[0], seconds[-1], len(seconds), n)
