"""Hand the seeds of a variant to worker processes, show progress, gather the results."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from common.errors import UserError
from common.paper import find_root
from common.records.record import SeedRun
from common.run.engine import ENVIRONMENT

Job = dict[str, Any]
WORKER = [sys.executable, "-m", "common.run.worker"]
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def run_seeds(jobs: list[Job], workers: int, threads: int, report=print) -> list:
    """Train every job's seed and return [(SeedRun, engine description)] in the jobs' order."""
    todo = [job for job in jobs if _read(job) is None]
    if len(todo) < len(jobs):
        report(f"{len(jobs) - len(todo)} of {len(jobs)} seeds are done already; going on.")
    if todo:
        _train(todo, min(workers, len(todo)), threads)
    return [_read(job) for job in jobs]


def _train(todo: list[Job], workers: int, threads: int) -> None:
    events: queue.Queue[dict[str, Any]] = queue.Queue()
    waiting = list(reversed(todo))
    with _pool(workers, threads, events) as pool, _bars(todo) as show:
        for process in pool:
            _give(process, waiting.pop())
        left = len(todo)
        while left:
            event = events.get()
            show(event)
            if "error" in event:
                raise UserError(_failure(todo[0], event))
            if event.get("done"):
                left -= 1
                if waiting:
                    _give(pool[event["worker"]], waiting.pop())


def follow(threads: int | None) -> NoReturn:
    """Become the worker of a process that is not the first of those that share a run."""
    os.execve(sys.executable, WORKER, _environment(threads or 1))


def _environment(threads: int) -> dict[str, str]:
    variables = {name: str(threads) for name in THREAD_VARIABLES}
    # The code of this checkout, also in the copy that `dvc exp run --temp` works in.
    return {**os.environ, **ENVIRONMENT, **variables, "PYTHONPATH": str(find_root())}


@contextmanager
def _pool(workers: int, threads: int, events: queue.Queue) -> Iterator[list[subprocess.Popen]]:
    """Worker processes whose events arrive in `events`; all have ended when the block is left."""
    environment, pipe = _environment(threads), subprocess.PIPE
    pool = [
        subprocess.Popen(
            WORKER, stdin=pipe, stdout=pipe, text=True, env=environment, cwd=find_root()
        )
        for _ in range(workers)
    ]
    for index, process in enumerate(pool):
        threading.Thread(target=_listen, args=(index, process, events), daemon=True).start()
    try:
        yield pool
        for process in pool:
            if process.stdin:
                process.stdin.close()  # no more seeds: it ends by itself
        for process in pool:
            process.wait()
    finally:
        for process in pool:
            process.kill()
        for process in pool:
            process.wait()


def _listen(index: int, process: subprocess.Popen, events: queue.Queue) -> None:
    for line in process.stdout or ():
        events.put({**json.loads(line), "worker": index})
    events.put({"worker": index, "error": "a worker process ended before its work was done"})


def _give(process: subprocess.Popen, job: Job) -> None:
    print(json.dumps(job), file=process.stdin, flush=True)


@contextmanager
def _bars(todo: list[Job]) -> Iterator:
    """A progress bar per seed on a terminal; a line per finished seed elsewhere."""
    console = Console(stderr=True)
    percent, loss = TextColumn("{task.percentage:>3.0f}%"), TextColumn("loss {task.fields[loss]}")
    columns = (TextColumn("{task.description}"), BarColumn(), percent, loss, TimeRemainingColumn())
    name = _name(todo[0])
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        bars = {
            job["seed"]: progress.add_task(f"{name} seed {job['seed']}", loss="-", start=False)
            for job in todo
        }
        last: dict[int, str] = {}

        def show(event: dict[str, Any]) -> None:
            if "seed" not in event:
                return
            seed, phase = event["seed"], event.get("phase")
            title = " ".join(filter(None, (f"{name} seed {seed}", phase)))
            if "step" in event:
                last[seed] = f", training loss {event['loss']:.3f}"
                at, steps, loss = event["step"], event["steps"], f"{event['loss']:.3f}"
                progress.start_task(bars[seed])
                progress.update(bars[seed], completed=at, total=steps, loss=loss, description=title)
                if phase and at == steps and progress.disable:
                    console.print(f"{title}: trained{last[seed]}", highlight=False)
            elif event.get("done") and progress.disable:
                console.print(f"{title}: done{last.get(seed, '')}", highlight=False)

        yield show


def _name(job: Job) -> str:
    return f"{job['paper']} {job['variant']}"


def _failure(job: Job, event: dict[str, Any]) -> str:
    seed = f" seed {event['seed']}" if "seed" in event else ""
    detail = (
        f"\n{event['traceback']}"
        if "traceback" in event and "UserError" not in event["error"]
        else ""
    )
    reason = event["error"].removeprefix("UserError: ")
    return f"{_name(job)}{seed}: {reason}{detail}"


def _read(job: Job) -> tuple[SeedRun, dict[str, str]] | None:
    """The seed's result and its engine's description; None if it is not there or is damaged."""
    try:
        content = json.loads(Path(job["folder"]).with_suffix(".json").read_text(encoding="utf-8"))
        return SeedRun(**content["result"]), content["engine"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
