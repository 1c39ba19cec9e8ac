"""Fetching: every way in which bytes can be wrong or lacking, on a tiny catalogue."""

from __future__ import annotations

import errno
import gzip
import json
import shutil
import threading
from pathlib import Path

import pytest

from common.data import catalog, fetch, place
from common.errors import UserError
from tests.small_sets import CONTENT, DEAD, OTHER, entry, file, leftovers


def test_a_fetched_set_needs_no_source_again(sets, mirror):
    sets("play")
    (mirror / "input.txt").write_bytes(CONTENT)
    assert fetch.ensure("play").how == "the mirror"
    (mirror / "input.txt").unlink()
    again = fetch.ensure("play")
    assert again.how == "already in data/"
    assert again.sha256 == catalog.files_sha256(catalog.get("play").files)


def test_flipped_byte_is_named_set_aside_and_fetched_again(sets, mirror):
    sets("play")
    (mirror / "input.txt").write_bytes(CONTENT)
    for number in (1, 2):
        fetch.ensure("play", report=lambda line: None)
        wrong = b"T" + CONTENT[1:]
        file().write_bytes(wrong)
        said: list[str] = []
        assert fetch.ensure("play", report=said.append).how == "the mirror"
        assert f"play: input.txt has wrong bytes; set aside as input.txt.bad-{number}" in said
        assert file().with_name(f"input.txt.bad-{number}").read_bytes() == wrong
        assert file().read_bytes() == CONTENT


def test_wrong_mirror_is_never_used(sets, mirror, home):
    address, folder, _ = home
    sets("play", base=address)
    (mirror / "input.txt").write_bytes(OTHER)
    (folder / "input.txt").write_bytes(CONTENT)
    assert fetch.ensure("play").how == address
    assert file().read_bytes() == CONTENT


def test_a_mirrors_file_of_another_size_is_not_copied(sets, mirror, monkeypatch):
    sets("play")
    with (mirror / "input.txt").open("wb") as huge:
        huge.truncate(5 << 30)
    monkeypatch.setattr(shutil, "copyfile", lambda *_: pytest.fail("5 GiB were copied"))
    with pytest.raises(UserError, match=r"input.txt has 5368709120 bytes, not 7600"):
        fetch.ensure("play")


def test_gzip_in_the_mirror_whole_and_truncated(sets, mirror):
    sets("play")
    packed = gzip.compress(CONTENT)
    (mirror / "input.txt.gz").write_bytes(packed[: len(packed) // 2])
    with pytest.raises(UserError, match=r"the mirror: input\.txt\.gz is broken"):
        fetch.ensure("play")
    assert not file().exists()
    (mirror / "input.txt.gz").write_bytes(packed)
    assert fetch.ensure("play").how == "the mirror"
    assert file().read_bytes() == CONTENT


def test_what_a_killed_process_left_is_swept_away(sets, mirror):
    sets("play")
    (mirror / "input.txt").write_bytes(CONTENT)
    part = place.data_root() / ".part" / "play"
    part.mkdir(parents=True)
    (part / "input.txt").write_bytes(CONTENT[:100])
    fetch.ensure("play")
    assert file().read_bytes() == CONTENT and leftovers() == []


def test_stand_in_takes_over_loudly_and_can_be_forbidden(sets, mirror):
    sets("real", stand_in="play")
    sets("play")
    (mirror / "input.txt").write_bytes(CONTENT)
    said: list[str] = []
    fetched = fetch.ensure("real", report=said.append)
    assert (fetched.name, fetched.stand_in_for) == ("play", "real")
    assert any(line.startswith("WARNING: real") and "stand-in play" in line for line in said)
    with pytest.raises(UserError, match="No source has the dataset 'real'"):
        fetch.ensure("real", allow_stand_in=False)
    file().unlink()
    (mirror / "input.txt").unlink()
    with pytest.raises(UserError, match=r"(?s)dataset 'real'.*Nor its stand-in: .*dataset 'play'"):
        fetch.ensure("real", report=said.append)


def test_no_source_left_lists_each_with_its_reason(sets, mirror, home):
    address, _, _ = home
    sources = [{"how": "url", "base": base} for base in (DEAD, address)]
    package = {"how": "package", "distribution": "no-such-thing", "version": "1", "maker": "digits"}
    sets("play", sources=[*sources, package])
    (mirror / "input.txt").write_bytes(OTHER)
    with pytest.raises(UserError) as caught:
        fetch.ensure("play")
    message = str(caught.value)
    size = f"{len(OTHER)} bytes"
    for words in (size, "connection refused", "404", "pip install 'no-such-thing==1'", "PAPERS_"):
        assert words in message


def test_unknown_name_gets_the_nearest(sets):
    sets("tinyshakespeare")
    with pytest.raises(UserError, match="'tinyshakespeare'"):
        fetch.ensure("tinyshakespear")


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../x", "a\\..\\x", ""])
def test_a_catalogue_path_cannot_climb(sets, path):
    sets("play", files=[entry(path, CONTENT)])
    with pytest.raises(UserError, match=r"play\.json is malformed"):
        catalog.load_catalog()


def test_processes_at_once_fetch_once(sets, home):
    address, folder, handler = home
    (folder / "input.txt").write_bytes(CONTENT)
    sets("play", base=address)
    threads = [threading.Thread(target=fetch.ensure, args=("play",)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert handler.answers == 1 and file().read_bytes() == CONTENT


def test_receipts_have_the_same_bytes_whatever_the_source(sets, mirror, tmp_path):
    sets("real", stand_in="play")
    sets("play")
    (mirror / "input.txt").write_bytes(CONTENT)
    first, second = tmp_path / "a" / "data.json", tmp_path / "b" / "data.json"
    fetch.receipt("real", first)
    fetch.receipt("real", second)
    assert first.read_bytes() == second.read_bytes()
    fetched = fetch.from_receipt(first)
    assert (fetched.name, fetched.stand_in_for) == ("play", "real")
    sets("play", content=OTHER)
    (mirror / "input.txt").write_bytes(OTHER)
    with pytest.raises(UserError, match="written for other bytes"):
        fetch.from_receipt(first)
    for broken in ("{}", "[]", "{", '"play"'):
        second.write_text(broken, encoding="utf-8")
        with pytest.raises(UserError, match="not a data receipt"):
            fetch.from_receipt(second)
    odd = {"dataset": ["play"], "sha256": 5, "stand_in_for": None}
    second.write_text(json.dumps(odd), encoding="utf-8")
    with pytest.raises(UserError, match="Unknown dataset"):
        fetch.from_receipt(second)


def test_data_folder_that_cannot_be_written(sets, mirror, tmp_path):
    sets("play")
    (tmp_path / "data").write_text("a file stands where the folder should", encoding="utf-8")
    with pytest.raises(UserError, match="set PAPERS_DATA to a folder of yours"):
        fetch.ensure("play")


@pytest.mark.parametrize("how", ["mirror", "packed", "web"])
def test_a_full_disk_is_no_fault_of_a_source(sets, mirror, home, monkeypatch, how):
    """Another source would not help, nor a network."""
    address, folder, _ = home
    sets("play", base=address if how == "web" else DEAD)
    places = {"mirror": mirror / "input.txt", "packed": mirror / "input.txt.gz"}
    places["web"] = folder / "input.txt"
    places[how].write_bytes(gzip.compress(CONTENT) if how == "packed" else CONTENT)

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    monkeypatch.setattr(shutil, "move", full)
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(UserError, match=r"cannot be written \(No space left on device\)"):
        fetch.ensure("play")


def test_a_file_in_the_place_of_a_sets_folder_is_set_aside(sets, mirror):
    sets("play")
    (mirror / "input.txt").write_bytes(CONTENT)
    place.data_root().mkdir()
    (place.data_root() / "play").write_bytes(b"mine")
    said: list[str] = []
    fetch.ensure("play", report=said.append)
    assert "play is no folder; set aside as play.bad-1" in said
    assert (place.data_root() / "play.bad-1").read_bytes() == b"mine"
    assert file().read_bytes() == CONTENT


def test_a_receipt_in_the_place_of_a_folder_is_refused(sets, mirror, tmp_path):
    sets("play")
    (mirror / "input.txt").write_bytes(CONTENT)
    with pytest.raises(UserError, match="mirror is a folder: name the file"):
        fetch.receipt("play", mirror.parent)
    assert not mirror.parent.with_name("mirror.part").exists()


def test_experiment_copies_use_their_owners_data(tmp_path, monkeypatch):
    monkeypatch.delenv("PAPERS_DATA", raising=False)
    for root in (tmp_path, tmp_path / ".dvc/tmp/exps/standalone/tmpabc"):
        (root / "common").mkdir(parents=True)
        (root / "papers").mkdir()
        (root / "papers/__main__.py").touch()
        monkeypatch.chdir(root / "papers")
        assert place.data_root() == tmp_path.resolve() / "data"
