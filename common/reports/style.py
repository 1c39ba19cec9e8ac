"""How every figure looks: one theme, one colour per version, bytes that do not change."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
import seaborn
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from common.reports.text import printable

WIDTH = 8.0  # inches: 768 pixels in a browser, the width of a code host's page
DOTS = 130  # of an inch of a picture made of dots
INK, FAINT = "#222222", "#8a8a8a"
THEME = {
    "svg.hashsalt": "reports",  # element ids would be random otherwise
    "svg.fonttype": "path",  # text as outlines: the same picture without the font
    "font.family": "DejaVu Sans",  # carried by matplotlib itself
    "font.size": 10,
    "mathtext.fontset": "dejavusans",
    "text.parse_math": False,  # a name may hold a dollar sign
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.formatter.use_locale": False,
    "axes.unicode_minus": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "figure.facecolor": "white",  # readable on a dark page too
    "savefig.facecolor": "white",
    "path.simplify": True,
}
PALETTE = seaborn.color_palette("colorblind").as_hex()
KINDS = {"bug": PALETTE[3], "choice": PALETTE[0], "modernisation": PALETTE[2]}
VERDICTS = {"reproduced": PALETTE[2], "not reproduced": PALETTE[3]}
VERDICTS |= {"met": PALETTE[9], "missed": PALETTE[1]}


def colour(version: str) -> str:
    """version1 has the same colour in every figure of every paper; so has any other name."""
    digits = version.removeprefix("version")
    if digits.isdigit():
        return PALETTE[(int(digits) - 1) % len(PALETTE)]
    return PALETTE[4 + len(version) % 2]  # others of this palette are too pale or too near


@contextmanager
def theme() -> Iterator[None]:
    """Settings of this package alone: no file or earlier setting of the user takes part."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        seaborn.set_theme(context="paper", style="whitegrid", rc=THEME)
        yield


def canvas(
    heights: Sequence[float],
    columns: int = 1,
    left: float = 0.8,
    gap: float = 0.25,
    legend: int = 0,
    below: float = 0.56,
) -> tuple[Figure, list[Axes]]:
    """A figure of the page's width and its axes, row by row. All sizes in inches.

    `heights` of the rows of axes; `left` is the room for the labels of the first column, `gap`
    that between columns, `below` that under each row, `legend` the lines of a legend at the foot.
    Placed by hand: automatic layout takes three drawings for each figure.
    """
    above, edge, foot = 0.36, 0.15, 0.3 + 0.2 * (legend - 1) if legend else 0.0
    height = sum(heights) + len(heights) * (above + below) + foot
    figure = Figure(figsize=(WIDTH, height))
    width = (WIDTH - left - edge - gap * (columns - 1)) / columns
    axes, top = [], height
    for row in heights:
        bottom = top - above - row
        starts = [left + column * (width + gap) for column in range(columns)]
        places = [(x / WIDTH, bottom / height, width / WIDTH, row / height) for x in starts]
        axes += [figure.add_axes(place) for place in places]
        top = bottom - below
    return figure, axes


def room(names: Iterable[str]) -> float:
    """Inches that these row labels take at most."""
    return 0.3 + 0.078 * max(map(len, names), default=0)


def svg(figure: Figure) -> bytes:
    """The figure as SVG without date or program version."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return _shorter(buffer.getvalue().decode()).encode()


def keep(figure: Figure, path: Path) -> None:
    """Write a picture for a README, .svg or .png by its name, and say where: an opaque light card,
    the same on light and dark pages."""
    if path.suffix == ".svg":
        path.write_bytes(svg(figure))
    else:
        png(figure, path, DOTS, bbox_inches="tight")
    print(path)


def png(figure: Figure, path: Path, dots: float, **how: Any) -> None:
    """The figure in dots, so many to an inch, of 256 colours: a third of the bytes, and nothing
    that the eye misses."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dots, **how)
    colours = Image.open(buffer).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    colours.save(path, format="png", optimize=True)


def _shorter(text: str) -> str:
    """Coordinates to a hundredth of a point: half the size, and no last-digit noise.

    Below one they keep four decimals: there are scale factors among them.
    """
    return re.sub(r"\d+\.\d{3,}", _rounded, text)


def _rounded(found: re.Match[str]) -> str:
    value = float(found[0])
    return f"{value:.{2 if value >= 1 else 4}f}".rstrip("0").rstrip(".")


def label(text: str, limit: int = 80) -> str:
    """Any text as one short line of a figure."""
    line = " ".join(printable(text).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def finish(axes: Axes, title: str, x: str = "", y: str = "") -> None:
    axes.set_title(label(title, 80))
    axes.set_xlabel(label(x))
    axes.set_ylabel(label(y))
