"""Attention maps: what is drawn is what was measured, and the page loads nothing."""

import base64
import json
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from common.ask.visualize import FINEST, LEVELS, cells, label, page, shade, svg, write_pages
from common.ask.writer import LONGEST_MAP, Attention
from common.errors import UserError

HOSTILE = ["</script><script>alert(1)</script>", "a&b", '"\n', " ", "<b>"]


def attention(rows=5, columns=4, heads=6, tokens=None):
    weights = np.random.default_rng(0).dirichlet(np.ones(columns), size=(heads, rows))
    queries = tokens or [f"q{i}" for i in range(rows)]
    return Attention("layer 1", queries, [f"k{i}" for i in range(columns)], weights)


def test_cells_lie_where_the_weights_are():
    weights = np.array([[1.0, 0.0, 0.0], [0.5, 0.0, 0.5]])  # shades go by the square root
    drawn = dict(re.findall(r'fill="(#\w+)" d="([^"]+)"', cells(weights)))
    assert drawn[shade(LEVELS - 1)] == "M0 0h1v1h-1z"
    assert drawn[shade(round((LEVELS - 1) / 2**0.5))] == "M0 1h1v1h-1zM2 1h1v1h-1z"
    assert len(drawn) == 2
    assert shade(0) == "#ffffff"


def test_svg_has_every_head_and_token_and_is_well_formed():
    drawn = attention(tokens=HOSTILE)
    root = ElementTree.fromstring(svg(drawn))
    texts = ["".join(t.itertext()) for t in root.iter("{http://www.w3.org/2000/svg}text")]
    assert [t for t in texts if t.startswith("head")] == [f"head {n}" for n in range(1, 7)]
    assert texts.count("a&b") == 6 and texts.count("k3") == 6 and texts.count("␣") == 6
    assert svg(drawn) == svg(drawn)


def test_page_stands_alone_and_holds_the_weights():
    drawn = attention(tokens=HOSTILE)
    text = page("<title>", [drawn, drawn])
    assert not re.search(r"https?://", text)
    assert text.count("<script") == 2 and not re.search(r"\s(src|href)=.(?!#)|@import|url\(", text)
    told = json.loads(re.search(r'id="data">(.*?)</script>', text, re.S)[1])
    assert told[0]["queries"] == HOSTILE
    found = np.frombuffer(base64.b64decode(told[1]["weights"]), "<u2").reshape(6, 5, 4) / FINEST
    np.testing.assert_allclose(found, drawn.weights, atol=0.51 / FINEST)


def test_files_of_every_layer(tmp_path):
    maps = [attention(), Attention("decoder to encoder, layer 2", ["a"], ["b"], np.ones((1, 1, 1)))]
    names = [path.name for path in write_pages(tmp_path / "out", "t", maps)]
    assert names == ["index.html", "layer-1.svg", "decoder-to-encoder-layer-2.svg"]
    assert all((tmp_path / "out" / name).stat().st_size > 500 for name in names)


def test_what_is_too_long_or_no_map_is_refused():
    for draw in (svg, lambda drawn: page("t", [drawn])):
        with pytest.raises(UserError, match=str(LONGEST_MAP)):
            draw(attention(rows=LONGEST_MAP + 1, heads=1))
    with pytest.raises(ValueError, match="layer 1"):
        svg(Attention("layer 1", ["a"], ["b", "c"], np.ones((1, 2, 2))))


@pytest.mark.parametrize(
    ("token", "shown"),
    [
        (" ", "␣"),
        ("\n", "↵"),
        ("", "∅"),
        (" the", "␣the"),
        ("a\nb", "a↵b"),
        ("\x1b[2J", "\ufffd[2J"),
    ],
)
def test_labels_can_be_seen(token, shown):
    assert label(token) == shown


def test_long_labels_are_cut():
    assert len(label("x" * 99)) == 14
