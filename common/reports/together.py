"""One figure for all papers that translate the same sentences: length, time, parameters, BLEU.

Drawn once, over all papers, and shown on the page of each of them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from matplotlib.axes import Axes

from common.evidence.statistics import Summary
from common.reports import checks, compare, style
from common.reports.curves import band, banded, short
from common.reports.longer import BLEU
from common.reports.results import Results
from common.reports.sizes import PARAMETERS
from common.reports.text import Safe, number

THIRDS = ("bleu_short", "bleu_middle", "bleu_long")  # common.exams.translation.by_length
ALT = "BLEU of short, middle and long sentences, and validation over seconds, of each paper"


@dataclass(frozen=True)
class Line:
    """The newest version of one paper, on the hardware that most of them share."""

    results: Results
    hardware: str

    @property
    def version(self) -> str:
        return self.results.numbered(self.hardware)[-1]

    def summary(self, column: str) -> Summary | None:
        return self.results.summary(self.version, column, self.hardware)


def takes_part(results: Results) -> bool:
    """Has some record of the paper the thirds?"""
    return bool(_places(results))


def picture(results: Results) -> Safe:
    """The figure as markdown, "" on the page of a paper that has no part in it."""
    if not takes_part(results):
        return Safe("")
    return Safe(f"![{results.paper.dataset}: {ALT}](figures/{file(results)})")


def file(results: Results) -> str:
    return f"{results.paper.dataset}-papers.svg"


def draw(everything: list[Results]) -> dict[str, bytes]:
    """File name -> SVG, one for each dataset that is translated."""
    found: dict[str, list[Results]] = {}
    for results in everything:
        if takes_part(results):
            found.setdefault(file(results), []).append(results)
    return {name: style.svg(_figure(lines(those))) for name, those in found.items()}


def lines(everything: list[Results]) -> list[Line]:
    """Those papers that have the thirds on one hardware, oldest first."""
    places = Counter(place for results in everything for place in _places(results))
    place = min(places, key=lambda name: (-places[name], name))
    ordered = sorted(everything, key=lambda r: (r.paper.year, r.name))
    return [Line(results, place) for results in ordered if place in _places(results)]


def _places(results: Results) -> list[str]:
    """The hardwares on which the newest version was asked for the thirds."""
    newest = results.paper.newest
    return [
        record.hardware.name
        for record in results.records
        if record.variant == newest and set(THIRDS) <= set(record.seeds[0].metrics)
    ]


def _figure(drawn: list[Line]):
    figure, (length, time) = style.canvas([2.6], columns=2, gap=0.75, legend=len(drawn) + 1)
    goal = _goal(drawn)
    for line, colour in zip(drawn, style.PALETTE):
        _lengths(length, line, colour)
        points = banded(line.results.curve(line.version, line.hardware), "seconds", "validation")
        band(time, points, "seconds", colour)
    style.finish(length, "Quality over length", "length of the source, by thirds", "BLEU (test)")
    length.set_xticks(range(len(THIRDS)), [name.removeprefix("bleu_") for name in THIRDS])
    length.set_ylim(bottom=0)
    if goal is None:
        time.set_visible(False)
    else:
        time.axhline(goal, ls="--", lw=1.2, c=style.INK)
        label = drawn[0].results.paper.metric.label.partition(" (")[0]
        style.finish(time, "Learning over time", "seconds of training", f"{label} (validation)")
        time.xaxis.set_major_formatter(short)
    handles, _ = length.get_legend_handles_labels()
    names = [_label(line, goal) for line in drawn]
    figure.legend(handles, names, loc="lower left", ncols=1, fontsize=9)
    return figure


def _goal(drawn: list[Line]) -> float | None:
    """The validation value that most seeds of every paper reach; None where timings are refused."""
    if checks.unlike_hosts([line.results.record(line.version, line.hardware) for line in drawn]):
        return None
    curves = [line.results.curve(line.version, line.hardware) for line in drawn]
    return compare.worst_final(curves, lower_is_better=True)


def _lengths(axes: Axes, line: Line, colour: str) -> None:
    found = [line.summary(name) for name in THIRDS]
    points = [(x, one) for x, one in enumerate(found) if one is not None]
    axes.plot([x for x, _ in points], [one.mean for _, one in points], "o-", ms=5, lw=1.6, c=colour)
    axes.lines[-1].set_label(line.results.name)
    for x, one in points:
        axes.plot([x, x], [one.low, one.high], "_-", lw=1.4, ms=7, c=colour)


def _label(line: Line, goal: float | None) -> str:
    """ "seq2seq (2014): 9.1 BLEU, 1,310,000 parameters, 31 s to the dashed line"."""
    results = line.results
    bleu, size = _bleu(line), line.summary(PARAMETERS)
    told = [f"{bleu.mean:.1f} BLEU"] if bleu else []
    told += [f"{number(size.mean)} parameters"] if size else []
    timed = compare.time_to(results, line.version, line.hardware, goal) if goal else None
    told += [f"{number(timed.median, 2)} s to the dashed line"] if timed else []
    return f"{results.name} ({results.paper.year}): {', '.join(told)}"


def _bleu(line: Line) -> Summary | None:
    """That on the paper's own page, of its primary hardware; that of the figure where none is."""
    results = line.results
    told = results.summary(line.version, BLEU) if line.version in results.versions() else None
    return told or line.summary(BLEU)
