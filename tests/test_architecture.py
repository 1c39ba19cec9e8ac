"""The rules of the house, read off the syntax trees: docs/architecture.md says why."""

import ast
import re
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest
from typer.main import get_command

from common.commands import cli
from common.commands.scaffold import making
from common.commands.scaffold.questions import own_lines
from common.config import PROFILES, plan, read_yaml
from common.evidence.deviations import deviations_of
from common.paper import rooms
from common.records.sources import imported_modules, module_file
from common.run import pipeline

ROOT = Path(__file__).parents[1]
PAPERS = list(rooms(ROOT).values())
VERSIONS = [(room, version) for room in PAPERS for version in room.paper.versions]
CODE = sorted(
    path for folder in ("common", "papers", "tests") for path in (ROOT / folder).rglob("*.py")
)
TESTS = [path for path in CODE if path.name.startswith("test_")]
HEAVY = {"torch", "mlflow", "pandas", "numpy", "scipy", "seaborn", "dvc"}


def name(path):
    return path.relative_to(ROOT).as_posix()


def label(value):
    return value if isinstance(value, str) else value.name


def files(path):
    """The files of this repository that the file imports."""
    found = (module_file(ROOT, module) for module in imported_modules(path))
    return {name(file) for file in found if file and file.stat().st_size}


def packages(path):
    """The packages from elsewhere that the file imports when it runs."""
    tree = ast.parse(path.read_text())
    typing = [
        n
        for n in ast.walk(tree)
        if isinstance(n, ast.If) and "TYPE_CHECKING" in ast.unparse(n.test)
    ]
    unseen = {id(node) for block in typing for node in ast.walk(block)}
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import) and id(node) not in unseen:
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and id(node) not in unseen:
            found.add(node.module or "")
    tops = {module.split(".")[0] for module in found}
    return tops - set(sys.stdlib_module_names) - {"common", "papers", "tests"}


def allowed(path, *patterns):
    """The imported local files that no pattern allows."""
    return sorted(f for f in files(path) if not any(fnmatch(f, p) for p in patterns))


def cited(room):
    """What a model may import of the papers it cites."""
    each = [f"papers/{other}" for other in room.paper.cites]
    return [f"{p}/{rest}" for p in each for rest in ("__init__.py", "version*/model.py")]


@pytest.mark.parametrize(("room", "version"), VERSIONS, ids=label)
def test_model_imports_torch_or_numpy_and_cited_models_only(room, version):
    path = room.path(version, "model.py")
    own = f"papers/{room.name}/{version}"
    assert allowed(path, f"{own}/__init__.py", *cited(room)) == []
    assert packages(path) <= {"torch", "numpy"}
    assert len(own_lines(path.read_text())) <= 300


@pytest.mark.parametrize(("room", "version"), VERSIONS, ids=label)
def test_train_imports_its_model_its_task_and_common(room, version):
    path = room.path(version, "train.py")
    own = f"papers/{room.name}"
    own_parts = [f"{version}/{part}" for part in ("model", "kernel", "__init__")]
    parts = [f"{own}/{part}.py" for part in ("task", *own_parts)]
    assert allowed(path, "common/*", f"{own}/__init__.py", *parts) == []
    assert len(own_lines(path.read_text())) <= 40


@pytest.mark.parametrize("room", PAPERS, ids=label)
def test_task_imports_no_version_but_models_of_cited_papers(room):
    own = f"papers/{room.name}/__init__.py"
    assert allowed(room.path("task.py"), "common/*", own, *cited(room)) == []


WRITING = [
    room.path(*parts, "ask.py")
    for room in PAPERS
    for parts in ((), *((version,) for version in room.paper.versions))
]


@pytest.mark.parametrize("path", [p for p in WRITING if p.is_file()], ids=name)
def test_text_imports_its_own_version_and_nothing_trains_with_it(path):
    room = next(room for room in PAPERS if room.folder in path.parents)
    own = f"papers/{room.name}"
    parts = [f"{own}/{part}.py" for part in ("__init__", "task", "ask")]
    version = [name(path.parent) + f"/{part}.py" for part in ("__init__", "model", "decode")]
    models = [] if path.parent == room.folder else [*version, *cited(room)]
    assert allowed(path, "common/*", *parts, *models) == []
    trained = [room.path("task.py")] + [room.path(v, "train.py") for v in room.paper.versions]
    assert not any(name(path) in files(other) for other in trained)


@pytest.mark.parametrize("room", PAPERS, ids=label)
def test_a_room_imports_other_rooms_only_where_it_cites_them(room):
    own, others = f"papers/{room.name}/*", cited(room)
    for path in room.folder.rglob("*.py"):
        assert allowed(path, "common/*", "papers/__init__.py", "tests/*", own, *others) == [], path


def forbidden(tree):
    """Imports and calls through which a stranger's file could run code."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            modules = [alias.name for alias in node.names] + [getattr(node, "module", "") or ""]
            yield from ({m.split(".")[0] for m in modules} & {"pickle", "dill", "joblib", "shelve"})
        elif isinstance(node, ast.Call):
            call = ast.unparse(node.func)
            if call in ("eval", "exec", "torch.load"):
                yield call


@pytest.mark.parametrize(
    ("code", "found"),
    [("import pickle", 1), ("torch.load(f)", 1), ("eval('1')", 1), ("model.eval()", 0)],
)
def test_forbidden_calls_are_noticed(code, found):
    assert len(list(forbidden(ast.parse(code)))) == found


def test_nothing_can_run_a_strangers_code():
    for path in [*CODE, ROOT / "noxfile.py"]:
        assert list(forbidden(ast.parse(path.read_text()))) == [], name(path)


PIPELINES = [ROOT, *(room.folder for room in PAPERS if room.path("dvc.yaml").is_file())]
STAGES = [(folder, stage) for folder in PIPELINES for stage in pipeline.stages(folder)]


@pytest.mark.parametrize(
    "stage", [s for _, s in STAGES], ids=[f"{f.name}:{s.name}" for f, s in STAGES]
)
def test_a_stage_depends_on_exactly_the_files_that_decide_what_it_gives(stage):
    missing, superfluous = pipeline.differences(ROOT, stage)
    assert not missing and not superfluous, (
        f"missing: {missing}, superfluous: {superfluous}; `papers pipeline` writes them anew"
    )


@pytest.mark.parametrize("room", PAPERS, ids=label)
def test_pipeline_trains_every_version_and_every_trained_deviation(room):
    commands = " ; ".join(stage.command + " " for stage in pipeline.stages(room.folder))
    trained = re.findall(rf"papers\.{room.name}\.(\w+)\.train (?!--(?:deviation|size))", commands)
    folders = sorted(path.parent.name for path in room.folder.glob("*/train.py"))
    assert sorted(trained) == folders == sorted(room.paper.versions)
    rungs = re.findall(rf"\.{room.newest}\.train --deviation (\S+)", commands)
    assert rungs == [d.id for d in deviations_of(room) if d.trained]


def test_root_pipeline_pulls_in_every_paper():
    (index,) = pipeline.stages(ROOT)
    assert {f"reports/{room.name}.md" for room in PAPERS} <= set(index.deps)


@pytest.mark.parametrize(("room", "version"), VERSIONS, ids=label)
def test_every_section_of_params_loads(room, version):
    params = read_yaml(room.path("params.yaml"))
    profiles = [profile for profile in PROFILES if profile in params]
    assert {"smoke", "cpu"} <= set(profiles)
    for profile in profiles:
        assert plan(room, version, profile).seeds


def asserts(path):
    """Does any test of the file check something?"""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Call) and re.search(r"raises|assert", ast.unparse(node.func)):
            return True
    return False


@pytest.mark.parametrize("path", TESTS, ids=name)
def test_every_test_file_asserts_something(path):
    assert asserts(path)


def documented():
    """(file, words) of every `papers ...` and `nox ...` command in the documentation."""
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    for page in (page for page in pages if page.is_file()):
        text = page.read_text()
        commands = re.findall(r"(?m)(?:^|[`/ ])((?:papers|nox -s) [a-z][\w -]*)", text)
        inside = "\n".join(re.findall(r"(?s)```.*?```|`[^`\n]+`", text))
        yield from ((page.name, c.split()) for c in commands if c.strip() in inside)


def test_documented_commands_exist():
    commands = get_command(cli.app).commands
    sessions = set(re.findall(r"@nox\.session\ndef (\w+)", (ROOT / "noxfile.py").read_text()))
    found = list(documented())
    for page, words in found:
        if words[0] == "nox":
            assert words[2] in sessions, (page, words)
        else:
            command = commands.get(words[1])
            assert command, (page, words)
            if hasattr(command, "commands") and len(words) > 2:
                assert words[2] in command.commands, (page, words)
    assert found


def test_no_room_test_calls_an_invariant():
    """The negative control asks whether a bug is noticed by tests that do not know of it."""
    calling = [
        name(path)
        for path in TESTS
        if name(path).startswith("papers/")
        and re.search(r"\.invariant\b|\bnotices\(", path.read_text())
    ]
    assert calling == []


def test_source_files_stay_readable():
    for path in CODE:
        lines = own_lines(path.read_text())
        assert len(lines) <= 300, f"{name(path)} has {len(lines)} lines"


def module_level(path):
    """Modules imported when the file is imported: not inside functions, not for typing."""
    waiting, found = list(ast.parse(path.read_text()).body), set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module)
        elif isinstance(node, ast.Try):
            waiting += node.body
    return {module.split(".")[0] for module in found if module}


def test_command_line_starts_light():
    names = ("generate", "attend", "samples", "weights")
    commands = [f"common/commands/{name}.py" for name in names]
    light = (
        "common/commands/cli.py",
        "common/paper.py",
        "common/commands/data.py",
        "common/errors.py",
    )
    for path in (*light, *commands):
        assert not module_level(ROOT / path) & HEAVY, path


def test_no_room_bears_a_name_that_means_something_else():
    assert [name for name in rooms(ROOT) if making.taken(name)] == []
    pages = {path.stem.lower() for path in (ROOT / "reports").iterdir()}
    assert pages - set(rooms(ROOT)) <= making.RESERVED, "a page over all papers is no room"
