"""A tracking server that dies during an import: one sentence, and the same command mends it."""

import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest

from common.records.record import read_records
from tests import servers
from tests.doctored import PLACE
from tests.hasty import ROOT
from tests.stores import stored

SECONDS = 600
RUNS = "select count(*) from runs where status = 'FINISHED'"


@pytest.fixture
def checkout(tmp_path):
    """A repository that holds rnn alone, with three of its committed records."""
    root, runs = tmp_path / "checkout", f"papers/rnn/runs/{PLACE}"
    (root / runs).mkdir(parents=True)
    names = ["common", "papers/__init__.py", "papers/__main__.py", "papers/rnn/__init__.py"]
    names += sorted(str(path.relative_to(ROOT)) for path in (ROOT / runs).glob("*.json"))[:3]
    for name in names:
        (root / name).symlink_to(ROOT / name)
    return root


def importing(root, address):
    command = [sys.executable, "-m", "papers", "runs", "import"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    environment = {**os.environ, "MLFLOW_TRACKING_URI": address}
    return subprocess.Popen(command, cwd=root, env=environment, **pipes)


def wait_for_runs(database, count, process):
    """Wait until the server has finished so many runs, while the import goes on."""
    deadline = time.monotonic() + SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with closing(sqlite3.connect(database, timeout=SECONDS)) as connection:
            if connection.execute(RUNS).fetchone()[0] >= count:
                return
        time.sleep(0.05)
    raise AssertionError(f"no {count} runs: {process.communicate(timeout=SECONDS)}")


@pytest.mark.slow
def test_a_server_killed_in_the_middle_of_an_import(checkout, template, tmp_path, monkeypatch):
    monkeypatch.setattr(servers, "START_SECONDS", SECONDS)
    database = tmp_path / "server.db"
    database.write_bytes(template.read_bytes())
    uri, files = f"sqlite:///{database}", tmp_path / "files"
    with servers.mlflow_server(uri, files) as address:
        process = importing(checkout, address)
        wait_for_runs(database, 13, process)  # SIGKILL for the server at the end of this block
    _, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, err.count("\n"), "Traceback" in err) == (2, 1, False), err
    assert err.startswith("error: ") and "does not answer" in err and "try again" in err

    records = read_records(checkout / "papers" / "rnn")
    before = [family.whole for family in stored(uri, "rnn")]
    assert 0 < sum(before) < len(records) and not all(before), before
    with servers.mlflow_server(uri, files) as address:
        for told in (f"{len(records) - sum(before)} new", "0 new"):
            process = importing(checkout, address)
            out, err = process.communicate(timeout=SECONDS)
            assert process.returncode == 0 and told in out, out + err
    families = stored(uri, "rnn")
    assert all(family.whole for family in families)
    assert {f.seal: len(f.children) for f in families} == {r.seal: len(r.seeds) for r in records}
    assert len(families) == len(records) == 3
