"""Every shape that a model's file states is the shape there: docs/add-a-paper.md has the form."""

import importlib
import re
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from common.paper import rooms
from tests.shape_runs import every, faults, unnoticed, watched
from tests.shapes import Source

ROOT = Path(__file__).parents[1]
PLACES = [  # folders whose files are run together: each version, the rest of each room, common/
    *(path for home in rooms().values() for path in map(home.path, ("", *home.paper.versions))),
    ROOT / "common",
]
BY_PLACE = pytest.mark.parametrize(
    "place", PLACES, ids=lambda path: path.relative_to(ROOT).as_posix()
)


@cache
def files(place):
    """The files below a place, but for tests and other places, whose shapes are held: every
    version's model, and whatever else has a legend."""
    inner = [other for other in PLACES if place in other.parents]
    found = []
    for path in sorted(place.rglob("*.py")):
        if any(other in path.parents for other in inner) or "tests" in path.parts:
            continue
        if path.name == "model.py" or "Shapes:" in path.read_text(encoding="utf-8"):
            source = Source(path, path.relative_to(ROOT).as_posix())
            if source.legend or path.name == "model.py":
                found.append(source)
    return found


@cache
def run(place):
    """The files as they were seen in a run at sizes of its own; and the sizes."""
    sources, seen = {s.path: s for s in files(place) if s.notes}, {}
    if not sources:
        return {}, {}

    def load(part):
        source = sources[place.joinpath(*part.split(".")).with_suffix(".py")]
        module, seen[source] = watched(source.path, source.name)
        return module

    home = place if (place / "tests").is_dir() else place.parent
    if place == ROOT / "common":
        side = importlib.import_module("tests.shapes_of_common")
    else:
        side = importlib.import_module(f"papers.{home.name}.tests.shapes")
    side.run(place.name if home != place else "", load)
    return seen, every(side.SIZES)


@BY_PLACE
def test_every_shape_is_the_one_that_is_stated(place):
    seen, sizes = run(place)
    for source in files(place):
        assert source in seen or not source.notes, f"{source.name}: no tests/shapes.py runs it"
        assert source.faults == []
    assert [fault for recorder in seen.values() for fault in faults(recorder, sizes)] == []


@BY_PLACE
def test_a_shape_stands_beside_every_product(place):
    models = [source for source in files(place) if source.path.name == "model.py"]
    assert [line for source in models for line in source.bare()] == []


@BY_PLACE
def test_whichever_letter_is_wrong_is_noticed(place):
    """Each letter of each shape is replaced by each other letter of the legend."""
    seen, sizes = run(place)
    for source, recorder in seen.items():
        missed, count = unnoticed(recorder, sizes)
        assert missed == []
        assert count >= len(source.notes)


@BY_PLACE
def test_letters_have_primes_of_their_own(place):
    """Or products of them, as d_model = heads x d_k, so that no two sizes can be mixed up."""
    own = [values[0] for values in run(place)[1].values()]
    assert [size for size, count in Counter(own).items() if count > 1] == []
    primes = [2, *filter(is_prime, own)]
    for size in own:
        for prime in primes:
            size = size // prime if size % prime == 0 else size
        assert size == 1 or is_prime(size)


def test_no_shape_stands_where_nothing_holds_it():
    names = [p for folder in ("common", "papers") for p in (ROOT / folder).rglob("*.py")]
    likely = [p for p in names if "tests" not in p.parts and re.search(r"# .*\(.*,", p.read_text())]
    sources = [Source(path, path.relative_to(ROOT).as_posix()) for path in likely]
    assert len(sources) > 10
    assert [at for source in sources if not source.legend for at in source.beside] == []


def is_prime(number):
    return number > 1 and all(number % n for n in range(2, number))


LEGEND = '"""A toy.\n\nShapes: B batch, T positions, S positions looked at, D width.\n"""\n\n'
SIZES = {"B": 5, "T": (7, 1), "S": (11, 7), "D": 13}


def judged(tmp_path, code, use=lambda toy: None):
    """What is wrong in a toy file, its name and the lines of its legend left out."""
    path = tmp_path / "toy.py"
    path.write_text(LEGEND + code, encoding="utf-8")
    module, recorder = watched(path, "toy.py")
    use(module)
    return [fault.removeprefix("toy.py:") for fault in faults(recorder, SIZES)]


def arrays(*shapes):
    return [np.zeros(shape) for shape in shapes]


PRODUCT = """def product(x, w):
    y = x @ w  # {}
    return y
"""


def use_product(toy):
    toy.product(*arrays((5, 7, 13), (13, 11)))


@pytest.mark.parametrize(
    ("comment", "fault"),
    [
        ("(B, T, S): Eq. 1", None),
        ("(B, T, D - 2)", None),
        ("(B, T, 22 / 2)", None),
        ("(..., S)", None),
        ("(B, T, S or D)", "it is never D"),
        ("(B, T, D)", "it says (B, T, D), and there is (5, 7, 11) (B = 5, D = 13, T = 7)"),
        ("(T, B, S)", "it says (T, B, S), and there is (5, 7, 11) (B = 5, S = 11, T = 7)"),
        ("(B, T)", "it says (B, T), and there is (5, 7, 11) (B = 5, T = 7)"),
        ("(B, T, E)", "(B, T, E): the file's legend has no E"),
        ("(B, T, width)", "first the shape, then a colon and words: (B, T, width)"),
        ("Eq. 1: (B, T, S)", "first the shape, then a colon and words: Eq. 1: (B, T, S)"),
        ("(B, T, S) -> (B, T, S) -> (B, T, S)", "more arrows than products"),
    ],
)
def test_a_wrong_shape_is_said_with_its_line_and_what_is_there(tmp_path, comment, fault):
    found = judged(tmp_path, PRODUCT.format(comment), use_product)
    if fault is None:
        assert found == []
    else:
        assert len(found) == 1 and found[0].startswith("7: ") and fault in found[0]


@pytest.mark.parametrize(
    "code",
    [
        "def f(x, w):\n    # {}\n    y = x @ w\n    return y\n",
        "def f(x, w):\n    return x @ w, 1  # {}\n",
        "def f(x, w):\n    y = []\n    y.append(x @ w)  # {}\n",
        "def f(x, w):\n    return [y for y in g(x, w)]\n\n\ndef g(x, w):\n    yield x @ w  # {}\n",
        "def f(x, w):\n    y = 0\n    y += x @ w  # {}\n",
        "def f(x, w):\n    for y in [x @ w]:  # {}\n        return y\n",
        "def f(x, w):\n    return (x @ w) @ w.T  # {} -> (B, T, D)\n",
        "def f(x, w):  # -> {}\n    return x @ w\n",
        "def f(x, w):  # (B, T, D), (D, S) -> {}\n    return x @ w\n",
        'def f(x, w):\n    """x w: (B, T, D) -> {}."""\n    return x @ w\n',
        'def f(x, w):\n    """Products {} of `x` (B, T, D)."""\n    return x @ w\n',
        'def f(x, w):\n    """Of `x` {}."""\n    return x @ w\n',
        "def f(x, w):\n    a, b = (x @ w for _ in range(2))  # twice {}\n    return a, b\n",
        "def f(x, w):\n    def g():\n        return x @ w  # {}\n\n    return g()\n",
    ],
)
def test_a_shape_is_checked_wherever_it_may_stand(tmp_path, code):
    right = "(B, T, D)" if "Of `x`" in code else "(B, T, S)"
    wrong = right.replace("T", "D")

    def use(toy):
        toy.f(*arrays((5, 7, 13), (13, 11)))

    assert judged(tmp_path, code.replace("{}", right), use) == []
    (found,) = judged(tmp_path, code.replace("{}", wrong), use)
    assert "it says" in found


def test_a_shape_that_no_run_reaches_is_a_fault(tmp_path):
    assert judged(tmp_path, PRODUCT.format("(B, T, S)")) == ["7: (B, T, S) was never run"]


def test_a_shape_stands_where_an_array_is(tmp_path):
    code = "def f(x):\n    if x is not None:  # (B, T)\n        pass\n"
    (found,) = judged(tmp_path, code, lambda toy: toy.f(None))
    assert found == "7: nothing here has a shape, or it ends elsewhere: (B, T)"


def test_a_letter_means_one_size_in_a_call(tmp_path):
    """In a function inside it, too; in another call it may mean another."""
    code = (
        "def f(x):\n    y = x + 1  # (B, {})\n\n    def g(x):\n        return x  # (B, T)\n\n"
        "    return g(y)\n"
    )

    def use(toy):
        for length in (7, 1):
            toy.f(*arrays((5, length)))

    assert judged(tmp_path, code.format("T"), use) == []
    found = judged(tmp_path, code.format("S"), lambda toy: toy.f(*arrays((5, 7))))
    assert found[-1] == "10: (B, T): S and T are the same in every call"


@pytest.mark.parametrize(
    ("said", "length", "fault"),
    [
        ("S", 7, "S is never 11, its own size"),
        ("T", 1, "T is never 7, its own size"),
        ("S", 11, None),
        ("T", 7, None),
    ],
)
def test_a_letter_has_its_own_size_somewhere(tmp_path, said, length, fault):
    code = f"def f(x):\n    return x + 1  # (B, {said})\n"
    found = judged(tmp_path, code, lambda toy: toy.f(*arrays((5, length))))
    assert (found == []) if fault is None else (fault in found[0])


def test_where_any_length_may_come_the_more_general_letter_stands(tmp_path):
    def use(toy):
        for length in (7, 11):
            toy.f(*arrays((5, length)))

    code = "def f(x):\n    return x + 1  # (B, S)\n"
    (found,) = judged(tmp_path, code, use)
    assert "S should be T, which is more general" in found


def test_a_product_without_a_shape_is_named(tmp_path):
    path = tmp_path / "toy.py"
    path.write_text(LEGEND + "def f(x, w):\n    y = x @ w\n    return y.reshape(3, -1)\n")
    assert [line.split(":")[1] for line in Source(path, "toy.py").bare()] == ["7", "8"]
