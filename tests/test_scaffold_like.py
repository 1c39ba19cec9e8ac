"""`papers new --like`: the shape of a room that stands, with questions in place of its results."""

import re

import pytest

from common.commands.scaffold import like, trimming
from common.commands.scaffold.making import TEMPLATE, create
from common.commands.scaffold.questions import QUESTIONS, asked, own_lines, unanswered
from common.errors import UserError
from common.paper import Room, rooms
from tests.scaffolding import ROOT, copy_checkout, room_wide, run
from tests.standard import files
from tests.standard.subject import Subject
from tests.toy import make_toy, write

SMOKE = ("--profile", "smoke")
FIRST = "rnn"  # the others are slow
DOCS = (ROOT / "docs" / "add-a-paper.md").read_text(encoding="utf-8")
NAMED = [name for name in rooms(ROOT) if f"| `{name}` |" in DOCS]  # as rooms to begin from
SOURCES = [name if name == FIRST else pytest.param(name, marks=pytest.mark.slow) for name in NAMED]
EACH = pytest.mark.parametrize("source", SOURCES)


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    return copy_checkout(tmp_path_factory.mktemp("checkout"))


@pytest.fixture
def name(copy, source):
    """A new room like that one, in the copy; its name is long on purpose."""
    name = f"another_like_{source}"
    if not (copy / "papers" / name).exists():
        said = run(copy, "papers", "new", name, "--like", source)
        assert f"pytest tests/test_standard.py -k {name} -rx" in said
    return name


@EACH
def test_a_room_like_another_is_clean_and_whole(copy, name):
    run(copy, "ruff", "check", f"papers/{name}")
    run(copy, "ruff", "format", "--check", f"papers/{name}")
    code = "import importlib\n"
    for path in (copy / "papers" / name).rglob("*.py"):
        module = ".".join(path.relative_to(copy).with_suffix("").parts)
        code += f"importlib.import_module({module!r})\n"
    code += f"from papers.{name}.evidence import claims, deviations\n"
    code += "assert claims.CLAIMS and deviations.DEVIATIONS\n"
    (copy / "local").mkdir(exist_ok=True)
    (copy / "local" / "imports.py").write_text(code, encoding="utf-8")
    run(copy, "local.imports")


@EACH
def test_a_room_like_another_has_its_shape_and_none_of_its_results(copy, name, source):
    folder = copy / "papers" / name
    ours, theirs = names_in(folder), names_in(copy / "papers" / source)
    made = r"(runs|metrics|curves)/.*|.*golden.*|dvc.lock|evidence/(verdicts.json|exceptions.yaml)"
    bench = r"tests/(test_distance|bench_.*)\.py"
    assert ours == {p for p in theirs if not re.fullmatch(rf"{made}|{bench}", p)}
    text = "".join(p.read_text() for p in folder.rglob("*.py"))
    assert f"papers.{source}." not in text and f'"{source}"' not in text
    assert f"papers.{name}.task" in text


def names_in(folder):
    found = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    return {path for path in found if "__pycache__" not in path}


@EACH
def test_every_file_of_a_room_asks_what_is_to_be_decided_in_it(copy, name):
    folder = copy / "papers" / name
    found = [f.words for f in files.decided(Subject(Room(name, folder)))]
    for path in folder.rglob("*.py"):
        place = path.relative_to(folder).as_posix()
        if path.name != "__init__.py" or path.parent == folder:
            assert any(words.startswith(f"{place} asks: ") for words in found), place
    for place in ("README.md", "params.yaml", "architecture.yaml", "story.md.j2"):
        assert any(words.startswith(f"{place} asks: ") for words in found), place


def test_of_each_kind_of_claim_one_example_stays():
    texts = like.files(rooms(ROOT)["rnn"], template())
    kept = trimming.entries(texts[like.CLAIMS], "CLAIMS")
    kinds = [trimming.given(claim, "kind") for claim in kept]
    assert kinds == ["exact", "equivalence", "direction", "direction", "out of reach"]
    assert "beats-ngrams" in [trimming.given(claim, "id") for claim in kept], "the story's baseline"
    measures, injections = texts["evidence/measures.py"], texts["evidence/injections.py"]
    assert "def parameters(" in measures and "def temporal_xor(" not in measures
    assert "def summed_loss(" in injections and "def stale_state(" not in injections
    [first] = trimming.entries(texts[like.DEVIATIONS], "DEVIATIONS")
    assert trimming.given(first, "id") == "summed_loss"


def template():
    names = ("README.md", "params.yaml", "story.md.j2")
    return {name: (TEMPLATE / f"{name}.txt").read_text(encoding="utf-8") for name in names}


def test_a_name_is_replaced_where_it_means_the_room():
    text = "from papers.rnn.task import Exam  # char-rnn, nn.rnn; `papers ask rnn`, papers/rnn/"
    assert like.renamed(text, "rnn", "lstm") == (
        "from papers.lstm.task import Exam  # char-rnn, nn.rnn; `papers ask lstm`, papers/lstm/"
    )
    assert like.renamed('room("rnn"), "rnn-cell", papers.rnn_two', "rnn", "lstm") == (
        'room("lstm"), "rnn-cell", papers.rnn_two'
    )


def test_what_nothing_names_is_cut_with_its_comment_and_its_heading():
    text = """import math

# -- kept ---------

LIMIT = 2


def used():
    return LIMIT


# -- gone ---------


# Only for `lost`.
HELP = 3


@staticmethod
def lost():
    return lost() + HELP
"""
    texts = {"evidence/measures.py": text, "claims.py": "from measures import used\n"}
    trimming.drop_unused(texts, ["evidence/measures.py"], [])
    whole = "import math\n\n# -- kept ---------\n\nLIMIT = 2\n\n\ndef used():\n    return LIMIT\n"
    assert texts["evidence/measures.py"] == whole


@pytest.mark.parametrize("path", ["task.py", "params.yaml", "story.md.j2", "evidence/claims.py"])
def test_a_question_can_be_read_back_until_it_is_deleted(path):
    text = asked(path, "x = 1\n")
    question = next(q for p, q in QUESTIONS.items() if re.fullmatch(p, path))
    assert unanswered(text) == [question] and unanswered("x = 1\n") == []
    assert max(map(len, text.splitlines())) <= 100
    assert own_lines(text) == own_lines("x = 1\n") == ["x = 1"]
    assert asked("version1/__init__.py", "x = 1\n") == "x = 1\n"


def test_a_room_like_none_is_a_sentence():
    with pytest.raises(UserError, match="no paper 'transfomer'. Did you mean 'transformer'"):
        create("another", "transfomer")
    assert not (ROOT / "papers" / "another").exists()


def test_a_room_that_is_not_whole_is_no_model_for_others(tmp_path, monkeypatch):
    make_toy(tmp_path)
    write(tmp_path / "papers" / "__main__.py", "")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="papers/toy has no architecture.yaml: take another room"):
        create("another", "toy")
    assert not (tmp_path / "papers" / "another").exists()


def test_prose_is_folded_and_nothing_else():
    assert trimming.folded("", 14) == ""
    long = "x = " + " + ".join(["1"] * 30)
    text = (
        f'"""One two three four.\n\nFive six."""\n\n{long}  # not this\n# one two three four five\n'
    )
    assert trimming.folded(text, 14) == (
        f'"""One two\nthree four.\n\nFive six."""\n\n{long}  # not this\n'
        "# one two\n# three four\n# five\n"
    )


@pytest.mark.slow
@pytest.mark.parametrize("source", rooms(ROOT))
def test_a_room_like_another_trains_and_passes_all_tests(copy, name, source):
    run(copy, "pytest", f"papers/{name}", "-m", "not slow", "-p", "no:cacheprovider")
    assert "was never run: papers reproduce" in room_wide(copy, name)
    assert name in run(copy, "papers", "train", name, rooms(ROOT)[source].newest, *SMOKE)
