"""The newest version with other parameters: what each cost and reached, as a table and a figure.

Most often these are sizes, of which the figure shows the trend; it may be one that reads words.
"""

from __future__ import annotations

from dataclasses import dataclass

from common.evidence.statistics import Summary
from common.paper import LONG
from common.records.record import Record
from common.reports import checks, style
from common.reports.results import Results
from common.reports.tables import flat, shown
from common.reports.text import NONE, Safe, Table, code, number

PARAMETERS = "parameters"  # a metric that a room may record: how many its net has
PER_PARAMETER = 6  # operations a token: two forward, four backward


@dataclass(frozen=True)
class Size:
    """One size as recorded. None: the record does not know it."""

    record: Record
    metric: Summary | None
    seconds: float | None
    tokens: int | None
    parameters: float | None

    @property
    def name(self) -> str:
        return self.record.size or self.record.variant

    @property
    def operations(self) -> float | None:
        """Training compute, as the literature on power laws counts it."""
        if not self.parameters or not self.tokens:
            return None
        return PER_PARAMETER * self.parameters * self.tokens


def place(results: Results) -> str:
    """The hardware that most sizes were recorded on: the primary one, unless another has more."""
    names = [r.hardware.name for r in results.records if r.size and r.size != LONG]
    return max([results.primary, *results.hardware], key=names.count)


def sizes(results: Results) -> list[Size]:
    """The sizes and their version itself, smallest compute first; [] for a paper without sizes.

    LONG is no point on their line: it has a table of its own (`longer.py`).
    """
    there = place(results)
    here = [r for r in results.records if r.hardware.name == there and r.size != LONG]
    versions = {record.version for record in here if record.size}
    found = [_size(results, r) for r in here if r.size or r.variant in versions]
    return sorted(found, key=lambda size: (_compute(found)[1](size) or 0.0, size.name))


def _size(results: Results, record: Record) -> Size:
    def mean(column: str) -> float | None:
        found = results.summary(record.variant, column, record.hardware.name)
        return found.mean if found else None

    read = [curve.tokens[-1] for curve in record.seeds[0].curves]
    return Size(
        record,
        results.summary(record.variant, results.paper.metric.name, record.hardware.name),
        mean("seconds"),
        sum(read) or None,
        mean(PARAMETERS),
    )


def _compute(found: list[Size]):
    """What the sizes' compute is counted in, and how it is read: operations where all know them."""
    if all(size.operations for size in found):
        return "training compute: 6 × parameters × tokens", lambda size: size.operations
    return "training seconds", lambda size: size.seconds


def table(results: Results) -> Table:
    """A row per size; no seconds where the probes say that they are of unlike hosts."""
    found = sizes(results)
    unlike = checks.unlike_hosts([size.record for size in found])
    own = _own_metrics(found)
    usual = flat(next((s.record.config for s in found if not s.record.size), {}))
    rows = [
        [
            code(size.name),
            _changes(flat(size.record.config), usual),
            number(size.parameters),
            number(size.tokens),
            Safe("refused") if unlike else number(size.seconds),
            shown(size.metric),
            len(size.record.seeds),
            *([_own(results, size, own)] if own else []),
        ]
        for size in found
    ]
    counted = f"Training {results.paper.counts}"
    header = ["Name", "Differs in", "Parameters", counted, "Training, s"]
    header += [results.paper.metric.label, "Seeds", *(["Further metrics"] if own else [])]
    return Table(header, rows, right=range(2, 7))


def _own_metrics(found: list[Size]) -> list[str]:
    """Metrics that the version itself lacks, such as those of words."""
    of = {size.name: set(size.record.seeds[0].metrics) for size in found}
    usual = next(
        (of[size.name] for size in found if not size.record.size), set().union(*of.values())
    )
    return sorted(set().union(*of.values()) - usual)


def _own(results: Results, size: Size, names: list[str]) -> Safe:
    said = [
        f"{code(name)} {number(summary.mean)}"
        for name in names
        if (summary := results.summary(size.record.variant, name, size.record.hardware.name))
    ]
    return Safe(", ".join(said) or NONE)


def _changes(config: dict[str, object], usual: dict[str, object]) -> Safe:
    changed = [f"{name}={value}" for name, value in config.items() if usual.get(name) != value]
    return Safe(", ".join(map(code, changed)) or NONE) if usual else Safe(NONE)


def figure(results: Results):
    """The metric over training compute, both logarithmic: a power law is a straight line there.

    Two points have no trend, and no line.
    """
    found = sizes(results)
    label, compute = _compute(found)
    points = [(compute(s), s, s.metric) for s in found if compute(s) and s.metric is not None]
    timed = not all(size.operations for size in found)
    if len(points) < 2 or (timed and checks.unlike_hosts([size.record for size in found])):
        return None
    figure, (axes,) = style.canvas([2.6])
    colour = style.colour(points[0][1].record.version)
    if len(points) > 2:
        axes.plot([x for x, *_ in points], [m.mean for *_, m in points], "-", lw=1, c=style.FAINT)
    for x, size, metric in points:
        axes.plot([x, x], [metric.low, metric.high], "_-", lw=2, ms=8, c=colour)
        axes.plot([x], [metric.mean], "s", ms=6, c=colour)
        axes.annotate(size.name, (x, metric.mean), xytext=(7, 5), textcoords="offset points")
    axes.set_xscale("log")
    if all(metric.low > 0 for *_, metric in points):
        axes.set_yscale("log")
    axes.margins(x=0.12, y=0.15)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter("{x:.3g}")
        axis.set_minor_formatter("")
    style.finish(axes, "Each with its mean and 95% interval", label, results.paper.metric.label)
    return figure
