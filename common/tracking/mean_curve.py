"""The mean curve of a record's seeds with its interval, as the figures of a report draw it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from common.records.record import Curve, Record
from common.tracking.keys import BAND, CURVE, curve_key

Point = tuple[str, float, int, int]
CONFIDENCE = 0.95


def mean_curve(record: Record, started: int, digits: int) -> list[Point]:
    """(key, value, time in ms, step) at the steps that every seed has, rounded to `digits`.

    The validation's 95 % Student interval stands beside its mean; one seed has none.
    """
    points = []
    for same in zip(*(run.curves for run in record.seeds)):
        points += _phase(same, started, digits)
        started += round(1000 * sum(curve.seconds[-1] for curve in same) / len(same))
    return points


def _phase(same: Sequence[Curve], started: int, digits: int) -> list[Point]:
    """The same of one phase, from its curve in every seed."""
    rows, phase = _rows(same), same[0].phase
    times = {step: column["seconds"].mean() for step, column in rows if "seconds" in column}
    points = []
    for step, column in rows:
        values = {curve_key(name, phase): seeds.mean() for name, seeds in column.items()}
        if "validation" in column and len(same) > 1:
            half = _half(column["validation"])
            key = curve_key("validation", phase)
            band = BAND + key.removeprefix(CURVE)
            values |= {f"{band}_low": values[key] - half, f"{band}_high": values[key] + half}
        at = started + round(times.get(step, 0.0) * 1000)
        points += [(key, float(f"{value:.{digits}g}"), at, step) for key, value in values.items()]
    return points


def _rows(same: Sequence[Curve]) -> list[tuple[int, dict[str, Any]]]:
    """(step, column -> one value per seed) for the columns that all seeds measured there."""
    import numpy as np

    columns = [curve.columns() for curve in same]
    names = [n for n in columns[0] if n != "step" and all(n in other for other in columns)]
    rows = []
    for step in sorted(set.intersection(*(set(curve.step) for curve in same))):
        at = [curve.step.index(step) for curve in same]
        seeds = {name: [c[name][i] for c, i in zip(columns, at)] for name in names}
        rows.append((step, {n: np.array(v, float) for n, v in seeds.items() if None not in v}))
    return rows


def _half(values: Any) -> float:
    from scipy import stats

    n = len(values)
    return stats.t.isf((1 - CONFIDENCE) / 2, n - 1) * values.std(ddof=1) / n**0.5
