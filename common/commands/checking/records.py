"""What can be derived about a committed record, and must then be so.

A seal finds accidents; whoever forges a record seals it anew. So everything that follows from the
room, the catalogue, the code and the record's own fields is compared with what the record says.
What only training gives is the matter of `papers verify`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from common.config import plan, shown
from common.data.catalog import files_sha256, load_catalog
from common.errors import UserError
from common.evidence.deviations import deviations_of
from common.paper import Room
from common.records.current import changed_sources, unlike_sources
from common.records.curves import curve
from common.records.record import Curve, Dataset, Record, SeedRun, summary
from common.records.sources import imported_modules
from common.run.processors import hardware_name
from common.run.request import plain

ENGINE = {"device", "dtype", "threads", "matmul_precision", "allocator", "attention", "workers"}
ENVIRONMENT = {"python", "torch", "numpy"}
COUNTED = ("step", "tokens", "seconds")  # columns that a run does not compute
WHOLE = re.compile(r"[1-9][0-9]{0,3}")
MEND = "run it again, or restore it with git."
Problems = Iterator[str]


def place_of(record: Record) -> str:
    """Where a record stands in the repository."""
    return f"papers/{record.paper}/runs/{record.hardware.name}/{record.variant}.json"


def record_problems(root: Path, room: Room, record: Record) -> Problems:
    """A sentence for everything in a record that its room, the catalogue, the code or the record
    itself contradicts."""
    if record.version not in room.paper.versions:
        out = f"papers runs aside {room.name} {record.seal[:8]}"
        yield f"{room.name} has no {record.version}: name it in PAPER.versions, or run `{out}`."
        return
    runs = (
        f"seed {run.seed}: {problem}" for run in record.seeds for problem in _run(room, record, run)
    )
    parts = (_identity(room, record), _datasets(room, record), _hardware(record))
    parts += (_engine(room, record), _sources(root, record), _config(room, record))
    for problem in chain(*parts, runs, _seeds(record)):
        yield f"{problem}: {MEND}"


def _identity(room: Room, record: Record) -> Problems:
    if record.paper != room.name:
        yield f"it is of {record.paper}, not of {room.name}"
    if record.size and record.version != room.newest:
        yield f"sizes are of {room.newest}, not of {record.version}"
    if not record.deviation:
        return
    if record.deviation not in {d.id for d in deviations_of(room) if d.trained}:
        yield f"{room.name} trains no deviation {record.deviation!r}"
    if record.version != room.newest:
        yield f"deviations go into {room.newest}, not {record.version}"


def starts_problems(room: Room, records: list[Record]) -> Problems:
    """A record starts from what the room says, and from weights of a record that still stands."""
    seals = {(record.variant, seal) for record in records for seal in record.seals}
    for record in records:
        told, wanted = record.starts_from, room.paper.starts_from.get(record.version)
        if (told.variant if told else None) != wanted:
            yield f"{place_of(record)}: the room starts it from {wanted or 'nothing'}: {MEND}"
        elif told and (told.variant, told.seal) not in seals:
            again = f"it starts from weights of a record of {wanted} that is not here any more"
            yield f"{place_of(record)}: {again}: {MEND}"


def _datasets(room: Room, record: Record) -> Problems:
    """All datasets, each under its use."""
    wanted = room.paper.datasets
    for use in sorted(wanted.keys() ^ record.datasets.keys()):
        yield f"{room.name} has {'a' if use in wanted else 'no'} dataset for {use}, unlike it"
    for use, data in record.datasets.items():
        if use in wanted:
            yield from _dataset(room, data, wanted[use])


def _dataset(room: Room, data: Dataset, wanted: str) -> Problems:
    catalog = load_catalog()
    known = catalog.get(data.name)
    if known is None:
        yield f"the catalogue has no dataset {shown(data.name)}; runs on a text of yours stay local"
        return
    if known.files and data.sha256 != files_sha256(known.files):
        yield f"the catalogue knows other bytes of {data.name} than {data.sha256[:12]}"
    stands_in = data.name != wanted
    if stands_in and (wanted not in catalog or catalog[wanted].stand_in != data.name):
        yield f"{room.name} learns from {wanted}, and {data.name} is not its stand-in"
    if data.stand_in_for != (wanted if stands_in else None):
        yield f"it says that {data.name} stands in for {shown(data.stand_in_for)}"


def _hardware(record: Record) -> Problems:
    has, processes = record.hardware, record.engine.get("processes", "1")
    if not WHOLE.fullmatch(processes):
        yield f"its engine has {shown(processes)} processes"
        return
    name = hardware_name(has.processor, has.accelerator, has.threads, has.dtype, int(processes))
    if has.name != name:
        yield f"its hardware is called {has.name}, but the fields make it {name}"
    if (has.device == "cuda") != (has.accelerator is not None):
        yield f"its device is {has.device}, its accelerator {shown(has.accelerator)}"
    if has.threads > has.cores:
        yield f"it ran {has.threads} threads on {has.cores} cores"


def _engine(room: Room, record: Record) -> Problems:
    has, engine = record.hardware, record.engine
    built = {"compiled"} if room.path(record.version, "kernel.py").is_file() else set()
    wanted = ENGINE | (({"processes"} | built) & engine.keys())
    if unlike := sorted(engine.keys() ^ wanted) + sorted(record.environment.keys() ^ ENVIRONMENT):
        yield f"its engine and environment should not differ in {unlike[0]!r}"
        return
    for field in ("device", "dtype", "threads"):
        if engine[field] != str(getattr(has, field)):
            yield f"{field} is {shown(engine[field])} in its engine, not in its hardware"
    if not WHOLE.fullmatch(engine["workers"]):
        yield f"its engine has {shown(engine['workers'])} workers"
    if engine["matmul_precision"] not in ("highest", "medium"):
        yield f"no engine has the precision {shown(engine['matmul_precision'])}"
    uses_torch = "torch" in imported_modules(room.path(record.version, "model.py"))
    if not uses_torch and (has.device, has.dtype) != ("cpu", "float32"):
        yield f"{record.version} does without torch, so it has no {has.device} and {has.dtype}"


def _sources(root: Path, record: Record) -> Problems:
    """The files that a run executes; code that has changed since may have executed others."""
    if record.sources and changed_sources(record, root):
        return
    lacking, vain = unlike_sources(record, root)
    for name in lacking[:1]:
        yield f"its sources lack {name}, which the run executes"
    for name in vain[:1]:
        yield f"its sources name {name}, of which the run executes nothing"


def _config(room: Room, record: Record) -> Problems:
    try:
        made = plan(room, record.version, record.profile, size=record.size)
    except UserError as error:
        of = f"size {shown(record.size)} or " if record.size else ""
        told = f"its {of}profile {shown(record.profile)} is none of the room's"
        yield f"{told}: {str(error).rstrip('.')}"
        return
    for has, wanted, where in (
        (record.config, plain(made.config), f"params.yaml ({record.profile})"),
        (record.paper_config, plain(made.defaults), "the version's Config, the paper's value,"),
    ):
        for key in [*wanted, *(key for key in has if key not in wanted)]:
            if (type(wanted.get(key)), wanted.get(key)) != (type(has.get(key)), has.get(key)):
                told = f"{key} = {shown(has.get(key))}, {where} has {shown(wanted.get(key))}"
                yield f"its config says {told}"
                break
    missing = sorted(set(made.seeds) - {run.seed for run in record.seeds})
    if missing and record.hardware.threads == 1:  # what more threads do, fewer seeds tell
        yield f"it lacks seed {missing[0]}, which params.yaml asks for"


def _run(room: Room, record: Record, run: SeedRun) -> Problems:
    """What one seed's curves and figures say of each other."""
    if room.paper.metric.name not in run.metrics:
        yield f"it has no {room.paper.metric.name}"
    if run.metrics.keys() != record.seeds[0].metrics.keys():
        yield f"it has other metrics than seed {record.seeds[0].seed}"
    if run.diverged and any(value is not None for value in run.metrics.values()):
        yield "the run diverged and yet has metrics"
    if [c.phase for c in run.curves] != [c.phase for c in record.seeds[0].curves]:
        yield f"it has other phases than seed {record.seeds[0].seed}"
    else:
        for place, curve in enumerate(run.curves):
            yield from _curve(room, record, place, curve)
    if run.peak_memory_mib > 1024 * record.hardware.memory_gib:
        yield f"it took {run.peak_memory_mib} MiB of {record.hardware.memory_gib} GiB"
    if not run.resumed and run.seconds > record.seconds:
        yield f"it took {run.seconds} s of {record.seconds} s for all seeds"
    yield from _timing(run)
    columns = [curve.columns() for curve in run.curves]
    written = [v for c in columns for name in c if name not in COUNTED for v in c[name]]
    for value in [*run.metrics.values(), *written]:
        if value is not None and float(f"{value:.6g}") != value:
            yield f"{value!r} has more digits than a run writes: it was edited"
            break


def _curve(room: Room, record: Record, place: int, curve: Curve) -> Problems:
    """What is wrong with the curve of the phase in that place."""
    stated = record.config.get(f"{curve.phase}_steps" if curve.phase else "steps")
    diverged, rows = curve.loss[-1] is None, (curve.step, curve.tokens)
    if isinstance(stated, int) and curve.step[-1] != stated and not diverged:
        yield f"the curve ends at step {curve.step[-1]}, the config says {stated}"
    if any(a >= b for a, b in zip([0, *curve.step], curve.step, strict=False)):
        yield "the curve's steps do not go forward"
    elif any(t * curve.step[0] != curve.tokens[0] * s for s, t in zip(*rows, strict=True)):
        yield f"the curve counts unlike numbers of {room.paper.counts} a step"
    others = [run.curves[place] for run in record.seeds if len(run.curves) > place]
    ended = [other for other in others if other.loss[-1] is not None]
    if not diverged and curve.step != ended[0].step:
        yield "its curve has other steps than those of other seeds"
    if curve.losses.keys() != others[0].losses.keys():
        yield f"its curve names other losses than that of seed {record.seeds[0].seed}"


def _timing(run: SeedRun) -> Problems:
    if any(curve.seconds != sorted(curve.seconds) for curve in run.curves):
        yield "the curve's clock goes backwards"
    if not run.curves:
        return
    seconds = round(sum(curve.seconds[-1] for curve in run.curves), 3)
    tokens = sum(curve.tokens[-1] for curve in run.curves)
    if seconds != run.seconds:
        yield f"the curve ends after {seconds} s, the run after {run.seconds} s"
    if run.tokens_per_second is None:
        yield "it has a curve and no speed"
        return
    # Both were rounded on their own: seconds to 0.001, the rate to 0.1.
    slack = 0.0006 * run.tokens_per_second + 0.06 * run.seconds
    if not math.isclose(run.tokens_per_second * run.seconds, tokens, rel_tol=1e-9, abs_tol=slack):
        yield f"{tokens} in {run.seconds} s are not {run.tokens_per_second} a second"


def _numbers(run: SeedRun) -> Any:
    """What a run computed, apart from its clock."""
    columns = [curve.columns() for curve in run.curves]
    computed = [v for c in columns for name in c if name not in COUNTED for v in (*c[name], None)]
    return (*computed, *run.metrics.items())


def _seeds(record: Record) -> Problems:
    """Seeds are runs of their own. A version that draws nothing at random gives all the same."""
    found: dict[Any, int] = {}
    for run in record.seeds:
        found.setdefault(_numbers(run), run.seed)
    if len(found) == 1 or all(run.diverged for run in record.seeds):
        return
    for run in record.seeds:
        if (first := found[_numbers(run)]) != run.seed and not run.diverged:
            yield f"seed {run.seed} is a copy of seed {first}, number by number"


def copies(records: Iterable[Record]) -> Problems:
    """Runs of different names that agree to the millisecond: one was copied."""
    found: dict[Any, str] = {}
    for record in records:
        for run in record.seeds:
            here = f"seed {run.seed} of {place_of(record)}"
            key = (*_numbers(run), *(t for curve in run.curves for t in curve.seconds))
            if key in found and run.seconds > 1:  # shorter ones may agree by chance
                yield f"{here} is {found[key]} to the millisecond, a copy: {MEND}"
            found.setdefault(key, here)


def metrics_problems(room: Room, records: list[Record]) -> Problems:
    """metrics/<variant>.json is what a record of that variant says, on one of its hardwares."""
    for path in sorted(room.path("metrics").glob("*.json")):
        label = f"papers/{room.name}/metrics/{path.name}"
        given = [summary(record.seeds) for record in records if record.variant == path.stem]
        try:
            told = json.loads(path.read_bytes())
        except (ValueError, RecursionError):
            told = None
        if not given:
            yield f"{label} is of no record: delete it."
        elif told not in given:
            yield f"{label} is not what the record of {path.stem} says: restore it with git."


def curves_problems(room: Room, records: list[Record]) -> Problems:
    """curves/<version>.csv is what a record of that version says, on one of its hardwares."""
    for path in sorted(room.path("curves").glob("*.csv")):
        given = [curve(record) for record in records if record.variant == path.stem]
        if path.read_bytes() not in [text.encode() for text in given]:
            label = f"papers/{room.name}/curves/{path.name}"
            yield f"{label} is not what the record of {path.stem} says: restore it with git."
