"""Pictures of READMEs are opaque light cards, legible on light and on dark pages."""

import re

import numpy as np
import pytest
from PIL import Image

from common.reports import coloured, style
from tests.scaffolding import ROOT

PICTURES = [path for path in (ROOT / "docs" / "pictures").iterdir() if path.suffix != ".json"]
FIRST = re.compile(r"<(?:path|rect)[^>]*?fill(?:: |=\")#ffffff")  # what is painted first


def is_card(path):
    """Is its ground white, and nowhere to be seen through?"""
    if path.suffix == ".svg":
        text = path.read_text(encoding="utf-8")
        painted = re.search(r"<(?:path|rect)\b", text)
        return bool(painted and FIRST.match(text, painted.start()))
    pixels = np.asarray(Image.open(path).convert("RGBA"))
    return bool((pixels[..., 3] == 255).all() and (pixels[0, 0, :3] == 255).all())


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.name)
def test_a_picture_is_an_opaque_light_card(path):
    assert is_card(path)


@pytest.mark.parametrize("name", ["words.svg", "words.png"])
def test_a_picture_is_kept_the_same_each_time(tmp_path, name):
    kept = []
    for folder in (tmp_path / "one", tmp_path / "two"):
        folder.mkdir()
        with style.theme():
            figure, (axes,) = style.canvas([0.5])
            ends = {"cmap": coloured.RISING, "vmin": 0, "vmax": 1}
            coloured.text(axes, ["so ", "many\n", "words"], [0.0, 1.0, 0.5], 8, 9, **ends)
            style.keep(figure, folder / name)
        assert is_card(folder / name)
        kept.append((folder / name).read_bytes())
    assert kept[0] == kept[1]


def test_a_picture_of_dots_has_a_palette_and_nearly_the_colours_that_were_drawn(tmp_path):
    with style.theme():
        figure, (axes,) = style.canvas([0.5])
        axes.imshow(np.arange(1_000).reshape(10, 100), aspect="auto", cmap="viridis")
        style.png(figure, tmp_path / "palette.png", style.DOTS)
        figure.savefig(tmp_path / "full.png", dpi=style.DOTS)
    kept = Image.open(tmp_path / "palette.png")
    pixels, full = (
        np.asarray(picture.convert("RGB")) for picture in (kept, Image.open(tmp_path / "full.png"))
    )
    off = np.abs(pixels.astype(int) - full).max(2)
    assert kept.mode == "P" and off.mean() < 0.5  # of 64 colours it is 1.1


def test_each_letter_of_a_text_has_the_colour_of_its_token():
    with style.theme():
        _, (axes,) = style.canvas([0.5])
        coloured.text(axes, ["so ", "many\n", "words"], [0.0, 1.0, 0.5], 6, 9, vmin=0, vmax=1)
    grid = axes.images[0].get_array().filled(-1)
    assert grid.tolist() == [
        [0, 0, 0, 1, 1, 1],
        [1, 1, -1, -1, -1, -1],  # the line was full, and ends here
        [0.5, 0.5, 0.5, 0.5, 0.5, -1],
    ]
    assert [text.get_text() for text in axes.texts] == [*"so", "", *"many", "↵", *"words"]
