"""The figure of the learning curves: a row of panels for each phase, those of the last in full."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy import stats

from common.reports import style, tables
from common.reports.results import Results
from common.reports.story import Baseline

ALPHA = 0.05
STEP = ("step", "steps", "training step")
OVER = (
    STEP,
    ("seconds", "seconds", "seconds of training"),
    ("tokens", "tokens", "training tokens"),
)


class Panel(NamedTuple):
    """One column of the curves over another; `phase` None: the last one."""

    phase: str | None
    y: str
    x: str
    over: str
    unit: str


def curves(results: Results, baseline: Baseline | None = None):
    """Validation over steps, seconds and tokens, and training losses over steps, with bands.

    A baseline in the same metric is a dashed line, unless it would flatten the curves. None where
    no version takes steps.
    """
    if not results.trained():
        return None
    drawn = panels(results)
    figure, places = style.canvas([2.2] * ((len(drawn) + 1) // 2), columns=2, gap=0.7)
    for axes in places[len(drawn) :]:
        axes.set_visible(False)
    for axes, panel in zip(places, drawn):
        _draw(axes, results, panel, baseline)
    places[0].legend(loc="best")
    return figure


def panels(results: Results) -> list[Panel]:
    """What there is to be drawn: the earlier phases first, an even number for each phase."""
    found = []
    for phase in results.earlier():
        measured = ["validation"] * _has(results, phase, "validation")
        own = [Panel(phase, y, *STEP) for y in [*measured, "loss", *_named(results, phase)]]
        found += own
    found += [Panel(None, "validation", *over) for over in OVER]
    return found + [Panel(None, y, *STEP) for y in ["loss", *_named(results, None)]]


def _has(results: Results, phase: str | None, column: str) -> bool:
    drawn = (results.curve(version, phase=phase) for version in results.trained())
    return any(column in rows and rows[column].notna().any() for rows in drawn)


def _named(results: Results, phase: str | None) -> list[str]:
    """The losses with a name of their own."""
    names = [column for column in map(str, results.curves) if column.startswith("losses.")]
    return [name for name in names if _has(results, phase, name)]


def _draw(axes: Axes, results: Results, panel: Panel, baseline: Baseline | None) -> None:
    for version in results.trained():
        curve = results.curve(version, phase=panel.phase)
        band(axes, banded(curve, panel.x, panel.y), panel.x, style.colour(version), version)
    validated = panel.y == "validation"
    loss = panel.y.removeprefix("losses.").replace("_", " ")
    trained = "Training loss" if loss == "loss" else f"Loss ({loss})"
    name = "Validation" if validated else trained
    counts = results.paper.counts
    over, unit = (words.replace("tokens", counts) for words in (panel.over, panel.unit))
    phase = _title(results, panel.phase)
    mine = tables.measure(results) if panel.phase is None else "validation"
    style.finish(axes, f"{phase}{name} over {over}", unit, mine if validated else "loss, nats")
    axes.xaxis.set_major_formatter(short)
    if validated and panel.phase is None and baseline and baseline.headline:
        _line(axes, baseline)


def _title(results: Results, phase: str | None) -> str:
    """ "pretrain: " before a panel's title, "" where no version has phases."""
    if phase is None:
        curves = [results.record(version).seeds[0].curve for version in results.trained()]
        last = [curve.phase for curve in curves if curve and curve.phase]
        phase = " or ".join(dict.fromkeys(last))
    return f"{phase}: " if phase else ""


def _line(axes: Axes, baseline: Baseline) -> None:
    low, high = axes.get_ylim()
    if low - (high - low) < baseline.value < high + (high - low):
        axes.axhline(baseline.value, ls="--", lw=1.4, c=style.INK, label=baseline.name)


def short(value: float, _: object) -> str:
    """12k for 12,000."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def band(axes: Axes, points: pd.DataFrame, x: str, colour: str, label: str = "") -> None:
    """What `banded` found, as a line in its interval."""
    if not len(points):
        return
    axes.plot(points[x], points["mean"], "-", lw=1.6, c=colour, label=label)
    low, high = points["mean"] - points["half"], points["mean"] + points["half"]
    axes.fill_between(points[x], low, high, color=colour, alpha=0.22, lw=0)


def banded(curve: pd.DataFrame, x: str, y: str) -> pd.DataFrame:
    """Mean over the seeds with its 95% Student interval: columns x, mean and half (of the
    interval), a row for each step that every seed has."""
    everyone = pd.Index(curve["seed"].unique())
    wide = curve.pivot(index="step", columns="seed", values=y)
    wide = wide.reindex(columns=everyone).dropna()
    n = len(everyone)
    spread = stats.t.isf(ALPHA / 2, n - 1) / np.sqrt(n) if n > 1 else 0.0
    half = wide.std(axis=1).fillna(0.0) * spread
    at = wide.index
    if x != "step":
        at = curve.pivot(index="step", columns="seed", values=x).loc[wide.index].mean(axis=1)
    return pd.DataFrame({x: np.asarray(at), "mean": wide.mean(axis=1).array, "half": half.array})
