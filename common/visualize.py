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

from common.errors import UserError
from common.generation import Attention

LONGEST = 128  # tokens a side: more cannot be read
LEVELS = 32  # shades; the page tells the exact weight of the cell under the pointer
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

    The square of query t and key s begins at (s, t): queries go down, keys to the right.
    """
    levels = np.rint(np.clip(weights, 0, 1) * (LEVELS - 1)).astype(int)
    paths = []
    for level in np.unique(levels[levels > 0]):
        squares = "".join(f"M{s} {t}h1v1h-1z" for t, s in zip(*np.nonzero(levels == level)))
        paths.append(f'<path fill="{shade(level)}" d="{squares}"/>')
    return "".join(paths)


def svg(attention: Attention, number: int = 0) -> str:
    """All heads of a layer, side by side. `number` is the map's on its page."""
    check(attention)
    heads, rows, columns = attention.weights.shape
    size = max(FONT + 3, 160 / max(rows, columns))
    left = LETTER * max(len(label(token)) for token in attention.queries) + 8
    above = LETTER * max(len(label(token)) for token in attention.keys) + 8 + 2 * FONT
    width, height = left + columns * size + GAP, above + rows * size + GAP
    panels = []
    for head in range(heads):
        x, y = head % ACROSS * width + left, head // ACROSS * height + above + FONT
        drawn = panel(attention, head, number, size, above)
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


def panel(attention: Attention, head: int, number: int, size: float, above: float) -> str:
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
        f'<rect class="map" data-map="{number}" data-head="{head}" {box} fill="#ffffff" '
        'fill-opacity="0" stroke="#8a8a8a"/>'
    )
    return "".join(parts)


def _text(token: str) -> str:
    return html.escape(label(token))


def check(attention: Attention) -> None:
    """UserError for a map that is too large to be read; ValueError for one that is none."""
    shape = (len(attention.queries), len(attention.keys))
    if attention.weights.ndim != 3 or attention.weights.shape[1:] != shape:
        raise ValueError(f"{attention.name}: {attention.weights.shape} for {shape} tokens")
    if max(shape) > LONGEST:
        raise UserError(f"{max(shape)} tokens are too many for a map: give at most {LONGEST}.")


def page(title: str, text: str, maps: Sequence[Attention]) -> str:
    """One HTML page with all maps in it, styles and script too; it loads nothing."""
    drawn = [
        f'<section id="map{i}"><h2>{html.escape(m.name)}</h2>{svg(m, i)}</section>'
        for i, m in enumerate(maps)
    ]
    links = [f'<a href="#map{i}">{html.escape(m.name)}</a>' for i, m in enumerate(maps)]
    filled = {
        "@TITLE": html.escape(title),
        "@TEXT": html.escape(text),
        "@LINKS": " · ".join(links),
        "@MAPS": "\n".join(drawn),
        "@DATA": _data(maps),
    }
    return re.sub("@[A-Z]+", lambda found: filled[found[0]], PAGE)


def _data(maps: Sequence[Attention]) -> str:
    """What the script reads: tokens, and weights as bytes of 1/255. It cannot end its element."""
    told = [
        {
            "name": m.name,
            "queries": list(m.queries),
            "keys": list(m.keys),
            "weights": base64.b64encode(
                np.rint(np.clip(m.weights, 0, 1) * 255).astype(np.uint8).tobytes()
            ).decode(),
        }
        for m in maps
    ]
    return json.dumps(told, ensure_ascii=True).replace("<", "\\u003c")


def write_pages(folder: Path, title: str, text: str, maps: Sequence[Attention]) -> list[Path]:
    """Write index.html and one SVG per layer into the folder; returns their paths."""
    files = {"index.html": page(title, text, maps)}
    files |= {re.sub(r"\W+", "-", m.name) + ".svg": svg(m) for m in maps}
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")
    return [folder / name for name in files]


PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>@TITLE</title>
<style>
:root { color-scheme: light; }
body { font: 15px/1.5 sans-serif; margin: 1.5rem; color: #222; background: #fff; }
blockquote { margin: 0 0 1rem; padding-left: 1rem; border-left: 3px solid #8a8a8a;
 white-space: pre-wrap; }
section { overflow-x: auto; }
h2 { font-size: 1.05rem; margin: 1.5rem 0 .3rem; }
.map { cursor: crosshair; }
#told { position: sticky; bottom: 0; background: #fff; border-top: 1px solid #8a8a8a;
 padding: .4rem 0; font-family: monospace; }
</style>
</head>
<body>
<h1>@TITLE</h1>
<blockquote>@TEXT</blockquote>
<p>Each row is a token that looks, each column one that it looks at; a row's weights sum to 1,
and the darker a cell, the more of it goes there. In a decoder, a token's row is
where the next token is chosen.</p>
<nav>@LINKS</nav>
@MAPS
<p id="told" role="status">Point at a cell to read its weight.</p>
<script type="application/json" id="data">@DATA</script>
<script>
"use strict";
const maps = JSON.parse(document.getElementById("data").textContent);
for (const map of maps) map.bytes = Uint8Array.from(atob(map.weights), c => c.charCodeAt(0));
const told = document.getElementById("told");
document.addEventListener("pointermove", event => {
  const box = event.target.closest?.(".map");
  if (!box) return;
  const map = maps[box.dataset.map], place = box.getBoundingClientRect();
  const rows = map.queries.length, columns = map.keys.length;
  const part = (at, start, size, count) =>
    Math.max(0, Math.min(count - 1, Math.floor((at - start) / size * count)));
  const row = part(event.clientY, place.top, place.height, rows);
  const column = part(event.clientX, place.left, place.width, columns);
  const weight = map.bytes[(box.dataset.head * rows + row) * columns + column] / 255;
  told.textContent = `${map.name}, head ${+box.dataset.head + 1}: ` +
    `${JSON.stringify(map.queries[row])} looks at ${JSON.stringify(map.keys[column])}: ` +
    `${(100 * weight).toFixed(1)} %`;
});
</script>
</body>
</html>
"""
