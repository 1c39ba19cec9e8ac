"""A record's sources are what its run executed: no less, seen by watching runs; and no more."""

import ast
import cProfile
import inspect
import shutil
import threading
from functools import cache
from pathlib import Path

import pytest

from common.config import plan
from common.data.catalog import get
from common.data.place import folder_of
from common.evidence.deviations import deviations_of, injection
from common.paper import rooms
from common.records.executed import (
    MACHINERY,
    evidence_sources,
    ladder_files,
    reached_by,
    run_sources,
)
from common.records.syntax import code
from common.run.golden import excerpt
from common.run.request import plain
from common.run.worker import compute
from tests.doctored import copy_room

ROOT = Path(__file__).parents[1]
ROOMS = list(rooms(ROOT).values())
VARIANTS = [(home.name, version, None) for home in ROOMS for version in home.paper.versions]
VARIANTS += [(h.name, h.newest, d.id) for h in ROOMS for d in deviations_of(h) if d.trained]


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The code of this repository, to be changed."""
    root = tmp_path_factory.mktemp("code")
    for path in [*ROOT.glob("common/**/*.py"), *ROOT.glob("papers/**/*.py")]:
        target = root / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    return root


def sources(root, version="version2", deviation=None):
    return run_sources(root, root / "papers/rnn", version, deviation)


class Louder(ast.NodeTransformer):
    """Puts a statement at the head of functions: of all, or of one definition at the top."""

    def __init__(self, name=None):
        self.name = name

    def visit_Module(self, node):
        tops = (n for n in node.body if self.name in (None, getattr(n, "name", None)))
        for top in tops:
            self.generic_visit(ast.Module([top], []))
        return node

    def visit_FunctionDef(self, node):
        node.body.insert(0, ast.parse("print()").body[0])
        return self.generic_visit(node)


def louder(path, name=None):
    """Change function bodies of a file; returns the way back."""
    text = path.read_text()
    found = ast.unparse(Louder(name).visit(ast.parse(text)))
    path.write_text(f"{found}\n# changed\n")
    return lambda: path.write_text(text)


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("common/run/worker.py", "compute"),
        ("common/run/training.py", "fit"),
        ("common/run/training.py", "_add_row"),
        ("common/run/engine.py", "start"),
        ("common/run/engine.py", "Masters"),
        ("common/run/resume.py", "unpack"),
        ("common/run/parallel.py", "_sum"),
        ("common/data/text.py", "split"),
        ("common/exams/reading.py", "_stream_bits"),
        ("common/exams/text.py", "TextExam"),
        ("papers/rnn/task.py", "Exam"),
        ("papers/rnn/version2/model.py", "clip_gradients"),
        ("papers/rnn/version2/train.py", "train"),
    ],
)
def test_a_changed_function_that_computes_is_named(copy, file, name):
    before = sources(copy)
    back = louder(copy / file, name)
    after = sources(copy)
    back()
    assert before.keys() == after.keys()
    assert [name for name in before if before[name] != after[name]] == [file]
    assert sources(copy) == before


def test_what_deviations_are_put_in_with_counts_for_them_alone(copy):
    before = [sources(copy), sources(copy, deviation="adagrad")]
    back = louder(copy / "common/evidence/deviations.py", "injected")
    after = [sources(copy), sources(copy, deviation="adagrad")]
    back()
    assert before[0] == after[0] and before[1] != after[1]


@pytest.mark.parametrize("place", MACHINERY)
def test_changed_machinery_makes_nothing_stale(copy, place):
    before = [sources(copy), sources(copy, deviation="adagrad"), evidence_of(copy)]
    file, _, name = place.partition("::")
    path = copy / file
    files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
    assert any(not name or name in code(file).bound for file in files), f"there is no {place}"
    back = [louder(file, name or None) for file in files]
    after = [sources(copy), sources(copy, deviation="adagrad"), evidence_of(copy)]
    for undo in back:
        undo()
    assert before == after


def evidence_of(root):
    return evidence_sources(root, root / "papers/rnn")


def test_what_no_run_imports_or_only_the_machinery_makes_nothing_stale(copy):
    before = [sources(copy), sources(copy, "version1"), sources(copy, deviation="adagrad")]
    folders = ("reports", "tracking", "commands", "ask")
    files = [path for folder in folders for path in (copy / "common" / folder).rglob("*.py")]
    names = ("workers", "publish", "interrupts", "request", "processors", "pipeline", "golden")
    files += [copy / "common" / "run" / f"{name}.py" for name in names]
    files += [copy / "common" / "data" / f"{name}.py" for name in ("acquire", "web", "packages")]
    files += [copy / "papers/rnn" / name for name in ("__init__.py", "version2/ask.py")]
    back = [louder(path) for path in files]
    back += [louder(copy / "common/run/worker.py", name) for name in ("send", "work", "_jobs")]
    back += [louder(copy / "common/run/parallel.py", "tell")]
    after = [sources(copy), sources(copy, "version1"), sources(copy, deviation="adagrad")]
    for undo in reversed(back):
        undo()
    assert before == after


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_evidence_rests_on_claims_models_and_statistics_and_on_no_machinery(room):
    found = evidence_sources(ROOT, room.folder).keys()
    own = {path.relative_to(ROOT).as_posix() for path in room.folder.glob("*/model.py")}
    own |= {f"papers/{room.name}/{name}.py" for name in ("evidence/claims", "task", "__init__")}
    assert own | {"common/evidence/statistics.py", "common/evidence/claims.py"} <= found
    assert not [name for name in found if name.startswith(("common/tracking", "common/records"))]
    assert "common/errors.py" not in found


@pytest.mark.parametrize("room", [*filter(deviations_of, ROOMS)], ids=lambda room: room.name)
def test_a_ladders_files_are_those_of_all_its_rungs(room):
    if not deviations_of(room):
        pytest.skip(f"{room.name} has no deviations yet")
    rungs = {file for d in deviations_of(room) for file in run_sources(
        ROOT, room.folder, room.newest, d.id)}  # fmt: skip
    assert ladder_files(ROOT, room.folder, room.newest) == sorted(rungs)


def test_a_version_that_is_gone_has_no_sources(copy):
    assert sources(copy, "version9") == {} == run_sources(copy, copy / "papers/none", "v", None)


# -- no less than was executed -------------------------------------------------------------------


class Watch:
    """The top-level definitions of this repository that run within a `with` block.

    Functions are noted by Python's own profiler, which is in C: one in Python makes a training
    several times as long, so only threads have it.
    """

    def __enter__(self):
        self.seen, self.profiler = set(), cProfile.Profile(builtins=False)
        threading.setprofile(self._note)
        self.profiler.enable()
        return self

    def __exit__(self, *error):
        self.profiler.disable()
        threading.setprofile(None)
        self.seen |= {e.code for e in self.profiler.getstats() if not isinstance(e.code, str)}

    def _note(self, frame, event, argument):
        if event == "call":
            self.seen.add(frame.f_code)

    def definitions(self):
        functions = [c for c in self.seen if c.co_flags & inspect.CO_OPTIMIZED]  # no class's body
        return set().union(*(defining(c.co_filename, c.co_firstlineno) for c in functions))


def defining(file, line):
    """The top-level definitions of one of our files in which that line is."""
    if not file.startswith((f"{ROOT}/common/", f"{ROOT}/papers/")):
        return set()
    path = Path(file).relative_to(ROOT).as_posix()
    return {(path, name) for name, first, last in spans(file) if first <= line <= last}


@cache
def spans(file):
    """The top-level definitions of a file: (name, first line, last line)."""
    named = [node for node in ast.parse(Path(file).read_text()).body if hasattr(node, "name")]
    return [
        (n.name, min([n.lineno, *(d.lineno for d in n.decorator_list)]), n.end_lineno)
        for n in named
    ]


def executed(name, version, deviation, folder):
    """What a run in the smoke profile executes."""
    home = rooms(ROOT)[name]
    dataset = get(home.paper.dataset)
    if not (dataset.embedded or folder_of(dataset).is_dir()):
        pytest.skip(f"{home.paper.dataset} is not here")
    job = {
        "version": version,
        "config": plain(plan(home, version, "smoke").config),
        "data": {u: excerpt(name, folder / u) for u, name in home.paper.datasets.items()},
        "folder": str(folder / "run"),
        "seed": 0,
        "rank": 0,
        "device": "cpu",
        "dtype": "float32",
        "threads": 1,
        "matmul": "highest",
        "quick": True,
    }
    home.module(f"{version}.train")  # what importing it runs is not the run's
    with injection(home, version, deviation), Watch() as watch:
        compute(home, job, lambda *told: None)
    return watch.definitions()


def lacking(name, version, deviation, folder):
    """What was executed, is no machinery, and does not change the sources when it changes."""
    home = rooms(ROOT)[name]
    kept = reached_by(ROOT, home.folder, version, deviation).kept
    found = []
    for file, definition in executed(name, version, deviation, folder):
        folders = {f"{parent.as_posix()}/" for parent in Path(file).parents}
        if MACHINERY.keys() & {file, f"{file}::{definition}", *folders}:
            continue
        if not set(code(ROOT / file).bound[definition]) & kept.get(file, set()):
            found.append(f"{file}::{definition}")
    return found


FAST = ("rnn", "version1", None), ("bpe", "version2", "first_seen_ties")


@pytest.mark.parametrize(
    ("name", "version", "deviation"),
    [v if v in FAST else pytest.param(*v, marks=pytest.mark.slow) for v in VARIANTS],
)
def test_all_that_a_run_executes_is_machinery_or_counts(name, version, deviation, tmp_path):
    assert lacking(name, version, deviation, tmp_path) == []


@pytest.mark.slow
def test_all_that_measuring_executes_is_machinery_or_counts(tmp_path):
    home = rooms(ROOT)["rnn"]
    for module in ("evidence.claims", "evidence.deviations"):
        home.module(module)
    with Watch() as watch:
        copy_room(tmp_path)  # which measures, but for what is trained on the spot
    measured = {name for name in watch.definitions() if name[0].startswith("papers/rnn/evidence")}
    assert ("papers/rnn/evidence/measures.py", "parameters") in measured
    kept = reached_by(ROOT, home.folder, None, None).kept
    judging = {name for name in watch.definitions() if name[0].startswith("common/evidence")}
    lacks = [n for n in measured | judging if not set(code(ROOT / n[0]).bound[n[1]]) & kept[n[0]]]
    assert lacks == []
