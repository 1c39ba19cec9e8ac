"""The page of `papers attend` in a browser: by pointer, by keyboard, and with 200 characters."""

import json

import numpy as np
import pytest

from common.ask.visualize import write_pages
from common.ask.writer import Attention
from tests.test_ui import FLAGS, find_chromium

pytestmark = pytest.mark.slow
HOSTILE = ["</script><script>document.title = 'broken'</script>", "b", "c"]
WIDTH = 1400  # pixels of the window


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    if find_chromium() is None:
        pytest.skip("no chromium: install it, or name it in CHROMIUM")
    with playwright.sync_playwright() as driver:
        yield driver.chromium.launch(executable_path=find_chromium(), args=FLAGS)


@pytest.fixture
def shown(browser, tmp_path):
    """shown(maps) -> their page, without a network; at the end no error and no other request."""
    context = browser.new_context(offline=True, viewport={"width": WIDTH, "height": 950})
    page, errors, loaded = context.new_page(), [], []
    page.set_default_timeout(60_000)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text))
    page.on("request", lambda request: loaded.append(request.url))

    def show(*maps):
        page.goto(write_pages(tmp_path, "maps", maps)[0].as_uri())
        return page

    yield show
    assert (page.title(), errors) == ("maps", [])
    assert loaded == [(tmp_path / "index.html").as_uri()]
    context.close()


def drawn(queries, keys, heads=3, name="layer 1"):
    random = np.random.default_rng(len(queries))
    weights = random.dirichlet(np.ones(len(keys)), (heads, len(queries)))
    return Attention(name, list(queries), list(keys), weights)


def told(page):
    """(what looks at what, per cent) as the page says it."""
    words, percent = page.locator("#told").inner_text().rsplit(": ", 1)
    return words, float(percent.removesuffix(" %"))


def at(page, row, column):
    """Point at the middle of a cell of the open map."""
    box, (rows, columns) = page.locator("#map").bounding_box(), page.evaluate("sizes()")
    x, y = box["width"] * (column + 0.5) / columns, box["height"] * (row + 0.5) / rows
    page.mouse.move(box["x"] + x, box["y"] + y)


SIZES = "window.sizes = () => [map.queries.length, map.keys.length]"


def test_every_head_is_a_thumbnail_that_opens_and_tells_its_weights(shown):
    maps = [drawn(HOSTILE, "wxyz", heads=5), drawn("ab", "cde", heads=2, name="decoder, layer 2")]
    page = shown(*maps)
    page.evaluate(SIZES)
    assert page.locator(".heads button canvas").count() == 7
    for number, (layer, head) in enumerate([(0, h) for h in range(5)] + [(1, 0), (1, 1)]):
        page.locator(".heads button").nth(number).click()
        at(page, 1, 2)
        chosen = maps[layer]
        looks = f"{json.dumps(chosen.queries[1])} looks at {json.dumps(chosen.keys[2])}"
        words, percent = told(page)
        assert words == f"{chosen.name}, head {head + 1}: {looks}"
        assert percent == pytest.approx(100 * chosen.weights[head, 1, 2], abs=0.06)
        assert page.locator('.heads [aria-pressed="true"]').count() == 1


def test_the_keyboard_opens_heads_and_moves_over_cells(shown):
    map_ = drawn("abc", "wxyz")
    page = shown(map_)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator("#name").inner_text() == "layer 1, head 2"
    page.locator("#map").focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowRight", "ArrowUp", "ArrowLeft"):
        page.keyboard.press(key)
    words, percent = told(page)
    assert words == 'layer 1, head 2: "a" looks at "x"'
    assert percent == pytest.approx(100 * map_.weights[1, 0, 1], abs=0.06)


def test_a_token_of_the_text_shows_where_it_looks(shown):
    map_ = drawn("abc", "wxyz")
    page = shown(map_)
    page.locator("#from span").nth(2).hover()
    best = np.argsort(-map_.weights[0, 2])
    assert (
        page.locator("#told")
        .inner_text()
        .startswith(f'layer 1, head 1: "c" looks at "{map_.keys[best[0]]}": ')
    )
    shades = page.eval_on_selector_all(
        "#to span", "spans => spans.map(s => s.style.background.match(/\\d+/)[0])"
    )
    assert np.argsort([int(red) for red in shades]).tolist() == best.tolist()


def test_200_characters_can_be_read(shown):
    text = ("To be, or not to be: that is the question.\n" * 5)[:200]
    page = shown(drawn(text, text, heads=12))
    page.evaluate(SIZES)
    labels = page.locator("#rows div, #columns div")
    assert labels.count() == 400
    sizes = labels.evaluate_all(
        "all => all.map(l =>"
        " [parseFloat(getComputedStyle(l).fontSize), l.scrollWidth - l.clientWidth])"
    )
    assert min(size for size, _ in sizes) >= 9  # pixels
    assert max(over for _, over in sizes) <= 0  # none is cut
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTH
    assert page.locator("#from").inner_text().replace("↵", "") == text
    page.locator("#from span").nth(150).hover()
    view, row = (page.locator(x).bounding_box() for x in ("#view", "#rows div >> nth=150"))
    assert view["y"] < row["y"] < view["y"] + view["height"]  # it was scrolled to
    page.locator("#zoom").fill("3")
    assert page.locator("#map").bounding_box()["width"] == 600 and not labels.first.is_visible()
    page.locator("#zoom").fill("20")
    assert page.locator("#map").bounding_box()["width"] == 4000 and labels.first.is_visible()
