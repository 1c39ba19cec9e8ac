"""What commands print fits 80 and 120 columns without a word cut, and stays whole in a pipe."""

import json
import re
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.main import get_command

from common.commands import bench, cli, reproduce
from common.commands.overview import fit
from common.paper import forget_rooms, rooms

ROOT = Path(__file__).parents[1]
TABLES = [
    ["list"],
    *(["show", name] for name in rooms(ROOT)),
    ["claims"],
    ["claims", "rnn", "beats-ngrams"],
    ["deviations"],
    ["deviations", "rnn", "one_stream"],
    ["data", "list"],
    ["runs", "list"],
    ["compare", "rnn", "version1", "version2", "--no-code"],
]


@pytest.fixture(autouse=True)
def _here(monkeypatch):
    monkeypatch.chdir(ROOT)
    forget_rooms()
    monkeypatch.delenv("NO_COLOR", raising=False)


def said(capsys, monkeypatch, words, columns):
    """The lines of a command on a terminal of so many columns; in a pipe without."""
    if columns:
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("COLUMNS", str(columns))
    else:
        monkeypatch.delenv("FORCE_COLOR", raising=False)
    with pytest.raises(SystemExit):
        cli.main(list(words))
    out = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)
    return [line.rstrip() for line in out.splitlines() if set(line) - set(" ─")]


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("words", TABLES, ids=" ".join)
def test_no_line_is_too_long_and_no_word_is_cut(words, columns, capsys, monkeypatch):
    whole = set(" ".join(said(capsys, monkeypatch, words, 600)).split())
    lines = said(capsys, monkeypatch, words, columns)
    address = ("http://", "https://")  # a link is not folded: it would not open
    assert max(len(line) for line in lines if not line.startswith(address)) <= columns
    folded = re.sub(r"too narrow for: .*?everything\.", "", " ".join(lines))
    cut = set(folded.split()) - whole
    assert lines and not cut


@pytest.mark.parametrize(
    "words", [["list"], ["claims", "rnn"], ["deviations", "rnn"], ["data", "list"]], ids=str
)
def test_in_a_pipe_a_row_is_a_line(words, capsys, monkeypatch):
    with pytest.raises(SystemExit):
        cli.main([*words, "--json"])
    entries = json.loads(capsys.readouterr().out)
    lines = said(capsys, monkeypatch, words, None)
    names = [entry.get("id") or entry.get("paper") or entry["name"] for entry in entries]
    for name in names:
        assert len([line for line in lines if line.split()[0] == name]) == 1, name


def commands(group, start=()):
    """(words, command) of every command, groups opened."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*start, name))
        else:
            yield " ".join((*start, name)), command


WITHOUT_RESULTS = {  # they do something, open something, or write files, and say so in a line
    "train",
    "finetune",
    "ui",
    "runs aside",
    "runs import",
    "runs export",
    "new",
    "pipeline",
    "demo",
    "chat",
    "attend",
    "reseal",
    "data fetch",
    "data verify",
    "data pin",
}


def test_every_command_that_prints_results_has_json():
    found = dict(commands(get_command(cli.app)))
    assert found.keys() >= WITHOUT_RESULTS
    options = {n: {o for p in c.params for o in p.opts} for n, c in found.items()}
    assert {n for n, has in options.items() if "--json" not in has} - WITHOUT_RESULTS == set()


def test_bench_as_json(capsys, monkeypatch, tmp_path):
    speeds = iter(range(1, 100))
    monkeypatch.setattr(bench, "tokens_per_second", lambda *_: float(next(speeds)))
    monkeypatch.setattr(bench, "write", lambda path, found: None)
    with pytest.raises(SystemExit):
        cli.main(["bench", "rnn", "--rounds", "3", "--json"])
    first, second = json.loads(capsys.readouterr().out)
    assert first["version"] == "version1" and len(first["rounds"]) == 3
    assert second["median"] == first["median"] + 1


def test_verify_as_json(capsys, monkeypatch):
    from common.commands import verify

    row = {"paper": "rnn", "variant": "version1", "seed": 3, "ok": True}
    monkeypatch.setattr(verify, "verify", lambda *_: [row])
    with pytest.raises(SystemExit):
        cli.main(["verify", "rnn", "--json"])
    assert json.loads(capsys.readouterr().out) == [row]


def test_the_summary_of_reproduce_as_json(capfd, monkeypatch):
    """What is said on the way, by children too, goes to standard error."""

    def stages(root, home):
        print("stages")
        subprocess.run(["echo", "from a child"], check=True)

    monkeypatch.setattr(
        reproduce, "fetch", lambda homes: {"tinyshakespeare": SimpleNamespace(stand_in_for="")}
    )
    monkeypatch.setattr(reproduce, "run_stages", stages)
    monkeypatch.setattr(reproduce, "dvc", lambda *_: None)
    monkeypatch.setattr("common.tracking.client.try_import", lambda *_: "imported")
    with pytest.raises(SystemExit) as stopped:
        cli.main(["reproduce", "rnn", "--json"])
    assert not stopped.value.code
    out, err = capfd.readouterr()
    (told,) = json.loads(out)
    assert [v["version"] for v in told["versions"]] == ["version1", "version2"]
    assert told["report"] == "reports/rnn.md" and told["versions"][0]["mean"] > 0
    assert "stages" in err and "from a child" in err


def test_a_narrow_terminal_first_goes_without_columns_that_say_the_same_in_all_rows():
    columns = {"id": ["a", "b"], "host": ["one", "two"], "data": ["plays", "plays"]}
    assert list(fit(columns, 14, spare=("host", "data"))) == ["id", "host"]
    assert list(fit(columns, 6, spare=("host", "data"))) == ["id"]
