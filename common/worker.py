"""One worker process: reads jobs as lines of JSON, trains, writes events as lines of JSON.

Started by common/workers.py as `python -m common.worker`, with the environment of
common/engine.py. It ends when its input does, so it never outlives the process that started it.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import Any


def send(event: dict[str, Any]) -> None:
    """Write one event to the parent."""
    sys.__stdout__.write(json.dumps(event) + "\n")
    sys.__stdout__.flush()


def work(job: dict[str, Any]) -> None:
    """Train one seed; its result also stays in `<folder>.json` for a later call."""
    from common import engine
    from common.config import resolve
    from common.deviations import injection
    from common.paper import room
    from common.records import write_json
    from common.training import Run

    home, seed = room(job["paper"]), job["seed"]
    started = engine.start(job["device"], job["dtype"], job["threads"], job["matmul"])
    folder = Path(job["folder"])
    config = resolve(home.module(f"{job['version']}.model").Config, job["config"], "config")

    def report(step: int, steps: int, loss: float) -> None:
        send({"seed": seed, "step": step, "steps": steps, "loss": loss})

    with injection(home, job["version"], job["deviation"]):
        result = home.module(f"{job['version']}.train").train(
            Run(config, seed, started, job["data"], folder, report)
        )
    content = {"result": result.model_dump(mode="json"), "engine": started.describe()}
    write_json(folder.with_suffix(".json"), content)
    send({"seed": seed, "done": True})


def main() -> None:
    """Work through the jobs that arrive. Ctrl-C is the parent's business."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    jobs = sys.stdin
    _end_with_parent()
    for line in jobs:
        job = json.loads(line)
        try:
            with contextlib.redirect_stdout(sys.stderr):
                work(job)
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            if isinstance(error, MemoryError) or "can't allocate memory" in str(error):
                reason = "UserError: this needs more memory than there is: choose smaller sizes."
            send({"seed": job["seed"], "error": reason, "traceback": traceback.format_exc()})


def _end_with_parent() -> None:
    """A parent that was killed cannot close us down: watch for its end from a thread."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            threading.Event().wait(1.0)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    main()
