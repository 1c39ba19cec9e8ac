"""Real training processes in a throw-away checkout, checkpointing many times a second.

`python -m tests.hasty papers.rnn.version2.train ...` is that version's command line, but for the
pause between two checkpoints: 15 s there, PAUSE here. Nothing else is changed.
"""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
VERSE = "the quick brown fox jumps over the lazy dog and runs away.\n" * 120
PAUSE = 0.02  # seconds between two checkpoints
WORKER = ["-m", "common.run.worker"]


def make_checkout(folder: Path) -> Path:
    """A repository root of links: the code is the real one, `local/` is its own."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("common", "papers", "tests", "params.yaml", "requirements.lock"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "verse.txt").write_text(VERSE, encoding="utf-8")
    return folder


def start(root: Path, version: str, *words: str, hasty: bool = True, **options) -> subprocess.Popen:
    """Train rnn on the checkout's own text; a process group of its own."""
    module = f"papers.rnn.{version}.train"
    command = [sys.executable, "-m", *(["tests.hasty"] if hasty else []), module]
    command += ["--profile", "smoke", "--data", "verse.txt", *words]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(
        command, cwd=root, env=environment, start_new_session=True, **pipes, **options
    )


def end(process: subprocess.Popen) -> tuple[int, str, str]:
    """(exit code, stdout, stderr) of the process when it has ended by itself."""
    out, err = process.communicate(timeout=600)
    return process.returncode, out, err


def saved_step(folder: Path) -> int:
    """The newest checkpoint that stands whole anywhere in the folder; 0 if there is none."""
    try:
        found = [path.name for path in folder.glob("**/step-*")]
    except FileNotFoundError:  # an old one was swept while we looked
        return saved_step(folder)
    return max((int(name.removeprefix("step-")) for name in found), default=0)


def wait_for_step(folder: Path, step: int, alive: Callable[[], bool]) -> bool:
    """Wait until there is a checkpoint of that step or a later one; False if nobody is alive."""
    deadline = time.monotonic() + 600
    while saved_step(folder) < step:
        if not alive():
            return False
        assert time.monotonic() < deadline, "no checkpoint"
        time.sleep(0.002)
    return True


def main(module: str, words: list[str]) -> None:
    """The launcher, whose workers are this file's."""
    from common.run import launch, workers

    real = subprocess.Popen

    def popen(command, **options):
        if command[1:] == WORKER:
            command = [command[0], "-m", "tests.hasty", "worker"]
        return real(command, **options)

    workers.subprocess.Popen = popen
    sys.argv = [module, *words]
    launch.main(module)


def work() -> None:
    """The worker, whose runs save a checkpoint after every PAUSE."""
    from common.run import training, worker

    training.Run = functools.partial(training.Run, checkpoint_seconds=PAUSE)
    worker.main()


if __name__ == "__main__":
    if sys.argv[1] == "worker":
        work()
    else:
        main(sys.argv[1], sys.argv[2:])
