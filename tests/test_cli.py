"""The command line: it answers at once, and mistakes end in one line that names the mend."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from common.commands import cli, doctor, overview, reproduce
from common.errors import UserError
from common.paper import rooms
from common.records.record import read_record
from tests.factory import make_room

ROOT = Path(__file__).parents[1]
MISTAKES = [
    (["lst"], "list"),
    (["show", "rn"], "rnn"),
    (["train", "rnn", "verson2"], "version2"),
    (["train", "rnn", "version2", "--profile", "smok"], "smoke"),
    (["train", "rnn", "version2", "-S", "hiden=3"], "hidden"),
    (["train", "rnn", "version2", "-S", "hidden=many"], "int"),
    (["train", "rnn", "version2", "-S", "hidden"], "NAME=VALUE"),
    (["train", "rnn", "version2", "--profle", "cpu"], "--profile"),
    (["train", "rnn", "version2", "--data", "no-such.txt"], "no-such.txt"),
    (["reproduce", "rnn", "--profile", "smok"], "smoke"),
    (["compare", "rnn", "version1", "version1"], "two"),
    (["data", "fetch", "tinyshakspeare"], "tinyshakespeare"),
    (["claims", "rn"], "rnn"),
    (["new", "Not-A-Name"], "lower case"),
    (["new", "rnn"], "already"),
    (["new", "hardware"], "something else in this repository"),
    (["new", "smoke"], "my_smoke"),
    (["new", "class"], "keyword of Python"),
    (["verify", "--sample", "0"], "--sample"),
    (["runs", "import", "no-such.json"], "no-such.json"),
    (["runs", "import", "\n"], r"error: \n is no file"),
    (["runs", "import", "\x1b[2Jno-such.json"], r"\x1b[2Jno-such.json"),
]


def papers(arguments, capsys):
    """(exit code, stdout, stderr) of `papers`, in this process."""
    with pytest.raises(SystemExit) as stopped:
        cli.main(arguments)
    said = capsys.readouterr()
    return stopped.value.code, said.out, said.err


@pytest.fixture(autouse=True)
def _root(monkeypatch):
    monkeypatch.chdir(ROOT)


@pytest.mark.parametrize(("arguments", "named"), MISTAKES, ids=lambda v: " ".join(v)[:40])
def test_a_mistake_is_one_line_with_the_mend(arguments, named, capsys):
    code, _, err = papers(arguments, capsys)
    assert code == 2
    assert err.startswith("error: ") and err.count("\n") == 1
    assert named in err


def test_help_and_list_load_nothing_heavy():
    heavy = ("torch", "mlflow", "pandas", "numpy", "scipy", "dvc")
    code = (
        "import sys; from common.commands import cli\n"
        "try: cli.main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        f"print([m for m in {heavy!r} if m in sys.modules], file=sys.stderr)"
    )
    for arguments in (["--help"], ["list"], ["list", "--json"], ["train", "--help"]):
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True
        )
        assert done.stderr == "[]\n", arguments
        assert done.stdout


def test_list_and_show_as_json(capsys):
    _, out, _ = papers(["list", "--json"], capsys)
    assert {entry["paper"] for entry in json.loads(out)} == set(rooms(ROOT))
    _, out, _ = papers(["show", "rnn", "--json"], capsys)
    shown = json.loads(out)
    assert list(shown["versions"]) == ["version1", "version2"]
    assert shown["url"].startswith("https://")


def test_a_terminal_that_hangs_up_ends_like_ctrl_c(monkeypatch, capsys):
    def interrupted(json):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(overview, "print_list", interrupted)
    try:
        code, _, err = papers(["list"], capsys)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert (code, err.count("\n")) == (130, 1)


def test_a_damaged_record_is_named(tmp_path, monkeypatch, capsys):
    root = make_room(tmp_path, "toy")
    monkeypatch.chdir(root)
    path = next((root / "papers" / "toy").glob("runs/*/*.json"))
    path.write_text(path.read_text().replace('"profile": "', '"profile": "x', 1))
    with pytest.raises(UserError, match="seal") as refused:
        read_record(path)
    assert path.name in str(refused.value)


def test_nox_and_doctor_agree_on_the_stamp(noxfile):
    assert noxfile.stamp() == doctor.environment_stamp(ROOT)


def test_an_interrupted_pipeline_takes_its_children_along(tmp_path):
    """DVC ignores Ctrl-C while a stage runs: the signal must reach the stage's own processes."""
    note = tmp_path / "pid"
    stage = tmp_path / "stage.py"
    stage.write_text(
        "import os, pathlib, signal, time\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"pathlib.Path({str(note)!r}).write_text(str(os.getpid()))\n"
        "time.sleep(600)\n"
    )
    parent = (
        "import signal, subprocess, sys\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        f"sys.exit(subprocess.call([sys.executable, {str(stage)!r}]))\n"
    )
    running = subprocess.Popen(
        [sys.executable, "-c", parent], process_group=0, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 240
    while not (note.exists() and note.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    reproduce._end(running)
    assert running.poll() is not None
    with pytest.raises(ProcessLookupError):
        os.kill(int(note.read_text()), 0)
