"""Ctrl-C at any moment of a command, its start included: an end without a traceback."""

import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from common.commands import reproduce
from common.paper import find_root

ROOT = Path(__file__).parents[1]
MOMENTS = 10
ENDS = {130, -signal.SIGINT}
DVC = (  # as `papers reproduce` calls it
    "import pathlib; from common.run import interrupts; "
    "from common.commands import start; interrupts.quietly(); "
    "from common.commands import reproduce; "
    "start.run(lambda: reproduce.dvc(pathlib.Path(), 'version'))"
)


def start(words):
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, *words], cwd=ROOT, **pipes)


def interrupted(words, seconds):
    """(exit code, stderr) of a command that gets Ctrl-C so long after its start."""
    process = start(words)
    time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=600)
    return process.returncode, err


def ours(err):
    """Does a traceback lead through a file of this project or of DVC? Python's own start is out of
    reach, and so are the files that it loads before `quietly()` can be called."""
    if "\nKeyboardInterrupt" not in err:  # a library whose import was cut short may fail otherwise
        return False
    files = re.findall(r'File "([^"]*)"', err)
    found = [re.search(r"/(?:common|papers|dvc)/(?:.*/)?(.*)\.py$", file) for file in files]
    return any(
        match and match[1] not in ("__init__", "__main__", "start", "interrupts") for match in found
    )


def test_ours_tells_a_traceback_of_python_from_one_of_the_project():
    start = 'Traceback (most recent call last):\n  File "<frozen runpy>", line 198, in common\n'
    loading = start + '  File "/x/papers/__main__.py", line 3, in <module>\n'
    assert not ours("stopped; common")
    assert not ours(start + "KeyboardInterrupt") and not ours(loading + "KeyboardInterrupt")
    mending = loading + '  File "/x/common/run/interrupts.py", line 9, in <module>\n'
    assert not ours(mending + "KeyboardInterrupt")
    assert ours(
        loading + '  File "/x/common/commands/cli.py", line 9, in <module>\nKeyboardInterrupt'
    )


@pytest.mark.parametrize(
    "words",
    [
        ["-m", "papers", "list"],
        ["-m", "papers.rnn.version2.train", "--help"],  # loads torch
        pytest.param(["-c", DVC], marks=pytest.mark.slow),
    ],
    ids=["papers", "train", "dvc"],
)
def test_ctrl_c_at_any_moment_leaves_no_traceback(words):
    """Random moments from the first to the last of an undisturbed call; a failure names them."""
    began = time.monotonic()
    whole = start(words)
    _, err = whole.communicate(timeout=600)
    assert whole.returncode == 0, err
    seconds = time.monotonic() - began
    codes = []
    for moment in sorted(random.uniform(0, seconds) for _ in range(MOMENTS)):
        code, err = interrupted(words, moment)
        assert not ours(err), (moment, err)
        assert code in {*ENDS, 0} or "Traceback" in err, (moment, code, err)
        codes.append(code)
    assert ENDS & set(codes), codes


def test_an_impatient_ctrl_c_ends_the_pipeline_at_once(monkeypatch):
    """The second Ctrl-C comes while the first is being obeyed: nothing may be left running."""
    code = (
        "import signal, time; signal.signal(2, signal.SIG_IGN); print(flush=True); time.sleep(99)"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, process_group=0, text=True
    )
    child.stdout.readline()
    wait = child.wait

    def impatient(timeout):
        if timeout:
            raise KeyboardInterrupt
        return wait()

    monkeypatch.setattr(child, "wait", impatient)
    reproduce._end(child)
    assert child.returncode == -signal.SIGKILL
    with pytest.raises(ProcessLookupError):
        os.killpg(child.pid, 0)
    child.stdout.close()


CHILD = """
import time
from common.run.interrupts import end_with_dvc
end_with_dvc()
print("runs", flush=True)
time.sleep(60)
"""


def test_a_stage_ends_with_the_dvc_that_was_killed():
    """As DVC starts it: by way of a shell. Without DVC above it, it goes on."""
    shell = f"{sys.executable} -c '{CHILD}'; true"
    parent = f"import subprocess; subprocess.run({shell!r}, shell=True)  # dvc"
    environment = {**os.environ, "DVC_STAGE": "train", "PYTHONPATH": str(find_root())}
    dvc = subprocess.Popen(
        [sys.executable, "-c", parent], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert dvc.stdout.readline() == "runs\n"
    (child,) = [p for p in psutil.Process(dvc.pid).children(recursive=True) if not p.children()]
    dvc.kill()
    dvc.wait()
    assert psutil.wait_procs([child], timeout=10)[0] == [child]
