"""The doors to models that do not go on writing: answers, bars, JSON, and what is refused."""

from __future__ import annotations

import importlib
import io
import json
import struct
import sys
import zlib

import numpy as np
import pytest

from common.commands import cli
from common.commands.doors import DOORS, able, doors
from common.data.pictures import PIXELS, read_picture, resized
from common.errors import UserError
from common.paper import forget_rooms
from tests.asking import BACKWARDS, NAME, make_asking, weights
from tests.factory import make_room

Image = pytest.importorskip("PIL.Image")


@pytest.fixture
def home(tmp_path, monkeypatch):
    room = make_asking(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    yield room
    forget_rooms()


@pytest.fixture
def papers(home, tmp_path, capsys, monkeypatch):
    """papers(door, version, *words, stdin=b"") -> exit code, stdout, stderr."""

    def run(door, version, *words, stdin=b""):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        with pytest.raises(SystemExit) as stopped:
            cli.main([door, NAME, *words, *weights(tmp_path, version)])
        return stopped.value.code, *capsys.readouterr()

    return run


@pytest.fixture
def red(tmp_path):
    path = tmp_path / "red.png"
    Image.new("RGB", (40, 30), (255, 0, 0)).save(path)
    return str(path)


# -- answers -------------------------------------------------------------------------------------


def test_fill_gives_the_likeliest_words_of_each_gap(papers):
    code, out, told = papers("fill", "version1", "the man [MASK] a bike")
    assert code == 0 and told.startswith("asking version1, seed 0, ")
    lines = out.splitlines()
    assert lines[0] == "the man rides a bike" and lines[2] == "[MASK]"
    assert [line.split()[:2] for line in lines[3:]] == [
        ["rides", "70.0%"],
        ["eats", "20.0%"],
        ["\\n", "10.0%"],
    ]
    assert all(len(line) <= 80 for line in lines)
    assert lines[3].count("█") == pytest.approx(3.5 * lines[4].count("█"), abs=2)
    _, out, _ = papers("fill", "version1", "[MASK] [MASK]", "--top", "1", "--json")
    found = json.loads(out)
    assert found["gaps"] == [[{"token": " rides", "p": 0.7}]] * 2
    assert (found["best"], found["variant"]) == ("rides rides", "version1")


def test_classify_reads_texts_and_pictures(papers, red):
    _, out, _ = papers("classify", "version1", "a good film")
    assert [line.split()[:2] for line in out.splitlines()] == [["good", "80.0%"], ["bad", "20.0%"]]
    _, out, _ = papers("classify", "version2", red, "--json")
    first, second = json.loads(out)["classes"]
    assert (first["label"], second["label"]) == ("dark", "light")
    assert first["p"] == pytest.approx(2 / 3)


def test_near_knows_neighbours_and_analogies(papers):
    _, out, _ = papers("near", "version1", "king", "--top", "3")
    assert [line.split()[0] for line in out.splitlines()] == ["near", "man", "queen", "woman"]
    assert " 0.707 " in out.splitlines()[1]
    _, out, _ = papers("near", "version1", "--analogy", "man", "king", "woman", "--json")
    assert json.loads(out)["near"][0]["word"] == "queen"
    code, _, said = papers("near", "version1", "quen")
    assert code == 2 and "'quen' has no vector" in said and "Did you mean 'queen'" in said


def test_search_shows_the_best_documents(papers):
    assert papers("search", "version1", "bike")[1] == "1. Bikes (1.500)\n   A man rides a bike.\n"
    _, out, _ = papers("search", "version1", "a", "--top", "1", "--json")
    assert json.loads(out)["hits"] == [
        {"title": "Bikes", "text": "A man rides a bike.", "score": 1.5}
    ]
    assert papers("search", "version1", "zebra")[1].startswith("nothing found")


def test_caption_and_match_look_at_a_picture(papers, red):
    assert papers("caption", "version1", red)[1] == "a picture of 30 by 40\n"
    _, out, _ = papers("match", "version1", red, "a blue square", "a red circle")
    assert out.splitlines()[0].split()[:4] == ["a", "red", "circle", "100.0%"]


def test_translate_answers_line_by_line(papers):
    assert papers("translate", "version3", "a man rides", "man")[1] == "rides man a\nman\n"
    assert papers("translate", "version3", "-", stdin=b"a man\n\nrides\n")[1] == "man a\nrides\n"
    _, out, _ = papers("translate", "version3", "a man", "--json")
    assert json.loads(out)["translations"] == [{"text": "a man", "translation": "man a"}]
    assert papers("generate", "version3", "--prompt", "a man")[1] == "man a\n"


LOOKING = """
import numpy as np
from common.ask.abilities import Classifier
from common.ask.writer import Attention

def load(checkpoint) -> Classifier:
    def attend(picture):
        names = [f"{picture.shape}", "red" if picture[..., 0].min() == 255 else "not red"]
        return [Attention("layer 1", ["image"], names, np.full((1, 1, 2), 0.5))]
    return Classifier(["a"], lambda picture: [1.0], reads="image", attend=attend)
"""


def test_attend_reads_a_picture_where_the_model_reads_pictures(home, papers, red, tmp_path):
    home.path("version2", "ask.py").write_text(LOOKING)
    folder = tmp_path / "maps"
    code, _, said = papers("attend", "version2", red, "--output", str(folder))
    assert code == 0, said
    drawn = (folder / "layer-1.svg").read_text(encoding="utf-8")
    assert "(30, 40, 3)" in drawn and ">red<" in drawn
    code, _, said = papers("attend", "version2", "no.png", "--output", str(folder))
    assert code == 2 and "no.png: there is no such file" in said


def test_contaminated_names_the_examples_that_were_seen(papers, tmp_path):
    test = tmp_path / "test.txt"
    test.write_text("A man walks.\n\n\nAn apple a day.\n \nA man rides a bike.\n")
    code, out, said = papers("contaminated", "version1", str(test), "--top", "1")
    assert code == 0, said
    assert out.splitlines() == [
        "2 of 3 examples share words with the training text.",
        "2. An apple a day.",
    ]
    _, out, _ = papers("contaminated", "version1", str(test), "--json")
    found = json.loads(out)
    assert found["examples"] == 3 and [row["example"] for row in found["contaminated"]] == [2, 3]


# -- which rooms have which ----------------------------------------------------------------------


def test_what_load_returns_says_which_doors_there_are(home):
    assert doors(home, "version1") == [
        *("fill", "classify", "near", "search", "contaminated", "caption", "match", "units")
    ]
    assert doors(home, "version2") == ["classify"]
    assert doors(home, "version3") == ["generate", "chat", "translate"]
    assert able(home, "classify") == ["version1", "version2"]
    home.path("version2", "ask.py").unlink()
    assert doors(home, "version2") == [] and able(home, "attend") == []


@pytest.mark.parametrize("door", [d for d in DOORS if d not in ("generate", "chat")])
def test_a_room_without_the_door_names_those_that_have_it_and_its_own(home, door, capsys, red):
    make_room(home.folder.parents[1], "plain", {"version1": 2.0})
    home.path("..", "plain", "version1").mkdir()
    home.path("..", "plain", "version1", "ask.py").touch()
    home.path("version3", "ask.py").write_text(BACKWARDS + "attend = None\n")
    words = {"caption": [red], "match": [red, "a", "b"], "fill": ["[MASK]"]}
    with pytest.raises(SystemExit, match="2"):
        cli.main([door, "plain", *words.get(door, ["x"])])
    out, said = capsys.readouterr()
    assert out == "" and said.count("\n") == 1
    assert said.startswith(f"error: plain {DOORS[door][1]}; these ") and f": {NAME}. " in said
    assert said.endswith("It has: papers generate plain, papers chat plain.\n")


def test_a_version_without_the_door_names_those_that_have_it(papers):
    code, _, said = papers("fill", "version2", "[MASK]")
    assert (
        code == 2 and said == "error: asking version2 fills no gaps in a text. Known: version1.\n"
    )


def test_the_help_stays_readable_at_80_columns(home, capsys):
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    panel = out[out.index("Ask a model") : out.index("Look at results")]
    assert all(f"│ {door} " in panel for door in DOORS)


# -- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["fill", "version1", "no gap"], "write [MASK] where a word is missing"),
        (["near", "version1"], "name one word, or give --analogy"),
        (["near", "version1", "a", "--analogy", "a", "b", "c"], "name one word, or"),
        (["search", "version1", " "], "the query is empty"),
        (["match", "version1", "x.png", "a", "a"], "two different texts"),
        (["contaminated", "version1", "no.txt"], "no.txt: there is no such file"),
        (["classify", "version1", "nan"], "gives no usable probabilities: its training diverged"),
        (["classify", "version1", "broken"], "does not go with its config: shapes (3, 4)"),
        (["classify", "version2", "no.png"], "no.png: there is no such file"),
        (["caption", "version1", "."], ". is a folder: name a PNG or JPEG picture"),
        (["translate", "version3", "-"], "there is no sentence to translate"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(papers, words, told):
    code, out, said = papers(*words)
    assert (code, out) == (2, "") and told in said, said
    assert "Traceback" not in said


@pytest.mark.parametrize("module", ["common.commands.doors.classify", "common.commands.attend"])
def test_a_picture_that_is_not_there_is_noticed_before_anything_is_trained(module, monkeypatch):
    command = importlib.import_module(module)
    monkeypatch.setattr(command, "opened", lambda *_, **__: pytest.fail("weights are asked for"))
    with pytest.raises(UserError, match="no.PNG: there is no such file"):
        getattr(command, module.rpartition(".")[2])("vit", "no.PNG", train=True)


def png(width: int, height: int) -> bytes:
    """A picture of a few bytes that says it is that large."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is no PNG or JPEG picture"),
        (b"GIF89a" + bytes(50), "is no PNG or JPEG picture"),
        (b"\x80\x04pickle", "is no PNG or JPEG picture"),
        (png(20, 20), "is damaged"),
        (png(60_000, 1_000), f"{PIXELS:,} is the most"),
        (png(2**31 - 1, 2**31 - 1), f"{PIXELS:,} is the most"),
    ],
)
def test_a_picture_that_is_none_is_named_before_it_is_unpacked(tmp_path, content, told):
    path = tmp_path / "odd.png"
    path.write_bytes(content)
    with pytest.raises(UserError, match=told):
        read_picture(path)


def test_every_cut_of_a_picture_is_a_picture_or_a_sentence(tmp_path):
    whole = tmp_path / "whole.jpg"
    drawn = np.arange(48 * 48 * 3).reshape(48, 48, 3) % 251
    Image.fromarray(drawn.astype(np.uint8)).save(whole)
    content = whole.read_bytes()
    assert read_picture(whole).shape == (48, 48, 3)
    for cut in range(0, len(content), 97):
        whole.write_bytes(content[:cut])
        with pytest.raises(UserError):
            read_picture(whole)


def test_pictures_of_every_kind_become_the_same_array(tmp_path):
    grey = np.array([[0, 64], [128, 255]], dtype=np.uint8)
    made = {
        "L": Image.fromarray(grey),
        "P": Image.fromarray(grey).convert("P"),
        "RGBA": Image.fromarray(grey).convert("RGBA"),
        "I;16": Image.fromarray(grey.astype(np.uint16) * 257),
    }
    for name, image in made.items():
        image.save(tmp_path / "x.png")
        assert np.array_equal(read_picture(tmp_path / "x.png"), np.stack([grey] * 3, -1)), name
    Image.new("RGBA", (2, 2), (0, 0, 0, 0)).save(tmp_path / "x.png")
    assert read_picture(tmp_path / "x.png").min() == 255
    turned = Image.new("RGB", (4, 2))
    exif = turned.getexif()
    exif[0x0112] = 6
    turned.save(tmp_path / "x.jpg", exif=exif)
    assert read_picture(tmp_path / "x.jpg").shape == (4, 2, 3)


def test_the_middle_of_a_picture_is_taken_without_stretching():
    wide = np.zeros((10, 30, 3), dtype=np.uint8)
    wide[:, 10:20] = 255
    assert resized(wide, 5, 5).min() == 255 and resized(wide, 5, 5).shape == (5, 5, 3)
    assert resized(wide, 5, 15, grey=True).shape == (5, 15)
