"""A checkout that the user may read but not write: one sentence, and nothing is changed."""

import os
import subprocess
import sys

import pytest

from tests.hasty import make_checkout

RIGHTS = "-dac_override,-dac_read_search"  # by which root writes what is read-only
COMMANDS = [
    ["-m", "papers", "train", "rnn", "version1"],
    ["-m", "papers.rnn.version1.train"],
]


@pytest.fixture
def bound(tmp_path):
    """The words before a command that make permissions bind it, root as well."""
    words = [] if os.geteuid() else ["setpriv", f"--bounding-set={RIGHTS}", f"--inh-caps={RIGHTS}"]
    probe = tmp_path / "probe"
    probe.mkdir(mode=0o555)
    try:
        done = subprocess.run([*words, "mkdir", str(probe / "inside")], capture_output=True)
    except OSError as error:
        pytest.skip(f"root cannot give up its rights here: {error}")
    if done.returncode == 0 or b"ermission denied" not in done.stderr:
        pytest.skip("root cannot give up its rights here")
    return words


@pytest.fixture
def checkout(tmp_path):
    root = make_checkout(tmp_path / "checkout")
    (root / "local").mkdir()
    yield root
    root.chmod(0o755)


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS, ids=["papers", "module"])
@pytest.mark.parametrize("closed", ["checkout", "local"])
def test_a_folder_that_may_not_be_written_is_one_line(command, closed, checkout, bound):
    local = checkout / "local"
    if closed == "checkout":
        local.rmdir()
        checkout.chmod(0o555)
    else:
        local.chmod(0o555)
    words = ["--profile", "smoke", "--data", "verse.txt", "--seed", "0"]
    done = subprocess.run(
        [*bound, sys.executable, *command, *words],
        cwd=checkout,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 2 and done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("error: cannot write: ") and "local" in done.stderr
    assert "then run the same command again" in done.stderr
    assert not list(local.glob("*"))
