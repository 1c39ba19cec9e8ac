"""Run a variant: its seeds as parallel worker processes, then one sealed record.

`python -m papers.<paper>.<version>.train` ends up in `main()`. Seeds that are done, and the
checkpoints of those that are not, wait under `local/resume/`, so an interrupted call goes on.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import sys
import time
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from common.config import Plan, parse_override, plan
from common.data.catalog import load_catalog
from common.errors import UserError, check_utf8, from_system
from common.paper import Room, experiment, find_root, owner, room
from common.records.executed import run_sources
from common.records.record import Dataset, Record, read_record, write_json
from common.records.sources import commit, hashes, no_commit, run_files
from common.run import engine as engines
from common.run import parallel, pretrained
from common.run.datasets import identify, own_data, places
from common.run.hardware import cores, environment, fingerprint
from common.run.interrupts import answering, end_with_dvc
from common.run.publish import publish
from common.run.request import (
    Request,
    check_beside,
    check_engine,
    check_replaced,
    check_request,
    plain,
    with_engine_defaults,
)
from common.run.start import Start, find_start
from common.run.workers import follow, run_seeds


@dataclass(frozen=True)
class Launch:
    """A request with everything that follows from it before the first step."""

    root: Path
    home: Room
    request: Request  # engine settings filled in
    plan: Plan
    datasets: dict[str, Dataset]  # by their use, that of the exam first
    sources: dict[str, str]
    code: dict[str, str]  # all files that the run imports -> their hashes, as it began
    start: Start | None  # the weights with which the seeds begin
    usual: bool  # the engine of params.yaml: the run that `dvc repro` makes

    @property
    def key(self) -> str:
        """What a continued run must share with the run that was interrupted: all of the code, also
        that which only reads what waits."""
        config = plain(self.plan.config)
        data = [dataset.sha256 for dataset in self.datasets.values()]
        start = self.start and self.start.told.seal
        content = [asdict(self.request), config, data, start, self.code, environment()]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]

    @property
    def work(self) -> Path:
        """Where finished seeds and checkpoints wait."""
        name = f"{self.request.variant}-{self.key}"
        return self.root / "local" / "resume" / self.request.paper / name


def train_variant(
    request: Request, *, record: bool = False, report=print, take: bool = False
) -> Path:
    """Train all seeds of the request and return the path of the record.

    With `record` the result is the paper's committed record, and its metrics and checkpoint if
    the engine is that of params.yaml; else they, and without `record` all, stay under `local/`.
    In an experiment of DVC metrics and checkpoint are the experiment's, and the record stays
    under `local/` as well.
    With `take` a seed goes on from pre-trained weights that are kept here.
    """
    launch = prepare(request, record, report)
    launch.work.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(launch.work / "lock", timeout=0):
            if take:
                pretrained.take(launch, report)
            content = _train(launch, report, request if record and not experiment() else None)
            local = launch.root / "local" / request.paper / launch.key
            folder = launch.home.folder if record and launch.usual else local
            records = experiment(request.paper) or (launch.home.folder if record else local)
            every_seed = request.variant in launch.home.paper.starts_from.values()
            path = publish(folder, records, content, launch.work, every_seed)
            if record and not launch.usual:
                where = folder.relative_to(launch.root) / "checkpoints" / request.variant
                report(f"weights: {where}, because params.yaml has another engine")
            pretrained.keep(launch, content, path)
    except Timeout:
        raise UserError(f"{request.paper} {request.variant} is already being trained.") from None
    finally:
        _sweep(launch.work)
    shutil.rmtree(launch.work, ignore_errors=True)
    return path


def _sweep(work: Path) -> None:
    """A run that was refused or failed before its first checkpoint leaves nothing to go on from."""
    if {path.name for path in work.glob("*")} <= {"lock", "engine.json"}:
        shutil.rmtree(work, ignore_errors=True)


def told(path: Path) -> str:
    """What a record says, in two lines: the metric's mean, and where it lies."""
    record = read_record(path)
    metric = room(record.paper).paper.metric
    values = [run.metrics.get(metric.name) for run in record.seeds]
    finite = [value for value in values if value is not None]
    mean = f"{sum(finite) / len(finite):.4f} {metric.label}" if finite else "diverged"
    of = f"mean of {len(finite)} seeds" if len(finite) > 1 else f"seed {record.seeds[0].seed}"
    place = path.relative_to(owner(find_root()))
    return f"{record.paper} {record.variant}: {mean}, {of}\nrecord: {place}"


def prepare(request: Request, record: bool, report) -> Launch:
    """Check the request and find out what it means. UserError if it cannot be run."""
    root, home = find_root(), room(request.paper)
    check_request(request, home, record)
    if request.data is not None:
        data = own_data(home, request.data)[1]
        if data != request.data and request.data in load_catalog():
            report(f"{request.data} is your file here, not the catalogue's set of that name.")
        request = replace(request, data=data)
    asked = (request.profile, request.overrides, request.seeds, request.size)
    made = plan(home, request.version, *asked)
    filled, usual = with_engine_defaults(root, request, made)
    check_engine(home, filled)
    datasets = identify(home, request.data, report)
    start = find_start(home, request, made, datasets, record)
    ran = (root, home.folder, request.version, request.deviation)
    sources, code = run_sources(*ran), hashes(root, run_files(*ran))
    return Launch(root, home, filled, made, datasets, sources, code, start, usual)


def _train(launch: Launch, report, recorded: Request | None) -> Record:
    started, clock = datetime.now(UTC), time.monotonic()
    request, made = launch.request, launch.plan
    engine = _engine(launch)
    alone = request.device != "cuda" and engine.processes == 1
    workers = max(1, cores() // engine.threads) if alone else 1
    workers = min(workers, len(made.seeds))
    hardware = fingerprint(engine)
    if recorded:
        check_replaced(recorded, launch.home, hardware.name, made)
        check_beside(launch.home, hardware.name, launch.datasets, made.profile)
        if reason := no_commit(launch.root):
            report(f"the record will name no commit: {reason}")
    results = run_seeds(_jobs(launch, engine.matmul), workers, engine.threads, report)
    return Record(
        paper=request.paper,
        variant=request.variant,
        version=request.version,
        deviation=request.deviation,
        size=request.size,
        profile=made.profile,
        hardware=hardware,
        engine={**results[0][1], "workers": str(workers)},
        config=plain(made.config),
        paper_config=plain(made.defaults),
        dataset=launch.datasets[""],
        more_data={use: data for use, data in launch.datasets.items() if use},
        starts_from=launch.start and launch.start.told,
        environment=environment(),
        lock=_sha256(launch.root / "requirements.lock"),
        commit=commit(launch.root, [launch.root / file for file in launch.code]),
        started=started.isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - clock, 1),
        seeds=[seed for seed, _ in results],
        sources=launch.sources,
    ).sealed()


def _engine(launch: Launch) -> engines.Engine:
    """The engine of the run. A run that goes on keeps what was probed when it began."""
    request, path = launch.request, launch.work / "engine.json"
    matmul = json.loads(path.read_text(encoding="utf-8"))["matmul"] if path.is_file() else None
    assert request.dtype and request.threads  # `with_engine_defaults` filled them in
    engine = engines.start(request.device, request.dtype, request.threads, matmul)
    write_json(path, {"matmul": engine.matmul})
    return engine


def _jobs(launch: Launch, matmul: str) -> list[dict[str, Any]]:
    request = launch.request
    shared = {
        "paper": request.paper,
        "version": request.version,
        "deviation": request.deviation,
        "variant": request.variant,
        "config": plain(launch.plan.config),
        "quick": launch.plan.profile == "smoke",
        "data": places(launch.home, request.data, launch.datasets),
        "sha256": {use: dataset.sha256 for use, dataset in launch.datasets.items()},
        "device": request.device,
        "dtype": request.dtype,
        "threads": request.threads,
        "matmul": matmul,
    }
    return [{**shared, "seed": seed, **_of_seed(launch, seed)} for seed in launch.plan.seeds]


def _of_seed(launch: Launch, seed: int) -> dict[str, Any]:
    start = str(launch.start.weights(seed)) if launch.start else None
    return {"folder": str(launch.work / f"seed-{seed}"), "start": start}


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def main(module: str) -> None:
    """The command line of `python -m papers.<paper>.<version>.train`."""
    _, paper, version, _ = module.split(".")
    parser = argparse.ArgumentParser(prog=f"python -m {module}", allow_abbrev=False)
    parser.add_argument("--profile", help="smoke, cpu or gpu; default: as params.yaml says")
    parser.add_argument("--seed", type=int, action="append", help="may be repeated")
    parser.add_argument("-S", dest="set", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--data", metavar="FILE|SET", help="your own text, or another set")
    parser.add_argument("--deviation", metavar="ID", help="put one deviation back")
    parser.add_argument("--size", metavar="NAME", help="one of the sizes in params.yaml")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--dtype", help="float32 or bfloat16")
    parser.add_argument("--threads", type=int, help="threads per worker")
    parser.add_argument("--record", action="store_true", help="write the paper's own record")
    args = parser.parse_args()
    if parallel.rank():
        follow(args.threads)
    try:
        answering()
        end_with_dvc()
        check_utf8(*sys.argv[1:])
        request = Request(
            paper=paper,
            version=version,
            deviation=args.deviation,
            size=args.size,
            profile=args.profile,
            overrides=dict(map(parse_override, args.set)),
            seeds=tuple(args.seed) if args.seed else None,
            data=args.data,
            device=args.device,
            dtype=args.dtype,
            threads=args.threads,
        )
        path = train_variant(request, record=args.record)
        print(told(path))
    except UserError as error:
        sys.exit(_refuse(str(error)))
    except OSError as error:
        sys.exit(_refuse(from_system(error)))
    except KeyboardInterrupt:
        print("stopped; the same command goes on from here.", file=sys.stderr)
        sys.exit(130)


def _refuse(message: str) -> int:
    print(f"error: {message}", file=sys.stderr)
    return 2
