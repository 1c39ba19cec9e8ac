"""Downloads: homes that break off, pack, send without end or never answer."""

from __future__ import annotations

import gzip
import socket

import pytest

from common.data import fetch, web
from common.errors import UserError
from tests.small_sets import CONTENT, OTHER, Endless, entry, file, leftovers, serving


@pytest.mark.parametrize("name", ["input.txt", "input.txt.gz", "input.zip!input.txt"])
def test_a_home_that_sends_without_end_is_not_listened_to(sets, monkeypatch, name):
    monkeypatch.setattr(web, "LARGEST", 1 << 20)  # of an archive, whose size is not known
    handler = type("Handler", (Endless,), {})
    with serving(handler) as address:
        sets("play", sources=[{"how": "url", "base": address, "names": {"input.txt": name}}])
        with pytest.raises(UserError, match=f"{address}: it sends more bytes than the file has"):
            fetch.ensure("play")
    assert handler.sent < 20 << 20  # what lies in the buffers of both sides
    assert leftovers() == []


def test_a_home_that_never_answers_is_asked_once(sets, monkeypatch):
    monkeypatch.setattr(web, "TIMEOUT", (0.2, 0.2))
    with socket.create_server(("127.0.0.1", 0)) as mute:
        sets("play", base=f"http://127.0.0.1:{mute.getsockname()[1]}")
        with pytest.raises(UserError, match="no answer"):
            fetch.ensure("play")
        mute.accept()[0].close()
        mute.settimeout(0.1)
        with pytest.raises(TimeoutError):
            mute.accept()


def test_broken_download_starts_again(sets, home):
    address, folder, handler = home
    (folder / "input.txt").write_bytes(CONTENT)
    sets("play", base=address)
    handler.broken = 2
    assert fetch.ensure("play").how == address
    assert handler.answers == 3
    assert file().read_bytes() == CONTENT and leftovers() == []


def test_half_a_download_never_takes_the_final_name(sets, home):
    address, folder, handler = home
    (folder / "input.txt").write_bytes(CONTENT)
    sets("play", base=address)
    handler.broken = web.ATTEMPTS
    with pytest.raises(UserError, match=address):
        fetch.ensure("play")
    assert not file().exists() and leftovers() == []
    assert fetch.ensure("play").how == address  # the next call goes on


def test_home_may_compress_and_name_files_otherwise(sets, home):
    address, folder, _ = home
    (folder / "first.gz").write_bytes(gzip.compress(CONTENT))
    names = {"input.txt": "first.gz"}
    sets("play", sources=[{"how": "url", "base": address, "names": names}])
    assert fetch.ensure("play").how == address


def test_only_the_missing_file_is_fetched(sets, home):
    address, folder, handler = home
    sets("play", base=address, files=[entry("input.txt", CONTENT), entry("b.txt", OTHER)])
    (folder / "b.txt").write_bytes(OTHER)
    file().parent.mkdir(parents=True)
    file().write_bytes(CONTENT)
    fetch.ensure("play")
    assert handler.answers == 1
