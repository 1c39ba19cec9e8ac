"""CIFAR-10, on a small archive in its format: fetched by name, read in colour, learned from."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from common.ask.origins import TrainedOn, _data
from common.commands.data import app
from common.data import catalog, fetch, pin, place
from common.data.captioned import load_captioned
from common.data.images import CIFAR, load_images
from common.errors import UserError
from common.paper import rooms
from common.run.datasets import identify, own_data, places
from common.run.request import Request, check_request
from tests.cifar import ARCHIVE, COLOURS, FOLDER, archive, batches, place_archive
from tests.running import python
from tests.small_sets import CONTENT, entry

ROOT = Path(__file__).parents[1]
TRAIN = ("papers", "train", "vit", "version2", "--profile", "smoke", "--data", "cifar10")
SETTINGS = ("-S", "side=32", "-S", "channels=3", "-S", "patch=16")


def cut(content: bytes) -> bytes:
    return content[:-1]


def marked(content: bytes) -> bytes:
    """The second image's class becomes one that there is not."""
    return content[:3073] + b"\x0a" + content[3074:]


def test_images_come_in_colour_row_by_row(sets, mirror):
    members = batches()
    red_corner = bytearray(members[f"{FOLDER}/test_batch.bin"])
    red_corner[1 + 3 * 32 + 5] = 77  # red, row 3, column 5 of the first image
    members[f"{FOLDER}/test_batch.bin"] = bytes(red_corner)
    place_archive(sets, mirror, archive(members))
    images = load_images("cifar10", report=lambda line: None)
    assert images.train.shape == (200, 32, 32, 3) and images.test.shape == (40, 32, 32, 3)
    assert images.train.dtype == np.uint8 and images.train_labels.dtype == np.int64
    assert images.train_labels.tolist() == list(range(10)) * 20 and images.classes == CIFAR
    means = images.train[20:30].mean((1, 2))
    assert np.abs(means - COLOURS).max() < 9
    assert images.train[::40, 0, 0, 0].tolist() == [0, 1, 2, 3, 4] and images.test[0, 0, 0, 0] == 5
    assert images.test[0, 3, 5, 0] == 77 and images.test[0, 5, 3, 0] > 200


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("data_batch_3", cut, r"data_batch_3.bin has 122919 bytes, not 3073 for each image"),
        ("test_batch", lambda content: b"", "test_batch.bin has 0 bytes"),
        ("data_batch_5", None, "data_batch_5.bin has 0 bytes"),
        ("data_batch_1", marked, "data_batch_1.bin has the label 10: there are 10 classes"),
    ],
)
def test_an_archive_that_is_not_in_the_format_is_named(sets, mirror, name, change, said):
    members, path = batches(), f"{FOLDER}/{name}.bin"
    content = members.pop(path)
    place_archive(sets, mirror, archive(members | ({path: change(content)} if change else {})))
    with pytest.raises(UserError, match=said):
        load_images("cifar10", report=lambda line: None)


@pytest.mark.parametrize("harm", ["no archive", "half", "damaged", "leads out"])
def test_an_archive_with_the_pinned_hash_that_cannot_be_unpacked(sets, mirror, harm):
    whole = archive(batches())
    half = whole[: len(whole) // 2]
    packed = {"no archive": b"words " * 99, "half": half, "damaged": half + half}
    packed["leads out"] = archive(batches() | {"../evil.bin": b"x"})
    place_archive(sets, mirror, packed[harm])
    with pytest.raises(UserError, match=rf"^{ARCHIVE} is broken: "):
        load_images("cifar10", report=lambda line: None)


@pytest.mark.parametrize("harm", [cut, lambda packed: packed[:-1] + b"x"], ids=["cut", "changed"])
def test_other_bytes_than_the_pinned_are_never_read(sets, mirror, harm):
    whole = archive(batches())
    there = place_archive(sets, mirror, whole)
    there.write_bytes(harm(whole))
    with pytest.raises(UserError, match=r"(?s)No source has .*cifar10.*put cifar-10-binary.tar.gz"):
        load_images("cifar10", report=lambda line: None)
    assert not (place.data_root() / "cifar10" / ARCHIVE).exists()
    there.write_bytes(whole)
    load_images("cifar10", report=lambda line: None)
    said, path = [], place.data_root() / "cifar10" / ARCHIVE
    path.write_bytes(harm(whole))
    load_images("cifar10", report=said.append)
    assert f"cifar10: {ARCHIVE} has wrong bytes; set aside as {ARCHIVE}.bad-1" in said


def test_its_home_sends_the_archive_and_it_stays_packed(sets, home):
    address, folder, _ = home
    packed = archive(batches())
    (folder / ARCHIVE).write_bytes(packed)
    sets("cifar10", kind="images", files=[entry(ARCHIVE, packed)], base=address, by_name=True)
    got = fetch.ensure("cifar10")
    assert got.how == address and (got.folder / ARCHIVE).read_bytes() == packed


def test_the_real_one_is_pinned_as_its_home_has_it():
    [file] = catalog.get("cifar10").files
    assert (file.path, file.bytes) == (ARCHIVE, 170_052_171)
    [source] = catalog.get("cifar10").sources
    assert (
        f"{source.base}/{source.name_of(file.path)}"
        == f"https://www.cs.toronto.edu/~kriz/{ARCHIVE}"
    )


def test_what_is_fetched_by_name_is_not_fetched_otherwise(sets, mirror):
    sets("play")
    (mirror / "input.txt").write_bytes(CONTENT)
    place_archive(sets, mirror, archive(batches()))
    run = CliRunner().invoke
    assert "cifar10" not in run(app, ["fetch"]).output
    assert pin.verify() == {"cifar10": "absent", "play": "right"}
    assert "cifar10: the mirror" in run(app, ["fetch", "cifar10"]).output
    assert pin.verify()["cifar10"] == "right"
    assert [dataset.name for dataset in catalog.pinned()] == ["play"]


def test_help_and_dvcignore_name_what_is_fetched_by_name_alone():
    named = [d for d in catalog.load_catalog().values() if d.by_name]
    said = " ".join(
        CliRunner().invoke(app, ["fetch", "--help"], env={"COLUMNS": "200"}).output.split()
    )
    ignored = (ROOT / ".dvcignore").read_text(encoding="utf-8").splitlines()
    learned = {name for room in rooms(ROOT).values() for name in room.paper.datasets.values()}
    assert named
    for dataset in named:
        assert f"all but the hub's and {dataset.name}" in said
        assert f"data/{dataset.name}/" in ignored and dataset.name not in learned


def test_captions_of_images_in_colour_keep_them(sets, mirror):
    place_archive(sets, mirror, archive(batches()))
    found = load_captioned("cifar10", report=lambda line: None)
    images = load_images("cifar10", report=lambda line: None)
    assert np.array_equal(found.train.images, images.train[:184])
    assert found.train.captions[:2] == ("an airplane", "a picture of an automobile")
    assert found.train.captions[20] == "an airplane" and "digit" not in str(found.test.captions)


@pytest.mark.parametrize(
    ("paper", "data", "said"),
    [
        (
            "vit",
            "cifar",
            "vit learns from images, and cifar is no set of that kind. Did you mean 'cifar10'?",
        ),
        ("vit", "sst2", "sst2 is of kind labelled. Known: cifar10, digits, fashion_mnist."),
        ("vit", "my.txt", "my.txt is no set of that kind. Known: cifar10"),
        ("rnn", "digits", "rnn learns from text, and digits is of kind images."),
        ("rnn", "tinyshakespear", "no such file. Did you mean 'tinyshakespeare'?"),
        ("rnn", "my.txt", "my.txt: there is no such file.$"),
    ],
)
def test_data_that_a_paper_cannot_learn_from(paper, data, said, tmp_path, monkeypatch):
    home = rooms(ROOT)[paper]
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=said.replace("?", r"\?")):
        own_data(home, data)


def test_a_file_goes_before_a_set_of_its_name(tmp_path, monkeypatch):
    found = rooms(ROOT)
    monkeypatch.chdir(tmp_path)
    assert own_data(found["rnn"], "wikitext2") == ("", "wikitext2")
    (tmp_path / "wikitext2").write_text("my own words")
    (tmp_path / "cifar10").mkdir()  # a folder is no file
    assert own_data(found["rnn"], "wikitext2") == ("", str(tmp_path / "wikitext2"))
    assert own_data(found["vit"], "cifar10") == ("", "cifar10")
    (tmp_path / "digits").touch()
    with pytest.raises(UserError, match="digits is a file here, which goes before"):
        own_data(found["vit"], "digits")


def test_who_names_a_set_gets_no_stand_in(sets, mirror):
    """Not that of the set, and not the receipt's."""
    home = rooms(ROOT)["vit"]
    packed = archive(batches())
    there = place_archive(sets, mirror, packed, stand_in="digits")
    sets("digits", kind="images")
    sets("fashion_mnist", kind="images")
    found = identify(home, "cifar10", lambda line: None)
    assert (found[""].name, found[""].stand_in_for) == ("cifar10", None)
    assert places(home, "cifar10", found) == {"": "cifar10"}
    there.unlink()
    (place.data_root() / "cifar10" / ARCHIVE).unlink()
    (mirror.parent / "digits").mkdir()
    (mirror.parent / "digits" / "input.txt").write_bytes(CONTENT)
    with pytest.raises(UserError, match="No source has the dataset 'cifar10'"):
        identify(home, "cifar10", lambda line: None)


def test_a_run_on_a_set_that_one_names_is_never_recorded():
    home, asked = rooms(ROOT)["vit"], Request("vit", "version2", data="cifar10")
    check_request(asked, home, record=False)
    with pytest.raises(UserError, match="leave out --data or --record"):
        check_request(asked, home, record=True)


def test_weights_are_asked_with_the_set_that_they_learned(sets, mirror, tmp_path, monkeypatch):
    place_archive(sets, mirror, archive(batches()))
    sets("fashion_mnist", kind="images")  # from a home that does not answer
    told = TrainedOn(name="cifar10", sha256=fetch.ensure("cifar10").sha256)
    assert _data(told, None) == _data(told, "cifar10") == "cifar10"
    with pytest.raises(UserError, match="fashion_mnist is not what .* that was 'cifar10'"):
        _data(told, "fashion_mnist")
    monkeypatch.chdir(tmp_path)
    mine = tmp_path / "cifar10"
    mine.write_text("my own words")
    assert _data(told, None) == "cifar10"
    with pytest.raises(UserError, match="cifar10 is not what this model was trained on"):
        _data(told, "cifar10")
    told = TrainedOn(name="file:cifar10", sha256=hashlib.sha256(mine.read_bytes()).hexdigest())
    assert _data(told, "cifar10") == str(mine)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    """A checkout with vit alone, in whose catalogue `cifar10` is a small archive, and which has
    no records."""
    root = tmp_path_factory.mktemp("checkout")
    without = shutil.ignore_patterns("__pycache__", "checkpoints", "runs", "metrics", "curves")
    shutil.copytree(ROOT / "common", root / "common", ignore=without)
    for paper in ("adam", "transformer", "vit"):
        shutil.copytree(ROOT / "papers" / paper, root / "papers" / paper, ignore=without)
    for file in ("papers/__init__.py", "papers/__main__.py", "params.yaml", "requirements.lock"):
        shutil.copy(ROOT / file, root / file)
    packed = archive(batches())
    told = root / "common/data/sets/cifar10.json"
    facts = json.loads(told.read_text(encoding="utf-8")) | {"files": [entry(ARCHIVE, packed)]}
    told.write_text(json.dumps(facts), encoding="utf-8")
    (root / "mirror" / "cifar10").mkdir(parents=True)
    (root / "mirror" / "cifar10" / ARCHIVE).write_bytes(packed)
    return root


@pytest.mark.slow  # trains, and starts several processes
def test_vit_learns_colours_and_tells_them(checkout, monkeypatch):
    image = pytest.importorskip("PIL.Image")
    monkeypatch.setenv("PAPERS_DATA_MIRROR", str(checkout / "mirror"))
    monkeypatch.setenv("PAPERS_DATA", str(checkout / "data"))
    said = python(checkout, *TRAIN, "--seed", "0", code=2)
    assert "cifar10 have 32 x 32 pixels and are in colour" in said and "Traceback" not in said
    assert "add -S side=32 -S channels=3 -S patch=16." in said  # smoke has patches of 14 pixels
    said = python(checkout, *TRAIN, "--seed", "0", *SETTINGS, "-S", "steps=150")
    assert re.search(r"vit version2: \d+\.\d+ % wrong images", said)
    assert not list(checkout.glob("papers/vit/runs/*"))
    [record] = checkout.glob("local/vit/*/runs/*/version2.json")
    told = json.loads(record.read_bytes())
    assert (told["dataset"]["name"], told["dataset"]["stand_in_for"]) == ("cifar10", None)
    assert told["seeds"][0]["metrics"]["test_error"] < 50  # guessing: 90
    picture = checkout / "red.png"
    image.new("RGB", (50, 70), tuple(map(int, COLOURS[0]))).save(picture)
    asked = ("papers", "classify", "vit", str(picture), "--data", "cifar10", "--json")
    said = python(checkout, *asked)
    assert "vit version2, seed 0, cifar10, " in said
    answer, _ = json.JSONDecoder().raw_decode(said)
    assert answer["classes"][0]["label"] == "airplane"
