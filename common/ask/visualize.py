"""Attention maps as pictures: one SVG per layer, and a page that holds them all and works offline.

Both are written by hand, without a library: cells are vector paths, so that no viewer blurs them.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from common.ask.writer import LONGEST_MAP, Attention
from common.errors import UserError

LEVELS = 32  # shades of the pictures; the page has all, and tells the weight of a cell
FINEST = 2**16 - 1  # the page holds weights in this many parts of 1
PAGE = Path(__file__).with_name("attention.html")
LIGHT, DARK = (0xFF, 0xFF, 0xFF), (0x08, 0x30, 0x6B)
ACROSS = 4  # heads side by side
FONT, GAP, LETTER = 11, 24, 6.8  # pixels; the width of a letter of the monospaced font
LONGEST_LABEL = 14  # letters
VISIBLE = {" ": "␣", "\n": "↵", "\t": "⇥", "\r": "␍", "": "∅"}


def label(token: str) -> str:
    """The token so that one can see it: white space as signs, too long ones cut."""
    shown = VISIBLE.get(token, token)
    shown = re.sub(r"[\n\r\t]", lambda found: VISIBLE[found[0]], shown)
    shown = "".join(c if c.isprintable() else "\ufffd" for c in shown)
    shown = re.sub(r"^ | $", "␣", shown)
    return shown if len(shown) <= LONGEST_LABEL else shown[: LONGEST_LABEL - 1] + "…"


def shade(level: int) -> str:
    """Colour of a level from 0 (light) to LEVELS - 1 (dark)."""
    share = level / (LEVELS - 1)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in zip(LIGHT, DARK))


def cells(weights: np.ndarray) -> str:
    """Paths of the squares of a (T, S) map, one per shade, a unit wide; the lightest is left out.

    Shades follow the square root of the weight: among many tokens all weights are small.
    The square of query t and key s begins at (s, t): queries go down, keys to the right.
    """
    levels = np.rint(np.sqrt(np.clip(weights, 0, 1)) * (LEVELS - 1)).astype(int)
    paths = []
    for level in np.unique(levels[levels > 0]):
        squares = "".join(f"M{s} {t}h1v1h-1z" for t, s in zip(*np.nonzero(levels == level)))
        paths.append(f'<path fill="{shade(level)}" d="{squares}"/>')
    return "".join(paths)


def svg(attention: Attention) -> str:
    """All heads of a layer, side by side."""
    check(attention)
    heads, rows, columns = attention.weights.shape
    size = max(FONT + 3, 160 / max(rows, columns))
    left = LETTER * max(len(label(token)) for token in attention.queries) + 8
    above = LETTER * max(len(label(token)) for token in attention.keys) + 8 + 2 * FONT
    width, height = left + columns * size + GAP, above + rows * size + GAP
    panels = []
    for head in range(heads):
        x, y = head % ACROSS * width + left, head // ACROSS * height + above + FONT
        drawn = panel(attention, head, size, above)
        panels.append(f'<g transform="translate({x:.1f} {y:.1f})">{drawn}</g>')
    whole = (width * min(heads, ACROSS), height * -(-heads // ACROSS) + FONT)
    title = html.escape(attention.name)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole[0]:.0f}" height="{whole[1]:.0f}" '
        f'viewBox="0 0 {whole[0]:.0f} {whole[1]:.0f}" role="img" aria-label="{title}" '
        f'font-family="monospace" font-size="{FONT}" fill="#222222">'
        f"<title>{title}</title>"
        f'<rect width="100%" height="100%" fill="#ffffff"/>{"".join(panels)}</svg>'
    )


def panel(attention: Attention, head: int, size: float, above: float) -> str:
    """One head, its upper left cell at the origin: heading, tokens and cells."""
    _, rows, columns = attention.weights.shape
    parts = [f'<text x="0" y="{FONT - above:.1f}" font-weight="bold">head {head + 1}</text>']
    for t, token in enumerate(attention.queries):
        place = f'x="-4" y="{(t + 0.5) * size + FONT / 3:.1f}" text-anchor="end"'
        parts.append(f"<text {place}>{_text(token)}</text>")
    for s, token in enumerate(attention.keys):
        place = f"translate({(s + 0.5) * size + FONT / 3:.1f} -4) rotate(-90)"
        parts.append(f'<text transform="{place}">{_text(token)}</text>')
    box = f'width="{columns * size:.1f}" height="{rows * size:.1f}"'
    parts.append(
        f'<g transform="scale({size:.3f})" shape-rendering="crispEdges">'
        f"{cells(attention.weights[head])}</g>"
        f'<rect {box} fill="none" stroke="#8a8a8a"/>'
    )
    return "".join(parts)


def _text(token: str) -> str:
    return html.escape(label(token))


def check(attention: Attention) -> None:
    """UserError for a map that is too large to be read; ValueError for one that is none."""
    shape = (len(attention.queries), len(attention.keys))
    if attention.weights.ndim != 3 or attention.weights.shape[1:] != shape:
        raise ValueError(f"{attention.name}: {attention.weights.shape} for {shape} tokens")
    if max(shape) > LONGEST_MAP:
        raise UserError(f"{max(shape)} tokens are too many for a map: give at most {LONGEST_MAP}.")


def page(title: str, maps: Sequence[Attention]) -> str:
    """One HTML page with all maps in it, styles and script too; it loads nothing."""
    for attention in maps:
        check(attention)
    filled = {"@TITLE": html.escape(title), "@DATA": _data(maps)}
    return re.sub("@[A-Z]+", lambda found: filled[found[0]], PAGE.read_text(encoding="utf-8"))


def _data(maps: Sequence[Attention]) -> str:
    """What the script reads: tokens, and weights as two bytes each. It cannot end its element."""
    told = [
        {
            "name": m.name,
            "heads": len(m.weights),
            "queries": list(m.queries),
            "keys": list(m.keys),
            "shown": {"queries": list(map(label, m.queries)), "keys": list(map(label, m.keys))},
            "weights": base64.b64encode(
                np.rint(np.clip(m.weights, 0, 1) * FINEST).astype("<u2").tobytes()
            ).decode(),
        }
        for m in maps
    ]
    return json.dumps(told, ensure_ascii=True).replace("<", "\\u003c")


def write_pages(folder: Path, title: str, maps: Sequence[Attention]) -> list[Path]:
    """Write index.html and one SVG per layer into the folder; returns their paths."""
    files = {"index.html": page(title, maps)}
    files |= {re.sub(r"\W+", "-", m.name) + ".svg": svg(m) for m in maps}
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")
    return [folder / name for name in files]
