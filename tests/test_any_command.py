"""Any command line of `papers` ends in an answer or in one line, never in a traceback.

The commands run for real up to where they would train, download, start a server or call DVC.
"""

import contextlib
import io
import re
import signal
import types
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.main import get_command

import papers as package
from common.commands import (
    bench,
    cli,
    doctor,
    ended,
    pipelines,
    reproduce,
    reseal,
    runs,
    train,
    verify,
)
from common.data import acquire
from common.paper import find_root, forget_rooms, room
from common.reports import render
from common.run import launch
from common.tracking import client as tracking
from common.tracking.serving import free_port
from tests.hasty import ROOT, VERSE

APART = {"generate", "chat", "attend"}  # need a checkpoint and a terminal: tested with generation
JUDGES = {("doctor",), ("data", "verify"), ("data", "pin")}  # exit code 1 says: not as it should be


def commands(group=None, path=()):
    """(path, parameters) of every command."""
    for name, command in (group or get_command(cli.app)).commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        elif name not in APART:
            yield (*path, name), command.params


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A repository of its own with the real rnn in it; what costs minutes is cut off."""
    root = tmp_path_factory.mktemp("any")
    (root / "papers").mkdir()
    for name in ("__init__.py", "__main__.py"):
        (root / "papers" / name).touch()
    (root / "papers" / "rnn").symlink_to(ROOT / "papers" / "rnn")
    for name in ("common", "params.yaml", "requirements.lock", "pyproject.toml", "data.dvc"):
        (root / name).symlink_to(ROOT / name)
    (root / "own.txt").write_text(VERSE, encoding="utf-8")
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGHUP)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        patch.setenv("PAPERS_DATA", str(root / "data"))
        patch.setattr(package, "__path__", [*package.__path__, str(root / "papers")])
        forget_rooms()  # `papers new` makes rooms here, too
        cut(patch)
        yield root
    forget_rooms()
    signal.signal(signal.SIGTERM, before[0])
    signal.signal(signal.SIGHUP, before[1])


def cut(patch):
    """Replace what trains, downloads, serves, or writes into the real room."""
    row = dict.fromkeys(("paper", "variant", "seed"), "x") | {"ok": True}
    nothing = types.SimpleNamespace(how=None, failures=["cut off"])
    for module, attribute, instead in (
        (launch, "train_variant", prepared),
        (ended, "ending", lambda path: f"record: {path.relative_to(find_root())}"),
        (train, "next_steps", lambda path, data: "next: cut off."),
        (acquire, "acquire", lambda *_: nothing),
        (reproduce, "dvc", lambda *_: None),
        (reproduce, "aside", lambda root, *_: root),
        (reproduce, "finish", lambda *_, **__: []),
        (runs, "bring_up_to_date", lambda root: "MLflow: cut off."),
        (runs, "adopt", adopted),
        (tracking, "serve", lambda root, port, said: free_port(port)),
        (runs, "set_aside", lambda home, name: (Path("old"), Path("new"))),
        (tracking, "export_records", lambda uri, folder: ([folder], [])),
        (reseal, "reseal", lambda *_: []),
        (reseal, "tell_dvc", lambda *_: []),
        (verify, "verify", lambda *_: [row]),
        (bench, "bench", lambda name, rounds, json: room(name)),
        (doctor, "CHECKS", (doctor.python, doctor.disk)),
        (pipelines, "write_pipelines", lambda names: [room(name) for name in names or ()]),
        (render, "write_reports", lambda *_: []),
        (render, "check", lambda *_: []),
    ):
        patch.setattr(module, attribute, instead)


def prepared(request, *, record=False, report=print, take=False):
    """All that a training run checks before its first step."""
    made = launch.prepare(request, record, report)
    assert made.key and made.plan.seeds
    return find_root() / "local" / "record.json"


ADOPT = runs.adopt


def adopted(path: Path) -> Path:
    """As it is, but nothing may be written into the real room: only what is refused is tried."""
    return ADOPT(path) if not path.is_file() else find_root() / "record.json"


def papers(words: list[str]) -> tuple[int, str, str]:
    """(exit code, stdout, stderr), encoded as in a pipe."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="strict")
    err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace")
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            cli.main(words)
        except SystemExit as stopped:
            code = stopped.code
    texts = []
    for stream in (out, err):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode())
    return code or 0, *texts


COMMANDS = dict(commands())
GOOD = ["rnn", "version1", "version2", "own.txt", "smoke", "cpu", "0", "1", "5000", "float32"]
GOOD += ["hidden=3", "steps=10", "clip=0.5", "small_weights", "tinyshakespeare", "digits", "toy"]
ODD = ["", "-", "--", "-1", "nan", "1e999", "9" * 30, "../..", "/", "a=b=c", "hidden={a: [", "\n"]
ODD += ["RNN", "hidden=.inf", "hidden=!!python/object:os.system x", "steps=99999999999999999999"]
ODD += ["\udc80", "\x1b[31m", "ü😀", "%s{0}", "--help", "--json", "[bold]", "own.txt\ud800"]
OPTIONS = sorted({p.opts[0] for params in COMMANDS.values() for p in params if "-" in p.opts[0]})
FITTING = {  # parameter -> words that it takes
    **{"paper": "rnn", "papers": "rnn", "version": "version2", "old": "version1"},
    **{"new": "version2", "names": "digits", "name": "my_paper", "files": "own.txt"},
    **{"folder": "out", "data": "own.txt", "profile": "smoke", "seed": "3", "set_": "hidden=3"},
    **{"deviation": "adagrad", "threads": "1", "dtype": "float32", "device": "cpu"},
    **{"port": "5000", "sample": "1", "count": "1", "receipt": "out/receipt.json"},
}
ANY = st.text(st.characters(exclude_characters="\0"), max_size=12)  # NUL cannot be an argument
WORD = st.one_of(st.sampled_from(GOOD), st.sampled_from(ODD), ANY)


@st.composite
def command_lines(draw):
    """A command whose arguments and some of whose options are there; then some words go wrong."""
    path, words = draw(st.sampled_from(sorted(COMMANDS))), []
    for param in COMMANDS[path]:
        option = "-" in param.opts[0]
        if not option or draw(st.integers(0, 3)) == 3:
            flag = getattr(param, "is_flag", False)
            fitting = [] if flag else [FITTING.get(param.name, "1")]
            words += [*([param.opts[0]] if option else []), *fitting]
    for _ in range(draw(st.sampled_from([0, 1, 1, 2]))):
        at = draw(st.integers(0, len(words)))
        words[at : at + draw(st.integers(0, 1))] = [draw(st.sampled_from(OPTIONS) | WORD)]
    return path, words


def check(path: tuple[str, ...], words: list[str]) -> None:
    code, out, err = papers([*path, *words])
    allowed = {0, 2} | ({1} if path in JUDGES else set())
    assert code in allowed, (code, out, err)
    assert "Traceback" not in out + err
    if code == 2:
        assert re.search(r"(?m)^error: .", err), (out, err)  # with --json, after what was done


@settings(max_examples=400)
@given(command_lines())
def test_any_command_line_ends_in_a_sentence(place, line):
    check(*line)


@settings(max_examples=100)
@given(st.lists(WORD, max_size=6))
def test_any_words_end_in_a_sentence(place, words):
    code, _, err = papers(words)
    assert code in (0, 2) or words[:1] in (["doctor"], ["data"])
    assert "Traceback" not in err


OWN = ["--profile", "smoke", "--data", "own.txt"]


@settings(max_examples=100)
@given(
    st.sampled_from(["version1", "version2"]),
    st.sampled_from(["hidden", "steps", "clip", "learning_rate", "sequence", "odd", ""]),
    st.one_of(ANY, st.integers().map(str), st.floats().map(str), st.sampled_from(ODD)),
)
def test_any_parameter_is_taken_or_refused(place, version, name, value):
    check(("train", "rnn", version), [*OWN, "-S", f"{name}={value}"])


def test_a_good_command_line_reaches_the_training(place):
    code, out, err = papers(["train", "rnn", "version2", *OWN, "-S", "hidden=3"])
    assert (code, out, err) == (0, "record: local/record.json\nnext: cut off.\n", "")
    assert len(COMMANDS) >= 20


@pytest.mark.parametrize(
    "words",
    [
        ["runs", "import", "a\udcff.json"],
        ["runs", "export", "a\udcff"],
        ["data", "fetch", "digits", "--receipt", "a\udcff.json"],
        ["train", "rnn", "version2", "--data", "a\udcff.txt"],
        ["generate", "rnn", "--checkpoint", "a\udcff"],
        ["attend", "gpt2", "words", "--output", "a\udcff"],
    ],
)
def test_a_path_that_is_not_utf8_is_said_before_anything_is_done(place, words):
    before = sorted(place.rglob("*"))
    code, out, err = papers(words)
    assert (code, out) == (2, "")
    assert err.startswith("error: a\\udcff") and "is not UTF-8: rename it" in err
    assert sorted(place.rglob("*")) == before


def test_a_checkout_whose_path_is_not_utf8_is_one_sentence(tmp_path, monkeypatch):
    root = tmp_path / "a\udcff"
    (root / "common").mkdir(parents=True)
    (root / "papers").mkdir()
    (root / "papers" / "__main__.py").touch()
    monkeypatch.chdir(root)
    forget_rooms()
    code, _, err = papers(["list"])
    forget_rooms()
    assert code == 2 and "/a\\udcff is not UTF-8: rename it" in err
