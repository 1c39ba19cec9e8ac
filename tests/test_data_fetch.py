"""Fetching: every way in which bytes can be wrong, lacking or slow to come, on a tiny catalogue."""

from __future__ import annotations

import gzip
import hashlib
import http.server
import json
import threading
from functools import partial
from pathlib import Path

import pytest

from common.data import catalog, fetch, web
from common.errors import UserError

CONTENT = b"to be or not to be\n" * 400
OTHER = b"all the world's a stage\n" * 10
DEAD = "http://127.0.0.1:9"  # the discard port: nobody listens


def entry(path: str, content: bytes) -> dict:
    digest = hashlib.sha256(content).hexdigest()
    return {"path": path, "bytes": len(content), "sha256": digest}


@pytest.fixture
def sets(tmp_path, monkeypatch):
    """A catalogue in a temporary folder: a function that adds a dataset to it."""
    folder = tmp_path / "sets"
    folder.mkdir()
    monkeypatch.setattr(catalog, "SETS", folder)
    monkeypatch.setattr(web, "PAUSE", 0.0)
    monkeypatch.setenv("PAPERS_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("PAPERS_DATA_MIRROR", raising=False)

    def add(name: str, *, content: bytes = CONTENT, base: str = DEAD, **more) -> None:
        facts = {"title": name, "kind": "text", "licence": "none", "home": "https://example.org"}
        facts["files"] = [entry("input.txt", content)]
        facts["sources"] = [{"how": "url", "base": base}]
        (folder / f"{name}.json").write_text(json.dumps(facts | more), encoding="utf-8")
        catalog.load_catalog.cache_clear()

    yield add
    catalog.load_catalog.cache_clear()


@pytest.fixture
def mirror(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "mirror" / "play"
    folder.mkdir(parents=True)
    monkeypatch.setenv("PAPERS_DATA_MIRROR", str(folder.parent))
    return folder


class Server(http.server.SimpleHTTPRequestHandler):
    """Serves a folder. The first `broken` answers end after half of the bytes they promise."""

    broken = 0
    answers = 0

    def do_GET(self) -> None:
        type(self).answers += 1
        if type(self).broken < type(self).answers:
            return super().do_GET()
        content = Path(self.translate_path(self.path)).read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2])
        self.close_connection = True
        return None

    def log_message(self, *words) -> None:
        pass


@pytest.fixture
def home(tmp_path):
    """A web server on this machine: its address, its folder, and its handler's class."""
    folder = tmp_path / "home"
    folder.mkdir()
    handler = type("Handler", (Server,), {})
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(handler, directory=str(folder))
    )
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", folder, handler
    server.shutdown()
    server.server_close()
    thread.join()


def file(name: str = "play") -> Path:
    return fetch.data_root() / name / "input.txt"


def leftovers() -> list[str]:
    """Files in the data folder that are neither a dataset's nor a lock."""
    paths = (p for p in fetch.data_root().rglob("*") if p.is_file())
    return [p.name for p in paths if p.name != "input.txt" and p.suffix != ".lock"]


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


def test_what_a_killed_process_left_is_swept_away(sets, mirror):
    sets("play")
    (mirror / "input.txt").write_bytes(CONTENT)
    part = fetch.data_root() / ".part" / "play"
    part.mkdir(parents=True)
    (part / "input.txt").write_bytes(CONTENT[:100])
    fetch.ensure("play")
    assert file().read_bytes() == CONTENT and leftovers() == []


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
    second.write_text("{}", encoding="utf-8")
    with pytest.raises(UserError, match="not a data receipt"):
        fetch.from_receipt(second)


def test_data_folder_that_cannot_be_written(sets, mirror, tmp_path):
    sets("play")
    (tmp_path / "data").write_text("a file stands where the folder should", encoding="utf-8")
    with pytest.raises(UserError, match="set PAPERS_DATA to a folder of yours"):
        fetch.ensure("play")


def test_experiment_copies_use_their_owners_data(tmp_path, monkeypatch):
    monkeypatch.delenv("PAPERS_DATA", raising=False)
    for root in (tmp_path, tmp_path / ".dvc/tmp/exps/standalone/tmpabc"):
        (root / "common").mkdir(parents=True)
        (root / "papers").mkdir()
        (root / "papers/__main__.py").touch()
        monkeypatch.chdir(root / "papers")
        assert fetch.data_root() == tmp_path.resolve() / "data"
