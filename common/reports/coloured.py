"""A text on colours: each token on the colour of its number."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from common.ask.units import tint
from common.ask.visualize import VISIBLE, label
from common.reports import style

BOTH = LinearSegmentedColormap.from_list("both", [tint(-2), "#ffffff", tint(2)])  # around zero
RISING = LinearSegmentedColormap.from_list("rising", ["#ffffff", tint(2)])  # letters stay legible
MONO = "DejaVu Sans Mono"  # carried by matplotlib itself


def places(tokens: list[str], columns: int) -> list[tuple[int, int, str]]:
    """(line, column, sign) of each character; lines end at a line feed and at `columns`."""
    found, line, column = [], 0, 0
    for c in "".join(tokens):
        found.append((line, column, label(c) if c != " " else ""))
        column += 1
        if c == "\n" or column == columns:
            line, column = line + 1, 0
    return found


def text(axes: Axes, tokens: list[str], values, columns: int, size: float, **colours) -> None:
    """Write the tokens with `columns` characters in a line and letters of `size` points, each on
    the colour of its value; `colours` are imshow's cmap, vmin and vmax."""
    where = places(tokens, columns)
    of = np.repeat(np.arange(len(tokens)), [len(token) for token in tokens])  # of each character
    grid = np.full((where[-1][0] + 1, columns), np.nan)
    for (line, column, sign), value in zip(where, np.asarray(values)[of]):
        grid[line, column] = value
        colour = style.FAINT if sign == VISIBLE["\n"] else style.INK
        place = {"ha": "center", "va": "center", "family": MONO}
        axes.text(column, line + 0.05, sign, size=size, color=colour, **place)
    axes.imshow(grid, aspect="auto", **colours)
    axes.set_axis_off()
