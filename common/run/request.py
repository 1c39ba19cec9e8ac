"""What may be asked of a run, and what is refused before the first step."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from common.config import Plan, read_yaml
from common.errors import UserError
from common.evidence.deviations import find_deviation
from common.paper import Room, Variant
from common.records.record import Dataset, read_record
from common.records.sources import imported_modules
from common.run import parallel
from common.run.datasets import own_data
from common.run.hardware import cores


@dataclass(frozen=True)
class Request:
    """What to run: a variant and how. None means: as the parameter files say."""

    paper: str
    version: str
    deviation: str | None = None
    size: str | None = None
    profile: str | None = None
    overrides: dict[str, Any] | None = None
    seeds: tuple[int, ...] | None = None
    data: str | None = None  # the user's own text file, or a set of the catalogue
    device: str = "cpu"
    dtype: str | None = None
    threads: int | None = None
    processes: int = field(default_factory=parallel.world)

    @property
    def variant(self) -> str:
        return Variant(self.version, self.deviation, self.size).name


def check_request(request: Request, home: Room, record: bool) -> None:
    """UserError for a version, data, a deviation or a size that cannot be."""
    home.version(request.version)
    if request.data is not None:
        _check_data(request.data, home, record)
    if request.deviation:
        find_deviation(home, request.deviation)
        if request.version != home.newest:
            raise UserError(f"deviations go into {home.newest}, not {request.version}.")
    if request.size and request.deviation:
        raise UserError("--size and --deviation are two variants: leave out one.")
    if request.size and request.version != home.newest:
        raise UserError(f"sizes are of {home.newest}, not of {request.version}.")


def _check_data(data: str, home: Room, record: bool) -> None:
    if record:
        raise UserError("--record runs what params.yaml says: leave out --data or --record.")
    own_data(home, data)


def check_replaced(asked: Request, home: Room, hardware: str, new: Plan) -> None:
    """What an option changes or leaves out must not replace a record that has it."""
    path = home.path("runs", hardware, f"{asked.variant}.json")
    if not path.is_file():
        return
    old = read_record(path)
    lost = {
        "-S": asked.overrides and old.config != plain(new.config),
        "--profile": asked.profile and old.profile != new.profile,
        "--seed": asked.seeds and {run.seed for run in old.seeds} - set(new.seeds),
    }
    for option in filter(lost.get, lost):
        raise UserError(
            f"with {option} this run would replace {'/'.join(path.parts[-5:])}, "
            f"which has {len(old.seeds)} seeds of profile {old.profile}: leave out {option} or "
            "--record."
        )


def check_beside(home: Room, hardware: str, datasets: dict[str, Dataset], profile: str) -> None:
    """A record must not stand beside those of other data, or on one hardware beside those of
    another profile: no report could compare them."""
    again = f"`papers reproduce {home.name}"
    for path in sorted(home.folder.glob("runs/*/*.json")):
        old = read_record(path)
        for use, dataset in datasets.items():
            there = old.datasets.get(use)
            if there is None or there.sha256 != dataset.sha256:
                raise UserError(
                    f"papers/{home.name} has records of {there.name if there else old.data_names}, "
                    f"and this run would learn from {dataset.name}: {again}` runs it in a copy "
                    "under local/."
                )
        if path.parent.name == hardware and old.profile != profile:
            raise UserError(
                f"papers/{home.name} has records of profile {old.profile} on this hardware: "
                f"{again} --profile {profile}` runs another one in a copy under local/."
            )


def check_engine(home: Room, request: Request) -> None:
    """A version without torch computes as NumPy does; no record may say otherwise."""
    uses_torch = "torch" in imported_modules(home.path(request.version, "model.py"))
    engine = (request.device, request.dtype, request.processes)
    if not uses_torch and engine != ("cpu", "float32", 1):
        raise UserError(
            f"{request.paper} {request.version} does without torch: it has no --device, no --dtype "
            "and one process."
        )


def with_engine_defaults(root: Path, request: Request, made: Plan) -> tuple[Request, bool]:
    """The request with the engine of params.yaml where it names none; whether it is that one."""
    given = {**read_yaml(root / "params.yaml")["engine"], **made.engine}
    defaults: dict[str, Any] = {"threads": 1, "dtype": "float32", **given}
    threads = defaults["threads"] if request.threads is None else request.threads
    if not isinstance(threads, int) or not 1 <= threads <= cores():
        raise UserError(f"threads must be from 1 to {cores()}, not {threads!r}.")
    dtype = request.dtype or defaults["dtype"]
    engine = (request.device, threads, dtype, request.processes)
    usual = engine == ("cpu", defaults["threads"], defaults["dtype"], 1)
    return replace(request, profile=made.profile, threads=threads, dtype=dtype), usual


def plain(config: Any) -> dict[str, Any]:
    return json.loads(json.dumps(asdict(config)))
