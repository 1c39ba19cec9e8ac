"""The figures of a paper's page as SVG bytes, by file name. Intervals are those of the tables."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes

from common.evidence.statistics import Summary
from common.reports import checks, compare, sizes, style, together
from common.reports.curves import curves, short
from common.reports.ladder import claims, ladder, mistakes
from common.reports.results import Results
from common.reports.story import Baseline
from common.reports.text import finite

MEMORY = "peak_memory_mib"


def draw(results: Results, baseline: Baseline | None = None) -> dict[str, bytes]:
    """File name -> SVG of each figure that the results have something for."""
    if not results.versions():
        return {}
    with style.theme():
        drawn = {name: make(results) for name, make in FIGURES.items()}
        drawn["curves"] = curves(results, baseline)
        found = {name: figure for name, figure in drawn.items() if figure is not None}
        return {f"{results.name}-{name}.svg": style.svg(f) for name, f in found.items()}


def overview(everything: list[Results]) -> dict[str, bytes]:
    """The same of the figures over all papers."""
    with style.theme():
        figure = mistakes(everything)
        drawn = {} if figure is None else {"mistakes.svg": style.svg(figure)}
        return drawn | together.draw(everything)


def versions(results: Results):
    """Final metric of each version: every seed a dot, mean and 95% interval beside them."""
    names = results.versions()
    figure, (axes,) = style.canvas([0.2 + 0.5 * len(names)], left=style.room(names))
    for row, version in enumerate(names):
        values = list(results.values(version, results.paper.metric.name).values())
        found = results.summary(version, results.paper.metric.name)
        if found is None:
            continue
        axes.plot(values, [row + 0.16] * len(values), "o", ms=5, alpha=0.5, mew=0, c=_c(version))
        whisker(axes, row - 0.08, found.mean, found.low, found.high, _c(version))
    rows(axes, names)
    style.finish(axes, "Each version: seeds, mean and 95% interval", results.paper.metric.label)
    return figure


def whisker(axes: Axes, y: float, mean: float, low: float, high: float, colour: str) -> None:
    """A mean as a square with its interval as a bar."""
    axes.plot([low, high], [y, y], "|-", lw=2, ms=8, mew=2, c=colour)
    axes.plot([mean], [y], "s", ms=6, c=colour)


def rows(axes: Axes, names: list[str]) -> None:
    """Names down the side, the first at the top."""
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(axis="y", visible=False)


def costs(results: Results):
    """Throughput, time to the target and peak memory of each version on the primary hardware.

    Nothing where the probes say that the versions ran on unlike hosts.
    """
    names, place = results.versions(), results.primary
    if checks.unlike_hosts([results.record(version) for version in names]):
        return None
    target = compare.target(results, place)
    speeds, memory = (
        [_ends(results.summary(version, name)) for version in names]
        for name in ("tokens_per_second", MEMORY)
    )
    reach = "seconds" if target is None else f"seconds to {target:.4g}"
    drawn = [
        ("Throughput", f"{results.paper.counts}/s", speeds),
        ("Time to target", reach, [_timed(results, version, target) for version in names]),
        ("Peak memory", "MiB", memory),
    ]
    if not any(speeds):  # no version takes steps
        drawn = drawn[2:]
    height, left = 0.15 + 0.4 * len(names), style.room(names)
    figure, panels = style.canvas([height], columns=len(drawn), left=left)
    for axes, (title, unit, bars) in zip(panels, drawn, strict=True):
        for row, (version, bar) in enumerate(zip(names, bars, strict=True)):
            _bar(axes, row, bar, _c(version))
        style.finish(axes, title, unit)
        axes.xaxis.set_major_formatter(short)
        axes.locator_params(axis="x", nbins=4)
        axes.set_xlim(left=0)
        rows(axes, names if axes is panels[0] else [""] * len(names))
    return figure


def _timed(
    results: Results, version: str, target: float | None
) -> tuple[float, float, float] | None:
    found = compare.time_to(results, version, results.primary, target) if target else None
    return (found.median, found.first, found.last) if found else None


def _ends(summary: Summary | None) -> tuple[float, float, float] | None:
    return (summary.mean, summary.low, summary.high) if summary else None


def _bar(axes: Axes, row: int, bar: tuple[float, float, float] | None, colour: str) -> None:
    if bar is None:
        return
    axes.barh(row, bar[0], height=0.55, color=colour, alpha=0.85, lw=0)
    axes.plot(bar[1:], [row, row], "-", lw=1.6, c=style.INK)


def hardware(results: Results):
    """The metric of each version on each hardware that has one; nothing for a single hardware."""
    places = [place for place in results.hardware if results.versions(place)]
    if len(places) < 2:
        return None
    versions = [v for v in results.paper.versions if any(v in results.versions(h) for h in places)]
    names = [style.label(place, 34) for place in places]
    left, height = style.room(names), 0.2 + 0.5 * len(places)
    figure, (axes, speed) = style.canvas([height], columns=2, left=left, legend=1)
    for offset, version in zip(_offsets(len(versions)), versions, strict=True):
        for row, place in enumerate(places):
            if version in results.versions(place):
                _cell(axes, speed, results, version, place, row + offset)
        axes.plot([], [], "s", c=_c(version), label=version)
    _speed_axis(speed, results, versions)
    rows(axes, names)
    rows(speed, [""] * len(names))
    style.finish(axes, "Metric by hardware", results.paper.metric.label)
    style.finish(speed, "Throughput by hardware", f"{results.paper.counts}/s{speed.get_xlabel()}")
    figure.legend(*axes.get_legend_handles_labels(), loc="lower right", ncols=4)
    return figure


def _speed_axis(axes: Axes, results: Results, versions: list[str]) -> None:
    """From zero; logarithmic where the fastest is more than ten times the slowest."""
    found = [
        summary.mean
        for place in results.hardware
        for v in versions
        if v in results.versions(place)
        and (summary := results.summary(v, "tokens_per_second", place))
    ]
    if not found:
        axes.set_visible(False)
    elif max(found) > 10 * min(found) > 0:
        axes.set_xscale("log")
        axes.xaxis.set_minor_formatter("")
        axes.set_xlabel(" (log)")
    else:
        axes.set_xlim(0, 1.1 * max(found))
        axes.locator_params(axis="x", nbins=4)
    axes.xaxis.set_major_formatter(short)


def _offsets(count: int) -> list[float]:
    return [0.0] if count == 1 else list(np.linspace(-0.22, 0.22, count))


def _cell(axes: Axes, speed: Axes, results: Results, version: str, place: str, y: float) -> None:
    records = [results.record(v, place) for v in results.versions(place)]
    drawn = {results.paper.metric.name: axes}
    if not checks.unlike_hosts(records):
        drawn["tokens_per_second"] = speed
    for name, panel in drawn.items():
        found = results.summary(version, name, place)
        if found and finite(found.mean):
            whisker(panel, y, found.mean, found.low, found.high, _c(version))


_c = style.colour
FIGURES: dict[str, Callable] = {
    "versions": versions,
    "sizes": sizes.figure,
    "costs": costs,
    "claims": claims,
    "ladder": ladder,
    "hardware": hardware,
}
