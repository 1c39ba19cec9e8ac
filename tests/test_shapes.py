"""Every shape that a model's file states is the shape there: docs/add-a-paper.md has the form."""

import importlib
from collections import Counter
from functools import cache

import numpy as np
import pytest

from common.paper import rooms
from tests.shape_runs import every, faults, unnoticed, watched
from tests.shapes import Source

VERSIONS = [(name, version) for name, home in rooms().items() for version in home.paper.versions]


def files_of(name, version):
    """The version's files whose shapes are held: its model, and what else has a legend."""
    home = rooms()[name]
    sources = (
        Source(path, path.relative_to(home.folder.parents[1]).as_posix())
        for path in sorted(home.path(version).glob("*.py"))
    )
    return [s for s in sources if s.path.name == "model.py" or s.legend]


@cache
def run(name, version):
    """The version's files as they were seen in a run at sizes of its own; and the sizes."""
    sources = files_of(name, version)
    if not any(source.notes for source in sources):
        return {}, {}
    side, seen = importlib.import_module(f"papers.{name}.tests.shapes"), {}

    def load(part):
        (source,) = (s for s in sources if s.path.stem == part)
        module, seen[part] = watched(source.path, source.name)
        return module

    side.run(version, load)
    return seen, every(side.SIZES)


@pytest.mark.parametrize(("name", "version"), VERSIONS)
def test_every_shape_is_the_one_that_is_stated(name, version):
    seen, sizes = run(name, version)
    for source in files_of(name, version):
        if source.notes:
            assert source.path.stem in seen, f"{source.name}: tests/shapes.py does not run it"
            assert faults(seen[source.path.stem], sizes) == []
        assert source.faults == []


@pytest.mark.parametrize(("name", "version"), VERSIONS)
def test_a_shape_stands_beside_every_product(name, version):
    assert [line for source in files_of(name, version) for line in source.bare()] == []


@pytest.mark.parametrize(("name", "version"), VERSIONS)
def test_whichever_letter_is_wrong_is_noticed(name, version):
    """Each letter of each shape is replaced by each other letter of the legend."""
    seen, sizes = run(name, version)
    for recorder in seen.values():
        missed, count = unnoticed(recorder, sizes)
        assert missed == []
        assert count >= len(recorder.source.notes)


@pytest.mark.parametrize("name", rooms())
def test_letters_have_primes_of_their_own(name):
    """Or products of them, as d_model = heads x d_k, so that no two sizes can be mixed up."""
    found = [sizes for version in rooms()[name].paper.versions if (sizes := run(name, version)[1])]
    for sizes in found:
        own = [values[0] for values in sizes.values()]
        assert [size for size, count in Counter(own).items() if count > 1] == []
        primes = [size for size in own if is_prime(size)]
        for size in own:
            for prime in [2, *primes]:
                size = size // prime if size % prime == 0 else size
            assert size == 1 or is_prime(size)
    stated = [s for paper, version in VERSIONS if paper == name for s in files_of(name, version)]
    assert found or not any(source.notes for source in stated)


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
