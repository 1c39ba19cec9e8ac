"""Figures of the evidence: the forest of claims and the ladder of deviations."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import groupby

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from common.evidence import wording as verdicts
from common.reports import style
from common.reports.results import Results
from common.reports.tables import by_cost
from common.reports.text import finite

MOST = 20  # rows of a figure; more could not be read
COSTLIEST = 9  # rows of the figure over all papers: it stands in README


def claims(results: Results):
    """Direction claims as a forest: measured difference and interval, one panel per unit."""
    found = [c for c in results.evidence.get("claims", []) if _measured(c, "value")]
    found = [c for c in found if c["kind"] == "direction"][:MOST]
    groups = [(u, list(g)) for u, g in groupby(sorted(found, key=_unit), key=_unit)]
    if not groups:
        return None
    heights = [0.2 + 0.3 * len(group) for _, group in groups]
    left = style.room(map(_name, found))
    figure, panels = style.canvas(heights, left=left, legend=1)
    for axes, (unit, group) in zip(panels, groups, strict=True):
        _forest(axes, group)
        style.finish(axes, "", f"difference, {unit}" if unit else "difference")
    style.finish(
        panels[0],
        "What should be better minus what should be worse, 95% interval",
        panels[0].get_xlabel(),
    )
    figure.legend(handles=_verdicts(found), loc="lower right", ncols=4)
    return figure


def _measured(entry: dict, key: str) -> bool:
    return all(finite(entry[name]) for name in (key, "low", "high"))


def _unit(claim: dict) -> str:
    return claim["unit"] or ""


def _forest(axes: Axes, group: list[dict]) -> None:
    for row, claim in enumerate(group):
        colour = style.VERDICTS.get(verdicts.told(claim), style.FAINT)
        axes.plot([claim["low"], claim["high"]], [row, row], "|-", lw=2, ms=8, mew=2, c=colour)
        axes.plot([claim["value"]], [row], "s", ms=6, c=colour)
    _names(axes, [_name(claim) for claim in group])


def _name(claim: dict) -> str:
    return style.label(claim["id"].replace("_", " ").replace("-", " "), 40)


def _names(axes: Axes, names: list[str]) -> None:
    axes.axvline(0, c=style.INK, lw=1)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(axis="y", visible=False)


def _verdicts(found: list[dict]) -> list[Line2D]:
    seen = dict.fromkeys(verdicts.told(claim) for claim in found)
    colours = {verdict: style.VERDICTS.get(verdict, style.FAINT) for verdict in seen}
    return [
        Line2D([], [], marker="s", ls="", c=c, label=style.label(v)) for v, c in colours.items()
    ]


def ladder(results: Results):
    """What each deviation costs alone: a bar from the newest version's mean, with its interval."""
    found = [d for d in results.evidence.get("deviations", []) if _measured(d, "cost")]
    found = sorted(found, key=by_cost)[:MOST]
    if not found:
        return None
    names = [style.label(deviation["title"], 40) for deviation in found]
    left = style.room(names)
    figure, (axes,) = style.canvas([0.2 + 0.34 * len(found)], left=left, legend=1)
    for row, deviation in enumerate(found):
        colour = style.KINDS.get(deviation["kind"], style.FAINT)
        axes.barh(row, deviation["cost"], height=0.6, color=colour, alpha=0.75, lw=0)
        axes.plot([deviation["low"], deviation["high"]], [row, row], "-", lw=1.8, c=style.INK)
        axes.plot(
            [deviation["low"], deviation["high"]], [row, row], "|", ms=7, mew=1.8, c=style.INK
        )
    _names(axes, names)
    unit = f"cost in {results.paper.metric.label}{_stretch(axes, found)}"
    newest = (results.numbered() or [""])[-1]
    title = f"Cost of each deviation in {newest} (right is worse)"
    style.finish(axes, title, unit)
    kinds = dict.fromkeys(d["kind"] for d in found)
    handles = [Patch(color=style.KINDS.get(k, style.FAINT), label=style.label(k)) for k in kinds]
    figure.legend(handles=handles, loc="lower right", ncols=4)
    return figure


def share(results: Results, value: float | None) -> float | None:
    """A cost over the newest version's mean, whose unit it has; None where not measured."""
    versions = results.numbered()
    newest = results.summary(versions[-1], results.paper.metric.name) if versions else None
    if not finite(value) or newest is None or not newest.mean:
        return None
    return value / abs(newest.mean)


def _percent(results: Results, bug: dict) -> Iterator[tuple[float, float, float]]:
    """What a bug costs, with its interval; nothing where the newest version has no mean."""
    cost, low, high = (share(results, bug[key]) for key in ("cost", "low", "high"))
    if cost is not None and low is not None and high is not None:
        yield 100 * cost, 100 * low, 100 * high


def mistakes(everything: list[Results]):
    """The costliest bugs of all papers, each in percent of its newest version's result."""
    found = [
        (results.name, bug["title"], cost, low, high)
        for results in everything
        for bug in results.evidence.get("deviations", [])
        if bug["kind"] == "bug" and _measured(bug, "cost")
        for cost, low, high in _percent(results, bug)
    ]
    if not found:
        return None
    shown = sorted(found, key=lambda row: (-row[2], row[0], row[1]))[:COSTLIEST]
    papers = sorted({row[0] for row in shown})
    colours = dict(zip(papers, style.PALETTE * len(papers)))
    names = [style.label(title, 40) for _, title, *_ in shown]
    figure, (axes,) = style.canvas([0.2 + 0.3 * len(shown)], left=style.room(names), legend=1)
    for row, (paper, _, cost, low, high) in enumerate(shown):
        axes.barh(row, cost, height=0.6, color=colours[paper], alpha=0.75, lw=0)
        axes.plot([low, high], [row, row], "|-", ms=7, lw=1.8, mew=1.8, c=style.INK)
        axes.text(max(cost, high), row, f"  {cost:+,.0f}%".replace("-", "−"), va="center", size=9)
    _names(axes, names)
    axes.set_xlim(right=1.2 * max(max(row[2], row[4]) for row in shown))  # with the number beside
    rest = f": the {len(shown)} costliest of {len(found)}" if len(found) > len(shown) else ""
    style.finish(
        axes,
        f"What one mistake costs{rest}",
        "test result, % worse than the clean run, with 95% interval",
    )
    handles = [Patch(color=colours[p], label=style.label(p)) for p in papers]
    figure.legend(handles=handles, loc="lower right", ncols=8)
    return figure


def _stretch(axes: Axes, found: list[dict]) -> str:
    """A logarithmic axis when the largest cost would flatten the others; says so in words."""
    sizes = sorted(abs(deviation["cost"]) for deviation in found)
    typical = sizes[len(sizes) // 2]
    if not typical or sizes[-1] < 20 * typical:
        return ""
    threshold = 10.0 ** math.floor(math.log10(typical))
    axes.set_xscale("symlog", linthresh=threshold)
    decades = round(math.log10(sizes[-1] / threshold))
    marks = [threshold * 10**k for k in range(max(1, decades) + 1)]
    axes.set_xticks([-threshold, 0, *marks], [f"{m:g}" for m in (-threshold, 0, *marks)])
    axes.minorticks_off()
    return f", log beyond {threshold:g}"
