"""Workers that have torch already: forks of one process that has loaded it, and has no threads.

`trained` sets off the processes that share a run, told of each other as torchrun tells them, and
waits for the result. They run common/run/worker.py's own `main`; torchrun and the launcher, whose
work does not differ from room to room, are left out.
"""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import socket
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from common.data.place import data_root
from common.records.record import SeedRun
from common.run import launch, worker
from common.run.request import Request

SECONDS = 250  # that a run may take on a busy machine
PRELOADED = ["torch", "torch.distributed", "common.run.training", "tests.forks"]


def job(folder: Path, name: str, version: str, **request: Any) -> dict[str, Any]:
    """Seed 0 of the smoke profile, as the launcher hands it out, whose files go into `folder`."""
    asked = Request(name, version, profile="smoke", seeds=(0,), **request)
    launched = replace(launch.prepare(asked, False, print), root=folder)
    launched.work.mkdir(parents=True)
    return launch._jobs(launched, "highest")[0]


def trained(job: dict[str, Any], processes: int) -> tuple[SeedRun, dict[str, str]]:
    """The result of the job, and the engine in words, where so many processes share it."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    told = {"WORLD_SIZE": str(processes), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": free_port()}
    told |= {"PAPERS_DATA": str(data_root())}
    each = [told | {"RANK": str(rank), "LOCAL_RANK": str(rank)} for rank in range(processes)]
    workers = [context.Process(target=work, args=(job, own)) for own in each]
    try:
        for process in workers:
            process.start()
        for process in workers:
            process.join(SECONDS)
    finally:
        for process in workers:
            process.kill()
            process.join()
    said = "\n".join(said_by(job, own).read_text(encoding="utf-8") for own in each)
    assert [process.exitcode for process in workers] == [0] * processes, said
    return _read(job, said)


def _read(job: dict[str, Any], said: str) -> tuple[SeedRun, dict[str, str]]:
    path = Path(job["folder"]).with_suffix(".json")
    assert path.is_file(), said
    content = json.loads(path.read_bytes())
    return SeedRun(**content["result"]), content["engine"]


def free_port() -> str:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return str(found.getsockname()[1])


def said_by(job: dict[str, Any], environment: dict[str, str]) -> Path:
    """Where one of the processes writes what it says."""
    return Path(f"{job['folder']}.said-{environment['RANK']}")


def work(job: dict[str, Any], environment: dict[str, str]) -> None:
    """In a fork: the worker's `main`, to which the job comes as a line."""
    os.environ.update(environment)
    sys.stdin = io.StringIO(json.dumps(job) + "\n")
    with said_by(job, environment).open("w", encoding="utf-8") as file:
        sys.__stdout__ = sys.stderr = file
        worker.main()
