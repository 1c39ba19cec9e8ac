"""Pictures with captions: made here, by classes, and from the hub (on a set made in its format)."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
from scipy import ndimage

from common.commands import cli
from common.data import catalog, hub
from common.data.captioned import load_captioned
from common.data.fetch import ensure
from common.data.place import is_right
from common.data.shapes import COLOURS, HELD_OUT, RELATIONS, SHAPES, endless, render
from common.errors import UserError

SET = "rendered_shapes"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The set as this repository makes it, without a network or a mirror."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAPERS_DATA", str(tmp_path_factory.mktemp("data")))
        patch.delenv("PAPERS_DATA_MIRROR", raising=False)
        patch.setattr("socket.socket.connect", lambda *_: pytest.fail("asked the network"))
        yield ensure(SET, report=lambda line: None), load_captioned(SET)


def pairs(caption: str) -> set[tuple[str, str]]:
    """(colour, shape) of everything that a caption names."""
    words = caption.replace("crosses", "cross").split()
    singular = [w if w in SHAPES else w.removesuffix("s") for w in words]
    return {(a, b) for a, b in itertools.pairwise(singular) if a in COLOURS and b in SHAPES}


# -- rendered shapes -----------------------------------------------------------------------------


def test_the_repository_makes_the_pinned_bytes(made):
    fetched, _ = made
    assert fetched.how == "this repository's maker" and fetched.stand_in_for is None
    assert all(is_right(fetched.folder / f.path, f) for f in catalog.get(SET).files)


def test_the_test_has_combinations_that_training_never_saw(made):
    _, shapes = made
    seen = set().union(*map(pairs, (*shapes.train.captions, *shapes.validation.captions)))
    tested = set().union(*map(pairs, shapes.test.captions))
    assert tested == set(HELD_OUT) and not tested & seen
    assert seen | tested == set(itertools.product(COLOURS, SHAPES))
    assert {colour for colour, _ in seen} == set(COLOURS)
    assert {shape for _, shape in seen} == set(SHAPES)


def test_sizes_and_no_picture_twice(made):
    _, shapes = made
    assert [len(part) for part in shapes.splits().values()] == [6_000, 600, 1_200]
    image, caption = next(iter(shapes.train))
    assert (image.shape, image.dtype, type(caption)) == ((32, 32, 3), np.uint8, str)
    pictures = [picture.tobytes() for part in shapes.splits().values() for picture in part.images]
    assert len(set(pictures)) == len(pictures)


def spots(picture: np.ndarray, colour: str) -> list[tuple[float, float, int]]:
    """(x, y, pixels) of every connected spot of a colour, found without knowing what was drawn."""
    marked, count = ndimage.label((picture == COLOURS[colour]).all(-1), np.ones((3, 3)))
    found = []
    for number in range(1, count + 1):
        y, x = np.nonzero(marked == number)
        found.append((x.mean(), y.mean(), len(x)))
    return found


@pytest.mark.parametrize("split", ["train", "test"])
def test_captions_say_what_the_pictures_show(split):
    kinds = set()
    for scene in itertools.islice(endless(split), 400):
        picture, caption = render(scene), scene.caption
        named = pairs(caption)
        shown = {c for c in COLOURS if (picture == COLOURS[c]).all(-1).any()}
        assert shown == {colour for colour, _ in named}
        number = next((n for n, w in ((2, "two"), (3, "three"), (4, "four")) if w in caption), 1)
        relation = next((name for name in RELATIONS if f" {name} " in caption), None)
        kinds.add(relation or number)
        if relation and len(shown) == 2:
            first, second = sorted(shown, key=caption.index)
            (one,), (other,) = spots(picture, first), spots(picture, second)
            dx, dy = RELATIONS[relation]
            assert (one[0] - other[0]) * dx + (one[1] - other[1]) * dy > 8
        elif not relation:
            (colour,) = shown
            found = spots(picture, colour)
            assert len(found) == number, caption
            if number == 1:
                x, y, _ = found[0]
                assert ("left" in caption) == (x < 12) and ("right" in caption) == (x > 20)
                assert ("top" in caption) == (y < 13) and ("bottom" in caption) == (y > 20)
    assert kinds == {1, 2, 3, 4, *RELATIONS}


def test_large_shapes_are_larger_than_small_ones():
    sizes: dict[tuple[str, str], set[int]] = {}
    for scene in itertools.islice(endless("train"), 3_000):
        for size in ("small", "large"):
            if f" {size} " in f" {scene.caption}":
                ((colour, shape),) = pairs(scene.caption)
                ((_, _, pixels),) = spots(render(scene), colour)
                sizes.setdefault((shape, size), set()).add(pixels)
    for shape in SHAPES:
        assert max(sizes[shape, "small"]) * 2 < min(sizes[shape, "large"])


# -- other sets through the same loader ----------------------------------------------------------


def test_images_get_captions_of_their_classes(tmp_path, monkeypatch):
    pytest.importorskip("sklearn")
    monkeypatch.setenv("PAPERS_DATA", str(tmp_path))
    monkeypatch.delenv("PAPERS_DATA_MIRROR", raising=False)
    digits = load_captioned("digits", report=lambda line: None)
    assert [len(part) for part in digits.splits().values()] == [1_375, 125, 297]
    assert digits.train.captions[1] == "a picture of the digit 1"
    assert digits.train.images.shape == (1_375, 8, 8, 3)
    with pytest.raises(UserError, match="'sst2' is of kind labelled|No source has"):
        load_captioned("sst2", report=lambda line: None)


def test_every_class_of_fashion_mnist_reads_as_a_thing():
    from common.data.captioned import _phrase
    from common.data.images import FASHION

    told = [_phrase(label) for label in FASHION]
    assert told[:4] == ["a T-shirt", "a pair of trousers", "a pullover", "a dress"]
    assert told[-2:] == ["a bag", "an ankle boot"]


@pytest.fixture
def photos(tmp_path, monkeypatch):
    """A set in the form of Flickr8k on the hub: parquet with photos and their captions."""
    library = pytest.importorskip("datasets")
    Image = pytest.importorskip("PIL.Image")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(library.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setenv("PAPERS_DATA", str(tmp_path / "data"))
    folder = tmp_path / "repository"
    features = library.Features(
        {name: library.Value("string") for name in ("caption_0", "caption_1")}
        | {"image": library.Image()}
    )
    for split, count in (("train", 3), ("validation", 1), ("test", 2)):
        made = [Image.new("RGB", (90, 60 + i), (200, i, 0)) for i in range(count)]
        rows = {"image": made, "caption_0": [f" photo {i}\n of {split}" for i in range(count)]}
        rows["caption_1"] = ["another"] * count
        library.Dataset.from_dict(rows, features).to_parquet(str(folder / f"{split}.parquet"))
    flickr = catalog.get("flickr8k")
    source = flickr.hub.model_copy(update={"repository": str(folder)})
    known = {"flickr8k": flickr.model_copy(update={"sources": (source,)})}
    monkeypatch.setattr(catalog, "load_catalog", lambda: known)
    return source


def test_a_captioned_set_of_the_hub_is_cut_to_squares(photos, tmp_path):
    flickr = load_captioned("flickr8k", report=lambda line: None)
    assert [len(part) for part in flickr.splits().values()] == [3, 1, 2]
    assert flickr.train.images.shape == (3, 64, 64, 3)
    assert flickr.train.captions == tuple(f"photo {i} of train" for i in range(3))
    assert abs(flickr.train.images[1].astype(int) - (200, 1, 0)).max() <= 2
    assert ensure("flickr8k").how == "already in data/"


def test_a_column_that_the_set_lacks_is_said(photos, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    with pytest.raises(hub.Unavailable, match="KeyError"):
        hub.export(photos.model_copy(update={"image": "picture"}), folder)


def test_the_list_of_datasets_shows_them(capsys):
    with pytest.raises(SystemExit, match="0"):
        cli.main(["data", "list", "--json"])
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows[SET]["kind"] == rows["flickr8k"]["kind"] == "captioned"
    assert rows[SET]["bytes"] == sum(file.bytes for file in catalog.get(SET).files) > 0
