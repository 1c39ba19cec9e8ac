"""What a house of 33 rooms costs, beside its budgets: `python -m tests.bench_house`.

The rooms are copies of those that stand (tests/house.py). Each command runs in a process of its
own; a figure is the median of its turns. It is a benchmark, and fails only where a command does.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from tests.house import build

ROOMS = 33
PYTHON = sys.executable
COMMANDS = (  # what, seconds allowed, turns, command
    ("papers list", 0.5, 5, ["-m", "papers", "list"]),
    ("papers report", 60, 1, ["-m", "papers", "report"]),
    ("papers report --check", 60, 1, ["-m", "papers", "report", "--check"]),
    ("papers runs import", 120, 1, ["-m", "papers", "runs", "import"]),
    ("papers runs import, nothing new", 10, 1, ["-m", "papers", "runs", "import"]),
    ("dvc repro, nothing to do", 10, 3, ["-m", "dvc", "repro", "-q"]),
)


def main() -> None:
    """Build the house, settle it, and print a row for each command."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "house"
        started = time.monotonic()
        added = build(root, ROOMS)
        print(f"{ROOMS} rooms, {len(added)} of them copies: {time.monotonic() - started:.0f} s")
        environment = os.environ | {"PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
        environment["DVC_NO_ANALYTICS"] = "1"

        def run(words: list[str]) -> float:
            began = time.monotonic()
            done = subprocess.run([PYTHON, *words], cwd=root, env=environment, capture_output=True)
            seconds = time.monotonic() - began
            if done.returncode:
                print((done.stdout + done.stderr).decode(errors="replace")[-2_000:])
                raise SystemExit(f"failed: {' '.join(words)}")
            return seconds

        run(["-m", "papers", "pipeline"])
        run(["-m", "papers", "report"])
        run(["-m", "dvc", "commit", "-q", "-f", "-R", "."])
        print(f"{'command':34}{'allowed':>9}{'took':>9}")
        for what, allowed, turns, words in COMMANDS:
            took = median(run(words) for _ in range(turns))
            over = "  over" if took > allowed else ""
            print(f"{what:34}{allowed:>7.1f} s{took:>7.1f} s{over}", flush=True)


if __name__ == "__main__":
    main()
