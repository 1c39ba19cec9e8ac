"""One worker process: reads jobs as lines of JSON, trains, writes events as lines of JSON.

Where several processes share a run (parallel.py), the worker of the first passes each job on to
those of the others, which read no lines and write none.

Started by common/run/workers.py as `python -m common.run.worker`, with the environment of
common/run/engine.py. It ends when its input does, so it never outlives the process that started it.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.errors import UserError, from_system

if TYPE_CHECKING:
    from common.paper import Room
    from common.records.record import SeedRun


def send(event: dict[str, Any]) -> None:
    """Write one event to the parent."""
    print(json.dumps(event), file=sys.__stdout__, flush=True)


def work(job: dict[str, Any]) -> None:
    """Train one seed; its result also stays in `<folder>.json` for a later call."""
    from common.data.own import check_unchanged
    from common.evidence.deviations import injection
    from common.paper import room
    from common.records.record import write_json
    from common.run import compiled

    home, seed = room(job["paper"]), job["seed"]
    compiled._told.clear()  # what this process had built before is not of this run

    def report(step: int, steps: int, loss: float, phase: str | None) -> None:
        if not job["rank"]:
            told = {"seed": seed, "step": step, "steps": steps, "loss": loss}
            send({**told, "phase": phase})

    for use, place in job["data"].items():
        if Path(place).is_absolute():  # a dataset of the catalogue is checked whenever it is read
            check_unchanged(place, job["sha256"][use])
    with injection(home, job["version"], job["deviation"]):
        result, engine = compute(home, job, report)
    if result is None:
        raise UserError(
            f"train(run) of {home.name} {job['version']} returns no result: give its last fit "
            "`finish`, and return what that fit returns."
        )
    if home.paper.metric.name not in result.metrics:
        raise UserError(
            f"the exam returns {', '.join(sorted(result.metrics))}, but PAPER.metric of "
            f"{home.name} is {home.paper.metric.name!r}: name the same in both."
        )
    if job["rank"]:
        return
    content = {"result": result.model_dump(mode="json"), "engine": engine | compiled.told()}
    write_json(Path(job["folder"]).with_suffix(".json"), content)
    send({"seed": seed, "done": True})


def compute(home: Room, job: dict[str, Any], report: Callable) -> tuple[SeedRun, dict[str, str]]:
    """What the seed of a job gives, and the engine that computed it, in words.

    From here on everything decides numbers: a record's sources begin here (executed.py).
    """
    from common.config import resolve
    from common.run.engine import start
    from common.run.training import Run

    engine = start(job["device"], job["dtype"], job["threads"], job["matmul"])
    config = resolve(home.module(f"{job['version']}.model").Config, job["config"], "config")
    run = Run(
        config,
        job["seed"],
        engine,
        job["data"][""],
        Path(job["folder"]),
        report,
        leads=not job["rank"],
        quick=job["quick"],
        start=Path(job["start"]) if job.get("start") else None,
        more_data={use: place for use, place in job["data"].items() if use},
    )
    return home.module(f"{job['version']}.train").train(run), engine.describe()


def main() -> None:
    """Work through the jobs that arrive. Ctrl-C is the parent's business."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _end_with_parent()
    for job in _jobs():
        try:
            with contextlib.redirect_stdout(sys.stderr):
                work(job)
        except Exception as error:
            reason = _reason(error)
            if job["rank"]:
                sys.exit(f"process {job['rank']}: {reason}")
            send({"seed": job["seed"], "error": reason, "traceback": traceback.format_exc()})


def _jobs() -> Iterator[dict[str, Any]]:
    from common.run import parallel

    parallel.start()
    if not parallel.rank():
        for line in sys.stdin:
            job = json.loads(line)
            parallel.tell(job)
            yield {**job, "rank": 0}
        parallel.tell(None)
    while parallel.rank() and (job := parallel.tell()):
        yield {**job, "rank": parallel.rank()}
    parallel.stop()


def _reason(error: Exception) -> str:
    """The error in a line; what the user can mend as a UserError."""
    if isinstance(error, MemoryError) or "can't allocate memory" in str(error):
        return "UserError: this needs more memory than there is: choose smaller sizes."
    if isinstance(error, OSError) or "os error" in str(error):  # safetensors has its own class
        return f"UserError: {from_system(error)}"
    return f"{type(error).__name__}: {error}"


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
