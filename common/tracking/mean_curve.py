"""The mean curve of a record's seeds with its interval, as the figures of a report draw it."""

from __future__ import annotations

from typing import Any

from common.records.record import Record
from common.tracking.keys import BAND, CURVES

CONFIDENCE = 0.95


def mean_curve(record: Record, started: int, digits: int) -> list[tuple[str, float, int, int]]:
    """(key, value, time in ms, step) at the steps that every seed has, rounded to `digits`.

    The validation's 95 % Student interval stands beside its mean; one seed has none.
    """
    rows = _rows(record)
    times = {step: column["seconds"].mean() for step, column in rows if "seconds" in column}
    points = []
    for step, column in rows:
        values = {CURVES[name]: seeds.mean() for name, seeds in column.items()}
        if "validation" in column and len(record.seeds) > 1:
            half = _half(column["validation"])
            mean = values[CURVES["validation"]]
            values |= {
                f"{BAND}validation_low": mean - half,
                f"{BAND}validation_high": mean + half,
            }
        at = started + round(times.get(step, 0.0) * 1000)
        points += [(key, float(f"{value:.{digits}g}"), at, step) for key, value in values.items()]
    return points


def _rows(record: Record) -> list[tuple[int, dict[str, Any]]]:
    """(step, column -> one value per seed) for the columns that all seeds measured there."""
    import numpy as np

    curves = [run.curve for run in record.seeds]
    shared = set.intersection(*(set(curve.step) for curve in curves))
    rows = []
    for step in sorted(shared):
        at = [curve.step.index(step) for curve in curves]
        seeds = {name: [getattr(c, name)[i] for c, i in zip(curves, at)] for name in CURVES}
        rows.append((step, {n: np.array(v, float) for n, v in seeds.items() if None not in v}))
    return rows


def _half(values: Any) -> float:
    from scipy import stats

    n = len(values)
    return stats.t.isf((1 - CONFIDENCE) / 2, n - 1) * values.std(ddof=1) / n**0.5
