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
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from common import engine as engines
from common import parallel
from common.config import Plan, parse_override, plan, read_yaml
from common.data.fetch import ensure, from_receipt
from common.data.text import load_text
from common.deviations import find_deviation
from common.errors import UserError, from_system
from common.hardware import cores, environment, fingerprint
from common.interrupts import answering
from common.paper import Room, find_root, room
from common.publish import publish
from common.records import Dataset, Record, write_json
from common.sources import closure, commit, hashes, imported_modules
from common.workers import follow, run_seeds


@dataclass(frozen=True)
class Request:
    """What to run: a variant and how. None means: as the parameter files say."""

    paper: str
    version: str
    deviation: str | None = None
    profile: str | None = None
    overrides: dict[str, Any] | None = None
    seeds: tuple[int, ...] | None = None
    data: str | None = None  # the user's own text file
    device: str = "cpu"
    dtype: str | None = None
    threads: int | None = None
    processes: int = field(default_factory=parallel.world)

    @property
    def variant(self) -> str:
        return f"{self.version}+{self.deviation}" if self.deviation else self.version


@dataclass(frozen=True)
class Launch:
    """A request with everything that follows from it before the first step."""

    root: Path
    home: Room
    request: Request  # engine settings filled in
    plan: Plan
    dataset: Dataset
    sources: dict[str, str]
    usual: bool  # the engine of params.yaml: the run that `dvc repro` makes

    @property
    def key(self) -> str:
        """What a continued run must share with the run that was interrupted."""
        config = _plain(self.plan.config)
        content = [asdict(self.request), config, self.dataset.sha256, self.sources, environment()]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]

    @property
    def work(self) -> Path:
        """Where finished seeds and checkpoints wait."""
        name = f"{self.request.variant}-{self.key}"
        return self.root / "local" / "resume" / self.request.paper / name


def train_variant(request: Request, *, record: bool = False, report=print) -> Path:
    """Train all seeds of the request and return the path of the record.

    With `record` the result is the paper's committed record, and its metrics and checkpoint if
    the engine is that of params.yaml; without, everything stays under `local/`.
    """
    launch = prepare(request, record, report)
    launch.work.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(launch.work / "lock", timeout=0):
            content = _train(launch, report)
            local = launch.root / "local" / request.paper / launch.key
            folder = launch.home.folder if record else local
            path = publish(folder, content, launch.work, whole=launch.usual or not record)
    except Timeout:
        raise UserError(f"{request.paper} {request.variant} is already being trained.") from None
    shutil.rmtree(launch.work, ignore_errors=True)
    return path


def prepare(request: Request, record: bool, report) -> Launch:
    """Check the request and find out what it means. UserError if it cannot be run."""
    root, home = find_root(), room(request.paper)
    _check(request, home, record)
    made = plan(home, request.version, request.profile, request.overrides, request.seeds)
    filled, usual = _with_engine_defaults(root, request, made)
    _check_engine(home, filled)
    dataset = _identify(home, request, report)
    sources = hashes(root, source_files(root, home, request))
    return Launch(root, home, filled, made, dataset, sources, usual)


def _train(launch: Launch, report) -> Record:
    started, clock = datetime.now(UTC), time.monotonic()
    request, made = launch.request, launch.plan
    engine = _engine(launch)
    alone = request.device != "cuda" and engine.processes == 1
    workers = max(1, cores() // request.threads) if alone else 1
    workers = min(workers, len(made.seeds))
    hardware = fingerprint(engine)
    results = run_seeds(_jobs(launch, engine.matmul), workers, request.threads, report)
    return Record(
        paper=request.paper,
        variant=request.variant,
        version=request.version,
        deviation=request.deviation,
        profile=made.profile,
        hardware=hardware,
        engine={**results[0][1], "workers": str(workers)},
        config=_plain(made.config),
        paper_config=_plain(made.defaults),
        dataset=launch.dataset,
        environment=environment(),
        lock=_sha256(launch.root / "requirements.lock"),
        commit=commit(launch.root, list(launch.sources)),
        started=started.isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - clock, 1),
        seeds=[seed for seed, _ in results],
        sources=launch.sources,
    ).sealed()


def _engine(launch: Launch) -> engines.Engine:
    """The engine of the run. A run that goes on keeps what was probed when it began."""
    request, path = launch.request, launch.work / "engine.json"
    matmul = json.loads(path.read_text(encoding="utf-8"))["matmul"] if path.is_file() else None
    engine = engines.start(request.device, request.dtype, request.threads, matmul)
    write_json(path, {"matmul": engine.matmul})
    return engine


def source_files(root: Path, home: Room, request: Request) -> list[Path]:
    """Every local file that the run imports."""
    start = [home.path(request.version, "train.py"), root / "common" / "worker.py"]
    if request.deviation:
        start.append(home.path("deviations.py"))
    return closure(root, *start)


def _check(request: Request, home: Room, record: bool) -> None:
    home.version(request.version)
    for option, given in (("--data", request.data), ("-S", request.overrides)):
        if record and given:
            raise UserError(f"--record runs what params.yaml says: leave out {option} or --record.")
    if request.data and not Path(request.data).is_file():
        raise UserError(f"--data {request.data}: there is no such file.")
    if request.deviation:
        find_deviation(home, request.deviation)
        if request.version != home.newest:
            raise UserError(f"deviations go into {home.newest}, not {request.version}.")


def _check_engine(home: Room, request: Request) -> None:
    """A version without torch computes as NumPy does; no record may say otherwise."""
    uses_torch = "torch" in imported_modules(home.path(request.version, "model.py"))
    engine = (request.device, request.dtype, request.processes)
    if not uses_torch and engine != ("cpu", "float32", 1):
        raise UserError(
            f"{request.paper} {request.version} does without torch: it has no --device, no --dtype "
            "and one process."
        )


def _with_engine_defaults(root: Path, request: Request, made: Plan) -> tuple[Request, bool]:
    """The request with the engine of params.yaml where it names none; whether it is that one."""
    defaults = {"threads": 1, "dtype": "float32", **(read_yaml(root / "params.yaml")["engine"])}
    threads = defaults["threads"] if request.threads is None else request.threads
    if not isinstance(threads, int) or not 1 <= threads <= cores():
        raise UserError(f"threads must be from 1 to {cores()}, not {threads!r}.")
    dtype = request.dtype or defaults["dtype"]
    engine = (request.device, threads, dtype, request.processes)
    usual = engine == ("cpu", defaults["threads"], defaults["dtype"], 1)
    return replace(request, profile=made.profile, threads=threads, dtype=dtype), usual


def _identify(home: Room, request: Request, report) -> Dataset:
    """The data of the run: the user's file, or what the paper's data stage found."""
    receipt = home.path("data.json")
    if request.data:
        found = load_text(request.data)
    elif receipt.is_file():
        found = from_receipt(receipt, report)
    else:
        found = ensure(home.paper.dataset, report=report)
    return Dataset(name=found.name, sha256=found.sha256, stand_in_for=found.stand_in_for)


def _jobs(launch: Launch, matmul: str) -> list[dict[str, Any]]:
    request = launch.request
    shared = {
        "paper": request.paper,
        "version": request.version,
        "deviation": request.deviation,
        "config": _plain(launch.plan.config),
        "data": str(Path(request.data).resolve()) if request.data else launch.dataset.name,
        "device": request.device,
        "dtype": request.dtype,
        "threads": request.threads,
        "matmul": matmul,
    }
    folders = {seed: str(launch.work / f"seed-{seed}") for seed in launch.plan.seeds}
    return [{**shared, "seed": seed, "folder": folder} for seed, folder in folders.items()]


def _plain(config: Any) -> dict[str, Any]:
    return json.loads(json.dumps(asdict(config)))


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def main(module: str) -> None:
    """The command line of `python -m papers.<paper>.<version>.train`."""
    _, paper, version, _ = module.split(".")
    parser = argparse.ArgumentParser(prog=f"python -m {module}", allow_abbrev=False)
    parser.add_argument("--profile", help="smoke, cpu or gpu; default: as params.yaml says")
    parser.add_argument("--seed", type=int, action="append", help="may be repeated")
    parser.add_argument("-S", dest="set", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--data", metavar="FILE", help="train on your own text")
    parser.add_argument("--deviation", metavar="ID", help="put one deviation back")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--dtype", help="float32 or bfloat16")
    parser.add_argument("--threads", type=int, help="threads per worker")
    parser.add_argument("--record", action="store_true", help="write the paper's own record")
    args = parser.parse_args()
    if parallel.rank():
        follow(args.threads)
    try:
        answering()
        request = Request(
            paper=paper,
            version=version,
            deviation=args.deviation,
            profile=args.profile,
            overrides=dict(map(parse_override, args.set)),
            seeds=tuple(args.seed) if args.seed else None,
            data=args.data,
            device=args.device,
            dtype=args.dtype,
            threads=args.threads,
        )
        path = train_variant(request, record=args.record)
        print(f"record: {path.relative_to(find_root())}")
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
