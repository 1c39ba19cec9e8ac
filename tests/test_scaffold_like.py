"""`papers new --like`: the shape of a room that stands, with questions in place of its results."""

import ast
import re

import pytest
import yaml

from common.commands.scaffold import like, trimming
from common.commands.scaffold.making import TEMPLATE, create
from common.commands.scaffold.questions import QUESTIONS, asked, own_lines, unanswered
from common.errors import UserError
from common.paper import Room, rooms
from tests.scaffolding import ROOT, copy_checkout, room_wide, run
from tests.standard import files
from tests.standard.subject import Subject
from tests.standing import standing
from tests.toy import make_toy, write

SMOKE = ("--profile", "smoke")
IMPORT = ast.Import | ast.ImportFrom
FIRST = "rnn"  # the others are slow
DOCS = (ROOT / "docs" / "add-a-paper.md").read_text(encoding="utf-8")
NAMED = [name for name in rooms(ROOT) if f"| `{name}` |" in DOCS]  # as rooms to begin from
SOURCES = [name if name == FIRST else pytest.param(name, marks=pytest.mark.slow) for name in NAMED]
EACH = pytest.mark.parametrize("source", SOURCES)


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    return copy_checkout(tmp_path_factory.mktemp("checkout"))


def another(source):
    """The name of a room like that one; it is long on purpose."""
    return f"another_like_{source}"


CREATE = """
import sys
from common.commands.scaffold.making import create
for source in sys.argv[1:]:
    create(f"another_like_{source}", source)
"""


def make(copy, sources):
    """Rooms like those, in the copy, where they are not there yet; all in one process."""
    missing = [source for source in sources if not (copy / "papers" / another(source)).exists()]
    write(copy / "local" / "create.py", CREATE)
    said = run(copy, "local.create", *missing) if missing else ""
    for source in missing:
        assert f"pytest tests/test_standard.py -k {another(source)} -rx" in said


@pytest.fixture
def name(copy, source):
    """A new room like that one, in the copy."""
    name = another(source)
    if source != FIRST:
        make(copy, NAMED)
    elif not (copy / "papers" / name).exists():
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
    made = r"(runs|metrics|curves|demo)/.*|.*golden.*|dvc.lock"
    judged = r"evidence/(verdicts.json|exceptions.yaml)|notes\.md"
    bench = r"tests/(test_distance|bench_.*)\.py"
    assert ours == {p for p in theirs if not re.fullmatch(rf"{made}|{judged}|{bench}", p)}
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


# -- rooms like all that there are -----------------------------------------------------------------

# Several rooms in one process of pytest, which looks through the tests of every room once.
TOGETHER = 5
ALL = list(standing(ROOT))
GROUPS = [ALL[i : i + TOGETHER] for i in range(0, len(ALL), TOGETHER)]
# Tests of every room that do nothing but train small runs of all versions. They do so in the room
# that the new one is like, whose code is the same: `same_code` holds that.
SMALL_RUNS = (
    *("test_every_version", "test_checkpoints", "test_training_rules"),
    *("test_no_part_feeds_another", "test_training_data_counts"),
)


def same_code(ours, theirs):
    """A new room computes what that one does: the statements but for names, the parameters of small
    runs, and what it says of its data, metric and versions."""
    files = [*theirs.glob("version*/*.py"), *theirs.glob("*.py"), theirs / "tests" / "exam.py"]
    for path in files:
        if path != theirs / "__init__.py" and not path.name.startswith("bench_"):
            found = (ours / path.relative_to(theirs)).read_text(encoding="utf-8")
            text = like.renamed(path.read_text(encoding="utf-8"), theirs.name, ours.name)
            assert statements(found) == statements(text), path
    params = [yaml.safe_load((f / "params.yaml").read_text())["smoke"] for f in (ours, theirs)]
    assert params[0] == params[1]
    said = [fields((folder / "__init__.py").read_text()) for folder in (ours, theirs)]
    assert said[0] == said[1]


def statements(text):
    """The code without comments, layout and docstrings; imports in the order of their names."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        documented = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        if documented and ast.get_docstring(node):
            del node.body[0]
    imports = [ast.unparse(node) for node in tree.body if isinstance(node, IMPORT)]
    return sorted(imports), [ast.unparse(n) for n in tree.body if not isinstance(n, IMPORT)]


def fields(text):
    """What a room says of itself, but for what is asked anew."""
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    [paper] = [call for call in calls if ast.unparse(call.func) == "Paper"]
    return {k.arg: ast.unparse(k.value) for k in paper.keywords if k.arg not in like.BLANK}


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("sources", GROUPS, ids="-".join)
def test_rooms_like_others_train_and_pass_all_tests(copy, sources):
    make(copy, sources)
    names = [another(source) for source in sources]
    for source, name in zip(sources, names, strict=True):
        same_code(copy / "papers" / name, copy / "papers" / source)
    own = [f"papers/{name}" for name in names]
    run(copy, "pytest", *own, "-m", "not slow", "-p", "no:cacheprovider")
    said = room_wide(copy, f"({' or '.join(names)})", " or ".join(["test_scaffold", *SMALL_RUNS]))
    for name in names:
        assert f"{name} was never run: papers reproduce {name}" in said
    write(copy / "local" / "train.py", TRAIN)
    newest = [f"{another(source)}:{rooms(ROOT)[source].newest}" for source in sources]
    assert run(copy, "local.train", *newest).split() == names


TRAIN = """
import sys
from pathlib import Path
from tests.running import recorded
for word in sys.argv[1:]:
    name, version = word.split(":")
    made = recorded(Path.cwd(), name, version, record=False, profile="smoke", seeds=(0,))
    assert made.seeds[0].metrics
    print(made.paper)
"""


@pytest.mark.slow
def test_the_command_trains_a_room_like_another(copy):
    make(copy, [FIRST])
    assert another(FIRST) in run(copy, "papers", "train", another(FIRST), "version2", *SMOKE)
