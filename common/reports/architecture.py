"""A room's figure of its model: boxes, arrows and shapes, drawn from papers/<p>/architecture.yaml.

    title: A table of pairs
    letters: B streams, V symbols
    boxes:              # name: [column, row from below, words, kind]
      x: [0, 0, "character $x_t$", data]
      table: [0, 1, "row $W[x_t]$", learned]
      scores: [0, 2, "scores $y_t$", data]
    arrows:             # what flows stands on the arrow
      - x -(B)-> table -(B, V)-> scores
    frames:             # words: boxes that it surrounds
      one step: [table]

Kinds: `learned` holds what is learned, `fixed` nothing, `data` goes in or comes out. The words "+"
are a sum, a box without words is a place where an arrow forks.
Text between dollar signs is mathematics. Rows and columns may be fractions. An arrow within a
column or a row is straight, any other turns between the rows; `left:` or `right:` before it leads
it round on that side, `across:` lets it turn between the columns.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path as Line
from matplotlib.textpath import TextPath
from pydantic import BaseModel, ConfigDict, ValidationError

from common.config import read_yaml
from common.errors import UserError, nearest
from common.reports import style

FILE = "architecture.yaml"
Place = tuple[float, float]
Kind = Literal["learned", "fixed", "data"]
FILLS = {"learned": "#cfe3f3", "fixed": "#ececec", "data": "white"}
NOTE = "Blue: what is learned. Grey: what is not. Dashed: what goes in and comes out."
ROW, EDGE, PAD, SIZE, SMALL = 0.66, 0.25, 0.09, 9.5, 8.5  # inches, and points of text
FOOT, HEAD = 0.8, 0.85  # inches below the lowest row and above the highest
DETOUR = 0.17  # inches beside the widest box that is passed
ARROW = re.compile(r"\s+-(?:(?P<says>[^>]*?)-)?>\s+")
BARE = {"zorder": 2.5, "bbox": {"facecolor": "white", "edgecolor": "none", "pad": 0.6}}
ROUTES = ("left", "right", "across")


class Drawing(BaseModel):
    """architecture.yaml, read and checked."""

    model_config = ConfigDict(extra="forbid")

    title: str
    letters: str  # what the letters of the shapes stand for
    boxes: dict[str, tuple[float, float, str, Kind]]
    arrows: list[str]
    frames: dict[str, list[str]] = {}


class Box:
    """A box at its place on the page, in inches."""

    def __init__(self, words: str, kind: Kind, x: float, y: float) -> None:
        self.words, self.kind, self.x, self.y = words, kind, x, y
        self.sum = words == "+"
        lines = words.split("\n")
        self.half = max(map(text_width, lines)) / 2 + PAD  # of its width
        self.tall = 0.09 * len(lines) + 0.06  # half of its height
        if self.sum or not words:
            self.half = self.tall = 0.13 if self.sum else 0.0

    def draw(self, axes: Axes) -> None:
        if not self.words:
            return
        x, y = self.x - self.half, self.y - self.tall
        form = f"round,pad=0,rounding_size={0.13 if self.sum else 0.06}"
        edge = style.FAINT if self.kind == "data" else style.INK
        axes.add_patch(
            FancyBboxPatch(
                (x, y), 2 * self.half, 2 * self.tall, boxstyle=form, lw=0.9, zorder=3,
                facecolor=FILLS[self.kind], edgecolor=edge,
                linestyle=(0, (3, 2)) if self.kind == "data" else "-",
            )
        )  # fmt: skip
        write(axes, self.x, self.y, self.words, SIZE, ha="center", va="center", zorder=4)


def read(path: Path) -> Drawing:
    """The drawing in that file. UserError names the file and the mistake."""
    label = "/".join(path.parts[-3:])
    try:
        drawing = Drawing.model_validate(read_yaml(path))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise UserError(f"{label}: {place}: {first['msg'].lower()}.") from None
    named = [name for _, names, _ in map(parsed, drawing.arrows) for name in names]
    for name in [*named, *(name for names in drawing.frames.values() for name in names)]:
        if name not in drawing.boxes:
            raise UserError(f"{label}: no box {name!r}." + nearest(name, drawing.boxes))
    return drawing


def parsed(arrow: str) -> tuple[str, list[str], list[str]]:
    """The route, the boxes in their order, and what stands on the arrows between them."""
    route, colon, rest = arrow.partition(":")
    route, path = (route, rest) if colon and route in ROUTES else ("", arrow)
    parts = ARROW.split(path.strip())
    if len(parts) < 3:
        raise UserError(f"the arrow {arrow!r} leads nowhere: write 'a -> b' or 'a -(B, T)-> b'.")
    return route, parts[::2], [says or "" for says in parts[1::2]]


def draw(drawing: Drawing) -> bytes:
    """The figure as SVG: the same bytes on every machine."""
    with style.theme(), matplotlib.rc_context({"text.parse_math": True}):
        columns, rows = zip(*((c, r) for c, r, _, _ in drawing.boxes.values()))
        height = ROW * (max(rows) - min(rows)) + FOOT + HEAD
        figure = Figure(figsize=(style.WIDTH, height))
        axes = figure.add_axes((0, 0, 1, 1), xlim=(0, style.WIDTH), ylim=(0, height))
        axes.set_axis_off()
        boxes = placed(drawing, min(columns), max(columns), min(rows))
        for words, names in drawing.frames.items():
            frame(axes, words, [boxes[name] for name in names])
        for route, names, says in map(parsed, drawing.arrows):
            for start, end, words in zip(names, names[1:], says):
                join(axes, boxes[start], boxes[end], words, route, list(boxes.values()))
        for box in boxes.values():
            box.draw(axes)
        write(axes, EDGE, height - 0.3, drawing.title, 11, weight="bold", va="center")
        write(axes, EDGE, 0.28, f"{drawing.letters}.\n{NOTE}", SMALL, va="center")
        return style.svg(figure)


def placed(drawing: Drawing, first: float, last: float, lowest: float) -> dict[str, Box]:
    """Columns share the width of the page, rows are ROW apart. UserError if boxes overlap."""
    step = (style.WIDTH - 2 * EDGE) / (last - first + 1)
    boxes: dict[str, Box] = {}
    for name, (column, row, words, kind) in drawing.boxes.items():
        x, y = EDGE + step * (column - first + 0.5), FOOT + ROW * (row - lowest)
        made = boxes[name] = Box(words, kind, x, y)
        if made.x - made.half < EDGE / 2 or made.x + made.half > style.WIDTH - EDGE / 2:
            raise UserError(f"{FILE}: the box {name!r} is too wide: break its words with \\n.")
        for other, box in list(boxes.items())[:-1]:
            if abs(x - box.x) < made.half + box.half and abs(y - box.y) < made.tall + box.tall:
                raise UserError(f"{FILE}: the boxes {other!r} and {name!r} overlap: move one.")
    return boxes


def frame(axes: Axes, words: str, boxes: list[Box]) -> None:
    """A dotted line around the boxes, words on its upper left corner."""
    left, right = min(b.x - b.half for b in boxes) - 0.34, max(b.x + b.half for b in boxes) + 0.34
    low, high = min(b.y - b.tall for b in boxes) - 0.14, max(b.y + b.tall for b in boxes) + 0.16
    axes.add_patch(
        FancyBboxPatch(
            (left, low), right - left, high - low, boxstyle="round,pad=0,rounding_size=0.1",
            facecolor="none", edgecolor=style.PALETTE[1], lw=1.2, linestyle=(0, (1.5, 2)),
        )
    )  # fmt: skip
    write(axes, left + 0.12, high, words, SIZE, va="center", weight="bold", **BARE)


def join(axes: Axes, start: Box, end: Box, words: str, route: str, boxes: list[Box]) -> None:
    """An arrow from edge to edge; its words beside its longest stretch, or its first upright."""
    points = way(start, end, route, boxes)
    codes = [Line.MOVETO] + [Line.LINETO] * (len(points) - 1)
    axes.add_patch(
        FancyArrowPatch(
            path=Line(points, codes), arrowstyle="-|>,head_length=4,head_width=2", lw=1.1,
            color=style.INK, shrinkA=0, shrinkB=0, joinstyle="round", zorder=2,
        )
    )  # fmt: skip
    if not words:
        return
    stretches = list(zip(points, points[1:]))
    upright = [s for s in stretches if abs(s[0][0] - s[1][0]) < 0.01]
    a, b = upright[0] if upright else max(stretches, key=lambda ends: abs(ends[0][0] - ends[1][0]))
    x, y = (a[0] + b[0]) / 2, (a[1] + b[1]) / 2
    if upright:
        side, shift = ("right", -0.05) if route == "left" else ("left", 0.05)
        write(axes, x + shift, y, words, SMALL, ha=side, va="center", **BARE)
    else:
        write(axes, x, y + 0.04, words, SMALL, ha="center", va="bottom", **BARE)


def way(start: Box, end: Box, route: str, boxes: list[Box]) -> list[Place]:
    """The corners of an arrow."""
    if route in ("left", "right"):
        sign = -1 if route == "left" else 1
        low, high = sorted((start.y, end.y))
        passed = [b for b in boxes if low < b.y < high and abs(b.x - start.x) < b.half]
        edges = [b.x + sign * b.half for b in (start, end, *passed)]
        x = (min(edges) if sign < 0 else max(edges)) + sign * DETOUR
        fork = (start.x, start.y + start.tall + 0.06) if start.sum else (start.x, start.y)
        return [fork, (x, fork[1]), (x, end.y), (end.x + sign * end.half, end.y)]
    up, right = (1 if end.y > start.y else -1), (1 if end.x > start.x else -1)
    if abs(start.y - end.y) < 0.01 or route == "across":
        a = (start.x + right * start.half, start.y)
        b = (end.x - right * end.half, end.y)
        middle = (a[0] + b[0]) / 2
        return [a, b] if a[1] == b[1] else [a, (middle, a[1]), (middle, b[1]), b]
    a, b = (start.x, start.y + up * start.tall), (end.x, end.y - up * end.tall)
    if abs(a[0] - b[0]) < 0.01:
        return [a, b]
    turn = b[1] - up * (ROW / 2 - 0.2)
    return [a, (a[0], turn), (b[0], turn), b]


def text_width(text: str) -> float:
    """Inches."""
    if not text:
        return 0.0
    return TextPath((0, 0), text, SIZE, prop=FontProperties("DejaVu Sans")).get_extents().width / 72


def write(axes: Axes, x: float, y: float, text: str, size: float, **how: Any) -> None:
    how.setdefault("linespacing", 1.3)
    axes.text(x, y, text, fontsize=size, color=style.INK, **how)
