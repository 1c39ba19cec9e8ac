"""A user's own text: what it is, its encoding, its line ends, and that no other is trained on."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from common import paper
from common.data import own
from common.data.own import own_file, read_own
from common.data.text import load_text
from common.errors import UserError
from common.run import launch, worker
from common.run.request import Request

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"too short", "has 9 characters"),
        (b" \n" * 1_000, "has 0 characters"),
        (b"\x89PNG\r\n\x1a\n" * 200, "is binary"),
        (b"text\0text" * 200, "is binary"),
    ],
)
def test_own_file_that_is_no_text(tmp_path, content, words):
    path = tmp_path / "mine.txt"
    path.write_bytes(content)
    with pytest.raises(UserError, match=f"^mine.txt .*{words}"):
        load_text(path)


def test_own_file(tmp_path):
    path = tmp_path / "mine.txt"
    path.write_bytes("\ufeffgrün\r\n".encode() * 300)
    text = load_text(path)
    assert text.name == "file:mine.txt"  # no folder: the name goes into records
    assert text.text.startswith("grün\n") and "\r" not in text.text


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_lines_end_alike_whatever_the_machine(tmp_path, end):
    (tmp_path / "mine.txt").write_bytes(end.join(["to be", "or not"] * 200).encode())
    assert set(load_text(tmp_path / "mine.txt").text) == set("to be\nor not")


RUSSIAN = (
    "Мы сидели у реки и читали старую книгу, пока не стемнело. Потом пришёл дед, принёс хлеба и "
    "молока, и мы долго слушали, как он рассказывает о войне, о море и о людях, которых давно нет. "
    "Ветер стих, над водой поднялся туман, и кто-то в деревне запел песню.\n"
)
JAPANESE = "私たちは川のそばで古い本を読んでいます。\n" * 60
LETTER = "Fräulein Müller sagte: „Grüß Gott“ – für 3 €.\n" * 40
LATIN = "Fräulein Müller sagte: Grüß Gott.\n" * 60


def advised(path: Path) -> tuple[str, Path]:
    """What is said of the file, and the file that the advised command writes."""
    with pytest.raises(UserError) as told:
        load_text(path)
    if not shutil.which("iconv"):
        pytest.skip("there is no iconv here")
    command = re.search("`(.*)`", str(told.value))[1]
    subprocess.run(["bash", "-c", command], cwd=path.parent, check=command.count("-c") == 0)
    return str(told.value), path.with_name(f"{path.stem}.utf8{path.suffix}")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        *((LETTER, name) for name in ("UTF-16", "UTF-16LE", "UTF-16BE", "UTF-32", "WINDOWS-1252")),
        (RUSSIAN * 8, "CP1251"),
        (RUSSIAN * 8, "KOI8-R"),
        (RUSSIAN * 8, "CP866"),
        ("Dawno temu żył król, który miał trzech synów i zamek nad rzeką.\n" * 40, "CP1250"),
        ("Μια φορά κι έναν καιρό ήταν ένας βασιλιάς με τρεις γιους.\n" * 40, "CP1253"),
        (JAPANESE, "SHIFT-JIS"),
        (JAPANESE, "EUC-JP"),
        ("从前有一个国王，他有三个儿子，住在河边的一座大宫殿里，每天都很悲伤。\n" * 40, "GB18030"),
    ],
)
def test_another_encoding_is_named_and_the_advice_gives_the_text(
    tmp_path, monkeypatch, text, encoding
):
    """The advised command is run, on a name that a shell would misread."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "- my 'old' $text.txt"
    path.write_bytes(text.encode(encoding))
    told, new = advised(path)
    assert f"looks like {encoding}" in told
    assert load_text(new).text == text


def test_latin_1_is_read_by_the_advice_too(tmp_path):
    path = tmp_path / "mine.txt"
    path.write_bytes(LATIN.encode("latin-1"))
    told, new = advised(path)
    assert "looks like WINDOWS-1252" in told and load_text(new).text == LATIN


def test_every_encoding_that_may_be_advised_is_known_to_iconv():
    if not shutil.which("iconv"):
        pytest.skip("there is no iconv here")
    names = [name.upper().replace("_", "-") for name in own.OTHERS]
    for advice in (*names, *own.KANA.values(), *own.BOMS.values(), "WINDOWS-1252"):
        convert = ["iconv", "-f", advice, "-t", "UTF-8"]
        done = subprocess.run(convert, input="abc".encode(advice), stdout=subprocess.PIPE)
        assert (done.returncode, done.stdout) == (0, b"abc"), advice


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: content[:-3],  # ends within a character
        lambda content: content[:500] + b"\xff\xfe" + content[500:],
        lambda content: content.replace(b"\xd0\x93", b"\xd0", 1),
    ],
)
def test_damaged_utf8_is_not_taken_for_another_encoding(tmp_path, spoil):
    """Converted from WINDOWS-1252 every letter would become two."""
    path = tmp_path / "mine.txt"
    path.write_bytes(spoil((RUSSIAN * 8 + "Всё — Готово").encode()))
    told, new = advised(path)
    assert "is UTF-8, but damaged (first at byte " in told
    kept = load_text(new).text
    assert kept.count(RUSSIAN) >= 7 and len(kept) >= len(RUSSIAN) * 8 + 8


def sparse(path):
    with path.open("wb") as file:
        file.truncate(1 << 40)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path.mkdir(), "is a folder"),
        (os.mkfifo, "is a pipe"),
        (lambda path: path.symlink_to("/dev/zero"), "is a device"),
        (sparse, "has 1,024.0 GiB; 1 GiB is the most"),
        (lambda path: path.touch(), "is empty"),
        (lambda path: path.symlink_to("/proc/self/mem"), "is empty"),
        (lambda path: path.symlink_to("/proc/self/pagemap"), "is empty"),  # 256 GiB, if read
        (lambda path: None, "there is no such file"),
        (lambda path: path.symlink_to(path), "Too many levels"),
    ],
)
def test_what_is_no_file_of_text_is_said_before_it_is_read(tmp_path, make, words):
    make(tmp_path / "mine.txt")
    with pytest.raises(UserError, match=words):
        own_file(tmp_path / "mine.txt")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all")
def test_a_file_that_one_may_not_read(tmp_path):
    (tmp_path / "mine.txt").write_text(LATIN)
    (tmp_path / "mine.txt").chmod(0)
    with pytest.raises(UserError, match="may not be read by you"):
        own_file(tmp_path / "mine.txt")


def test_a_file_that_grows_while_it_is_read_is_not_cut(tmp_path, monkeypatch):
    path, size = tmp_path / "mine.txt", own_file
    path.write_text(LATIN)

    def checked(name):
        place = size(name)
        before = place.stat()
        monkeypatch.setattr(Path, "stat", lambda *_, **__: before)
        with place.open("a") as file:
            file.write("more")
        return place

    monkeypatch.setattr(own, "own_file", checked)
    with pytest.raises(UserError, match="mine.txt is still being written"):
        read_own(path)


@pytest.mark.parametrize(
    ("name", "words"),
    [("a\udcff.txt", r"a\\udcff.txt is not UTF-8: rename"), ("a\nb.txt", "a control character")],
)
def test_a_name_that_cannot_be_written_is_said_at_once(name, words):
    with pytest.raises(UserError, match=words):
        own_file(name)


def test_a_name_is_a_dataset_and_a_path_is_a_file(tmp_path, monkeypatch):
    """A file called like a dataset, in the working folder: neither passes for the other."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PAPERS_DATA", str(tmp_path / "data"))
    (tmp_path / "tinyshakespeare").write_text("my own words\n" * 100)
    mine = load_text(own_file("tinyshakespeare"))
    assert (mine.name, mine.text[:6]) == ("file:tinyshakespeare", "my own")
    assert load_text("tinyshakespeare", report=lambda line: None).text.startswith("First Citizen")


@pytest.fixture
def job(tmp_path, monkeypatch):
    """What a worker gets for a file called `tinyshakespeare`, named by its name alone."""
    (tmp_path / "tinyshakespeare").write_text("my own words\n" * 100)
    monkeypatch.chdir(tmp_path)
    for module in (launch, paper):  # the repository is elsewhere
        monkeypatch.setattr(module, "find_root", lambda *_: ROOT)
    request = Request("rnn", "version1", profile="smoke", data="tinyshakespeare", seeds=(0,))
    made = launch.prepare(request, record=False, report=print)
    return made, {**launch._jobs(made, "highest")[0], "rank": 0, "folder": str(tmp_path / "seed-0")}


def test_record_and_worker_mean_the_same_file(capsys, job, tmp_path):
    made, told = job
    assert "tinyshakespeare is your file here, not the catalogue's" in capsys.readouterr().out
    assert told["data"][""] == str(tmp_path / "tinyshakespeare")
    _, sha256 = read_own(told["data"][""])
    assert told["sha256"][""] == made.datasets[""].sha256 == sha256
    assert made.datasets[""].name == "file:tinyshakespeare"


def test_a_file_that_changed_since_the_run_began_is_not_trained_on(job, tmp_path):
    """The record names the text as it was when the run began: another seed may come hours later."""
    (tmp_path / "tinyshakespeare").write_text("other words\n" * 100)
    with pytest.raises(UserError, match="tinyshakespeare has changed since this run began"):
        worker.work(job[1])
