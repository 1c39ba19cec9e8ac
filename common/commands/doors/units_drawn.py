"""The pictures of `papers units`: a text on the colours of its units, and gates over a text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from common.ask.abilities import Inside
from common.ask.units import Found
from common.ask.visualize import label
from common.reports import coloured, style

COLUMNS = 62  # characters of a line
LINE, FONT = 0.165, 7.6  # inches of a line of text; points of a letter
HEAD, FOOT, EDGE, NAMES = 0.3, 0.75, 0.15, 0.9  # inches
DEVIATIONS = 2  # from the mean, where a colour is full
MOVING = 6  # units of a gate that are drawn below its mean
DOTS = 200  # per inch
LARGEST = 50_000  # dots of a side: matplotlib draws none of 2^16; pillow takes so many by 1,600


def units(path: Path, title: str, inside: Inside, found: list[Found]) -> None:
    """A panel for each property: the text, coloured by the unit that follows it."""
    tokens = list(inside.tokens)
    lines = coloured.places(tokens, COLUMNS)[-1][0] + 1
    panel, wide = HEAD + lines * LINE, style.WIDTH - 2 * EDGE
    with style.theme():
        figure = _figure(
            style.WIDTH,
            HEAD + len(found) * (panel + EDGE) + FOOT,
            f"{title}: units that follow the text",
        )
        for n, one in enumerate(found):
            axes = _axes(figure, EDGE, HEAD + n * (panel + EDGE) + HEAD, wide, lines * LINE)
            ends = {"vmin": -DEVIATIONS, "vmax": DEVIATIONS}
            coloured.text(axes, tokens, one.lit(inside), COLUMNS, FONT, cmap=coloured.BOTH, **ends)
            said = f"{one.property}: {one.name}, correlation {one.correlation:+.2f}"
            axes.set_title(said, size=9)
        _legend(
            figure,
            (-DEVIATIONS, DEVIATIONS),
            coloured.BOTH,
            "the unit's distance from its mean, in standard deviations; red is its side where the"
            " property holds",
        )
        _save(figure, path)


def gates(path: Path, title: str, inside: Inside) -> None:
    """A heat map for each gate: its mean over all units, then those units that move most."""
    count = len(inside.tokens)
    tall = (MOVING + 1) * LINE
    wide = max(style.WIDTH, NAMES + EDGE + 0.085 * count)
    with style.theme():
        figure = _figure(
            wide,
            HEAD + len(inside.gates) * (HEAD + tall + 2 * EDGE) + FOOT,
            f"{title}: gates over a text",
        )
        for n, (name, values) in enumerate(inside.gates.items()):
            above = HEAD + n * (HEAD + tall + 2 * EDGE) + HEAD
            axes = _axes(figure, NAMES, above, wide - NAMES - EDGE, tall)
            moving, names = moving_units(values)
            axes.imshow(moving, cmap="viridis", aspect="auto", vmin=0, vmax=1)
            axes.set_yticks(range(len(names)), names, size=6.5)
            shown = [label(token) for token in inside.tokens]
            axes.set_xticks(range(count), shown, size=6, family=coloured.MONO)
            axes.grid(visible=False)
            axes.set_title(name, size=9)
        _legend(figure, (0, 1), "viridis", "0: closed, 1: open")
        _save(figure, path)


def moving_units(values: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Of a gate (T, H): its mean, and the units that move most over the text, each (T,)."""
    most = np.argsort(-values.std(axis=0), kind="stable")[:MOVING]
    names = ["mean", *(f"unit {unit}" for unit in most)]
    return np.stack([values.mean(axis=1), *values[:, most].T]), names


def _figure(wide: float, tall: float, title: str) -> Figure:
    figure = Figure(figsize=(wide, tall))
    figure.text(EDGE / wide, 1 - 0.2 / tall, title, weight="bold", size=11, va="center")
    return figure


def _save(figure: Figure, path: Path) -> None:
    dots = min(DOTS, LARGEST // max(figure.get_size_inches()))
    if path.suffix.lower() == ".png":
        style.png(figure, path, dots)
    else:
        figure.savefig(path, dpi=dots)


def _axes(figure: Figure, left: float, above: float, wide: float, tall: float) -> Axes:
    """Axes of that size, so far from the left and from above; all in inches."""
    x, y = figure.get_size_inches()
    return figure.add_axes((left / x, (y - above - tall) / y, wide / x, tall / y))


def _legend(figure: Figure, ends: tuple[float, float], colours, said: str) -> None:
    _, tall = figure.get_size_inches()
    axes = _axes(figure, NAMES, tall - 0.6, 3.0, 0.1)
    bar = figure.colorbar(ScalarMappable(Normalize(*ends), colours), axes, orientation="horizontal")
    axes.tick_params(labelsize=7)
    bar.set_label(said, size=7, loc="left")
