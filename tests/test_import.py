"""`papers runs import FILE`: what is taken in, what is refused, and that nothing is lost."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from common.commands import runs
from common.errors import UserError
from common.paper import Room
from common.records.record import LARGEST, read_record
from tests.doctored import PLACE, read, sealed

VARIANT = "version1"


@pytest.fixture
def place(room_copy: Room) -> Path:
    return room_copy.path("runs", PLACE, f"{VARIANT}.json")


def bring(folder: Path, content: dict) -> Path:
    path = folder / "brought.json"
    path.write_text(json.dumps(sealed(content)))
    return path


def test_a_record_from_elsewhere_is_taken_in(room_copy, place, tmp_path, capsys):
    content = read(room_copy, VARIANT)
    place.unlink()
    assert runs.adopt(bring(tmp_path, content)) == place
    assert read_record(place).model_dump(mode="json") == sealed(content)
    assert capsys.readouterr().out == ""
    assert runs.adopt(bring(tmp_path, content)) == place
    said = f"replaces the same record with {len(content['seeds'])} seeds"
    assert said in capsys.readouterr().out


def test_one_with_more_seeds_replaces_it_and_says_so(room_copy, place, tmp_path, capsys):
    content = read(room_copy, VARIANT)
    before = len(content["seeds"])
    content["seeds"].append(another(content["seeds"][0]))
    runs.adopt(bring(tmp_path, content))
    assert len(read_record(place).seeds) == before + 1
    said = f"replaces one of {content['started'][:10]} with {before} seeds"
    assert said in capsys.readouterr().out


def another(run: dict) -> dict:
    """A run that could be one more seed's."""
    curve = {**run["curve"], "loss": [1.0, *run["curve"]["loss"][1:]]}
    return {**run, "seed": 10, "curve": curve}


KINDS = [
    (lambda old: old.update(profile="smoke"), r"another profile .*\(cpu, there smoke\)"),
    (lambda old: old["dataset"].update(name="wikitext2"), "another dataset .*there wikitext2"),
    (lambda old: old["dataset"].update(sha256="1" * 64), "another text .*there 111111111111"),
    (lambda old: old["config"].update(hidden=3), "another config than the record in place"),
    (lambda old: old["seeds"].append(another(old["seeds"][0])), r"lacks seeds .*\(10\)"),
]


@pytest.mark.parametrize(("edit", "reason"), KINDS, ids=lambda value: str(value)[:25])
def test_no_record_is_replaced_by_one_of_another_kind(room_copy, place, tmp_path, edit, reason):
    content, old = read(room_copy, VARIANT), read(room_copy, VARIANT)
    edit(old)
    place.write_text(json.dumps(sealed(old)))
    before = place.read_bytes()
    with pytest.raises(UserError, match=f"{reason}.*`papers runs aside rnn [0-9a-f]{{8}}`"):
        runs.adopt(bring(tmp_path, content))
    assert place.read_bytes() == before
    place.unlink()
    assert runs.adopt(bring(tmp_path, content)) == place


def test_a_damaged_record_in_place_is_not_written_over(room_copy, place, tmp_path):
    content = read(room_copy, VARIANT)
    place.write_text("{")
    with pytest.raises(UserError, match="version1.json is not a valid record"):
        runs.adopt(bring(tmp_path, content))
    assert place.read_text() == "{"


def test_an_edited_record_is_refused(room_copy, place, tmp_path):
    content, before = read(room_copy, VARIANT), place.read_bytes()
    path = tmp_path / "edited.json"
    content["seeds"][0]["metrics"]["bits_per_character"] = 0.1
    path.write_text(json.dumps(content))
    with pytest.raises(UserError, match="edited.json: the seal does not match"):
        runs.adopt(path)
    assert place.read_bytes() == before


def test_what_is_no_record_is_said_in_no_time(room_copy, tmp_path):
    """A sample of 50 MB, a sparse terabyte, a pipe without a writer, a folder, nothing."""
    content = read(room_copy, VARIANT)
    content["seeds"][0]["samples"] = ["x" * (50 << 20)]
    large, sparse, pipe = (tmp_path / name for name in ("large.json", "sparse.json", "pipe.json"))
    large.write_text(json.dumps(content))
    with sparse.open("wb") as file:
        file.truncate(1 << 40)
    os.mkfifo(pipe)
    started = time.monotonic()
    for path, said in (
        (large, f"it has more than {LARGEST >> 20} MiB"),
        (sparse, f"it has more than {LARGEST >> 20} MiB"),
        (pipe, "is no file: name a record's JSON file"),
        (tmp_path, "is no file: name a record's JSON file"),
        (tmp_path / "none.json", "is no file: name a record's JSON file"),
    ):
        with pytest.raises(UserError, match=said):
            runs.adopt(path)
    assert time.monotonic() - started < 2


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "[" * 100_000, '{"format": 1e999}', "\ud800", "1" * 5000]
)
def test_any_text_is_refused_in_a_sentence(room_copy, tmp_path, text):
    path = tmp_path / "odd.json"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(UserError, match="odd.json is not a valid record") as refused:
        runs.adopt(path)
    assert len(str(refused.value)) < 400
