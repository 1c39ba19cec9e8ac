"""`papers compare`: the answer first, fair or said to be unfair, for versions and runs alike."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from common.commands import cli
from common.evidence.comparison import compare, pairs
from common.paper import forget_rooms, room
from common.records.own_runs import find_runs, own_runs
from common.records.record import Dataset, record_path, write_record
from tests.factory import HARDWARE, make_record, make_room

CODE = Path(cli.__file__).parents[1]


@pytest.fixture
def home(tmp_path, monkeypatch):
    variants = {"version1": 2.5, "version2": 2.0, "version2+bug": 3.0}
    root = make_room(tmp_path, "compared", variants)
    for version, line in (("version1", "a = 1\n"), ("version2", "a = 2\n")):
        folder = root / "papers" / "compared" / version
        folder.mkdir()
        (folder / "model.py").write_text(line)
        (folder / "golden.csv").write_text(f"numbers of {version}")
    record = make_record("compared", "version2", mean=2.0, rng_seed=1)  # noise of its own
    write_record(record_path(root / "papers" / "compared", record), record)
    monkeypatch.chdir(root)
    yield room("compared")
    forget_rooms()


def papers(capfd, *words):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["compare", "compared", *words])
    said = capfd.readouterr()
    return stopped.value.code, said.out, said.err


def mine(home, **changes):
    """A run of one's own, on a machine of its own."""
    record = make_record("compared", "version2", "laptop-1t-float32", **changes)
    write_record(record_path(home.folder.parents[1] / "local/compared/key", record), record)
    return own_runs("compared")[0]


def test_the_first_line_is_the_answer_and_the_code_comes_last(home, capfd):
    code, out, _ = papers(capfd, "version1", "version2")
    first = out.splitlines()[0]
    assert re.match(
        r"version2 is better than version1 by 0\.499 bits per character \[0\.\d+, 0\.\d+\], "
        r"p = 0\.031 \(6 seeds, paired; lower is better\)\. "
        r"version2 trains [\d.]+ times as fast and takes as much memory\.$",
        first,
    ), first
    assert code == 0
    assert out.index("tokens per second") < out.index("-a = 1") < out.index("+a = 2")
    assert "golden" not in out and "\x1b" not in out


def test_no_code_leaves_the_code_out(home, capfd):
    _, out, _ = papers(capfd, "version1", "version2", "--no-code")
    assert "is better than" in out and "a = 1" not in out


def test_json_has_every_number(home, capfd):
    code, out, _ = papers(capfd, "version1", "version2", "--json")
    [found] = json.loads(out)
    assert (code, found["seeds"], found["unlike"], found["hardware"]) == (0, 6, [], HARDWARE)
    value = found["value"]
    assert value["low"] < value["change"] < value["high"] < 0 < value["p"] < 0.05
    assert value["change"] == pytest.approx(value["new"]["mean"] - value["old"]["mean"])
    records = [find_runs(home, version)[0].record for version in ("version1", "version2")]
    for key, name in (("speed", "tokens_per_second"), ("memory", "peak_memory_mib")):
        old, new = ([getattr(run, name) for run in r.seeds] for r in records)
        ratios = [b / a for a, b in zip(old, new)]
        assert min(ratios) <= found[key]["low"] <= found[key]["change"] <= found[key]["high"]
        assert found[key]["change"] == pytest.approx(1, abs=0.1)


def test_a_deviation_is_compared_with_its_version(home, capfd, monkeypatch):
    told = SimpleNamespace(title="A bug", place="2", paper_says="so", code_does="else")
    monkeypatch.setattr("common.evidence.deviations.find_deviation", lambda home, name: told)
    _, out, _ = papers(capfd, "version2", "version2+bug")
    assert out.startswith("version2+bug is worse than version2 by 0.999 bits per character")
    assert "version2+bug: A bug." in out and "Both run the code of version2." in out


def test_what_is_equal_cannot_be_told_apart(home):
    [old] = find_runs(home, "version2")
    other = make_record("compared", "version2", mean=2.0, sd=0.05, rng_seed=7)
    found = compare(home, old, type(old)(other, old.path, True))
    assert "cannot be told apart" in found["answer"]


def test_a_run_of_ones_own_on_another_machine_is_compared_with_the_recorded(home, capfd):
    own = mine(home, mean=1.9, seeds=[3], config={"hidden": 99})
    code, out, _ = papers(capfd, "version2", own.id)
    lines = out.splitlines()
    assert code == 0
    assert lines[0] == f"Not like with like: hardware ({HARDWARE}; laptop-1t-float32)."
    assert f"version2 ({own.id}) is better than version2 by 0.1" in lines[1]
    assert "one seed gives no interval" in lines[1] and "times as fast" not in lines[1]
    assert re.search(r"hidden +64 +99", out)


def test_unlike_data_is_the_first_thing_said_and_gives_no_winner(home, capfd):
    own = mine(home, mean=1.0, dataset=Dataset(name="my.txt", sha256="ef" * 32), profile="smoke")
    _, out, _ = papers(capfd, "version2", str(own.path), "--no-code")
    first, second = out.splitlines()[:2]
    assert first.startswith("Not like with like: data (toy_text; my.txt); profile (cpu; smoke)")
    assert "cannot be compared" in second and "better" not in second


def test_hardwares_are_not_crossed_where_one_ran_both(home):
    fast = make_record("compared", "version2", "fast-1t-float32", mean=1.0)
    write_record(record_path(home.folder, fast), fast)
    found = pairs(find_runs(home, "version1"), find_runs(home, "version2"))
    assert [[one.record.hardware.name for one in pair] for pair in found] == [[HARDWARE] * 2]


def test_versions_without_records_are_compared_by_their_code(home, capfd):
    for path in home.folder.glob("runs/*/version1.json"):
        path.unlink()
    code, out, _ = papers(capfd, "version1", "version2")
    assert code == 0 and "papers train compared version1 --record" in out.splitlines()[0]
    assert "+a = 2" in out
    code, _, err = papers(capfd, "version1", "version2", "--json")
    assert code == 2 and "has no record" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["version1", "version1"], "same: name two"),
        (["version1", "verson2"], "version2"),
        (["version1", "ffff"], "no run 'ffff'"),
        (["version1", "version2+bugg"], "version2+bug"),
    ],
)
def test_a_wrong_name_is_one_sentence(home, capfd, words, said):
    code, _, err = papers(capfd, *words)
    assert code == 2 and said in err and err.count("\n") == 1


@pytest.mark.parametrize("width", [80, 120])
def test_the_table_fits_the_terminal(home, capfd, monkeypatch, width):
    from rich.console import Console

    monkeypatch.setattr(Console, "is_terminal", property(lambda self: True))
    monkeypatch.setenv("COLUMNS", str(width))
    _, out, _ = papers(capfd, "version2", "version2+bug", "--no-code")
    table = re.sub(r"\x1b\[[\d;]*m", "", out.split("\n\n", 1)[1])
    assert max(map(len, table.splitlines())) <= width


def test_on_a_terminal_the_code_goes_through_the_pager(home):
    root = home.folder.parents[1]
    script = (
        "import papers, sys; papers.__path__.insert(0, sys.argv[1] + '/papers');"
        "from common.commands import cli; cli.main(['compare', 'compared', 'version1', 'version2'])"
    )
    environment = {**os.environ, "PAGER": "sed s/^/PAGED:/", "PYTHONPATH": str(CODE)}
    environment.pop("GIT_PAGER", None)
    reading, terminal = pty.openpty()
    streams = dict.fromkeys(("stdin", "stdout", "stderr"), terminal)
    command = [sys.executable, "-c", script, str(root)]
    process = subprocess.Popen(command, cwd=root, env=environment, **streams)
    os.close(terminal)
    said = b""
    with contextlib.suppress(OSError):  # what the end of a terminal is on Linux
        while part := os.read(reading, 4096):
            said += part
    os.close(reading)
    assert process.wait(60) == 0, said
    lines = said.decode().splitlines()
    assert lines[0].startswith("version2 is better")
    assert any(re.match(r"PAGED:.*a = 2", line) for line in lines), said
