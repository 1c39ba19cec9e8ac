"""Which weights a command asks: those that are here, or one seed trained first."""

from __future__ import annotations

import contextlib
import json
import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.commands import doors
from common.commands.demo_weights import demo, demo_folder, restorable, shown
from common.errors import UserError
from common.paper import Room, Variant, find_root, room

if TYPE_CHECKING:
    from common.records.record import Record

SEED = 0  # of the run that --train makes


@contextlib.contextmanager
def opened(
    paper: str,
    variant: str | None,
    folder: Path | None,
    data: str | None,
    dtype: str = "float32",
    train: bool = False,
    door: str = "generate",
) -> Iterator[tuple[str, Any]]:
    """Variant of a checkpoint, and what is asked through the door: a Writer, a Classifier, ...

    While it is used, its deviation is in the code.
    """
    home = room(paper)
    doors.check(home, door)
    if folder and train:
        raise UserError("--checkpoint names trained weights: leave out --train.")
    folder = folder or weights(home, variant, data, train, door)
    from common.ask.checkpoint import read_checkpoint
    from common.evidence.deviations import injection

    with restorable(home, folder):
        checkpoint = read_checkpoint(home, folder, data, dtype)
        taken = _taken(home, folder, checkpoint)
    named = checkpoint.variant.name
    if variant not in (None, named):
        raise UserError(f"{folder} holds {named}, not {variant}: leave out --version.")
    doors.check(home, door, checkpoint.version)
    print(taken, file=sys.stderr)
    with injection(home, checkpoint.version, checkpoint.variant.deviation):
        yield named, checkpoint.able(home.module(f"{checkpoint.version}.ask"), wanted(door))


def wanted(door: str) -> Callable[[Any], bool]:
    """Whether an object is what the door asks: of its class, or with maps to draw."""
    from common.ask import abilities, writer

    name = doors.DOORS[door][0]
    if name == "attend":
        return lambda found: getattr(found, name, None) is not None
    kind = getattr(writer, name, None) or getattr(abilities, name)
    return lambda found: isinstance(found, kind)


def _taken(home: Room, folder: Path, checkpoint: Any) -> str:
    """Which weights they are; UserError for a demo that is of no committed record."""
    told = [checkpoint.variant.name, f"seed {checkpoint.seed}", checkpoint.data]
    told += filter(None, [_overrides(home, checkpoint)])
    which = f"{', '.join(told)}: {shown(folder)}"
    if folder.resolve() != demo_folder(home):
        return f"{home.name} {which}"
    from common.ask.demo import check

    record, metric = check(home), home.paper.metric
    run = next(run for run in record.seeds if run.seed == checkpoint.seed)
    value = run.metrics.get(metric.name)
    result = "" if value is None else f", {value:.3f} {metric.label}"
    how = f"trained {_duration(run.seconds)}{result}; --train trains your own"
    return f"demo weights: {which}\n{how}"


def _overrides(home: Room, checkpoint: Any) -> str:
    """How its config differs from params.yaml, as `papers train` takes it: "-S steps=3"."""
    from common.config import plan

    try:
        usual = asdict(plan(home, checkpoint.version, size=checkpoint.variant.size).config)
    except UserError:  # a size that params.yaml no longer has
        usual = asdict(plan(home, checkpoint.version).config)
    config = asdict(checkpoint.config)
    return " ".join(f"-S {k}={json.dumps(v)}" for k, v in config.items() if v != usual[k])


def weights(
    home: Room,
    variant: str | None,
    data: str | None = None,
    train: bool = False,
    door: str = "generate",
) -> Path:
    """The folder of the weights to use; with `train`, or a yes at a terminal, trained if need be.

    Without a variant it is the best that has the door: of those whose weights are here, or, where
    none are or `train` asks for the best, of all. Where none are here, those of the demo are taken,
    unless `train` asks for one's own.
    """
    if variant is not None:
        _check_variant(home, variant, door)
    best = [variant] if variant else best_first(home, doors.able(home, door))
    here = {name: folders for name in best if (folders := _folders(home, name))}
    fits = _fitting(home, data)
    if train:
        full = [folder for folder in here.get(best[0], []) if _full(home, folder)]
        if folder := next(filter(fits, full), None):
            return folder
        _ask(home, best[0], data, train)
        return _train(home, best[0], data)
    for name, folders in here.items():
        if folder := next(filter(fits, folders), None):
            if name != best[0]:
                print(f"{best[0]} is better: --train trains it.", file=sys.stderr)
            return folder
    if (folder := demo(home, variant, door)) and (not data or fits(folder)):
        return folder  # one that is not its record's is refused when it is read
    if here:  # reading it says what it was trained on
        return next(iter(here.values()))[0]
    _ask(home, best[0], data, train)
    return _train(home, best[0], data)


def _full(home: Room, folder: Path) -> bool:
    """Whether weights are of the profile of params.yaml or of a greater one, by the record beside
    them; so are those without a record."""
    from common.config import PROFILES
    from common.records.record import read_record

    profiles = []
    for path in folder.parents[1].glob(f"runs/*/{folder.name}.json"):
        with contextlib.suppress(UserError):
            profiles.append(read_record(path).profile)
    present = PROFILES.index(_profile(home))
    return not profiles or max(map(PROFILES.index, profiles)) >= present


def _profile(home: Room) -> str:
    """The profile in which `--train` trains."""
    from common.config import read_yaml

    return read_yaml(home.path("params.yaml")).get("profile", "cpu")


def _check_variant(home: Room, variant: str, door: str) -> None:
    version, deviation, size = Variant.of(variant)
    doors.check(home, door, home.version(version))
    if size is not None:
        from common.config import plan

        plan(home, version, size=size)
    if deviation is not None:
        from common.evidence.deviations import find_deviation

        find_deviation(home, deviation)


def _folders(home: Room, variant: str) -> list[Path]:
    """Where weights of the variant are: the paper's own, then local trainings, newest first."""
    local = (find_root() / "local" / home.name).glob(f"*/checkpoints/{variant}/model.json")
    newest = sorted(local, key=lambda path: path.stat().st_mtime, reverse=True)
    own = home.path("checkpoints", variant, "model.json")
    return [path.parent for path in (own, *newest) if path.is_file()]


def _fitting(home: Room, data: str | None):
    """Whether a folder's weights learned from those data, or, without any, from the paper's own.

    The bytes decide, not their name.
    """
    from common.data.catalog import files_sha256, load_catalog
    from common.data.own import named_set, read_own
    from common.data.place import files_of

    known = {name: files_sha256(files_of(one)) for name, one in load_catalog().items()}
    own = set(home.paper.datasets.values())
    own |= {one.stand_in for name, one in load_catalog().items() if name in own}
    wanted = data and (known[data] if named_set(data) else read_own(data)[1])

    def fits(folder: Path) -> bool:
        from common.ask.checkpoint import trained_on  # with torch: only where there are weights

        found = trained_on(folder)
        if data:
            return any(sha256 == wanted for _, sha256 in found)
        return all(name in own and sha256 == known.get(name) for name, sha256 in found)

    return fits


def best_first(home: Room, able: list[str]) -> list[str]:
    """The versions by their recorded metric, best first; then those without one, newest first."""
    metric, records = home.paper.metric, primary_records(home, able)
    sign = 1 if metric.lower_is_better else -1

    def worth(version: str) -> float:
        values = records[version].values(metric.name).values() if version in records else []
        finite = [sign * value for value in values if value is not None]
        return sum(finite) / len(finite) if finite else math.inf

    numbered = [version for version in home.paper.numbered if version in able]
    return sorted([*reversed(numbered), *(v for v in able if v not in numbered)], key=worth)


def primary_records(home: Room, variants: list[str]) -> dict[str, Record]:
    """Variant -> its record on the hardware that has most; one that is damaged counts as none."""
    from common.evidence.verdicts import primary_hardware
    from common.records.record import read_record

    records = []
    for variant in variants:
        for path in sorted(home.path("runs").glob(f"*/{variant}.json")):
            with contextlib.suppress(UserError):
                records.append(read_record(path))
    hardware = primary_hardware(records)
    return {r.variant: r for r in records if r.hardware.name == hardware}


def _ask(home: Room, variant: str, data: str | None, train: bool) -> None:
    """Say that one seed is trained first, and how long it takes. UserError if nobody says yes."""
    of = f" of profile {_profile(home)}" if train else ""
    lacking = f"{home.name} {variant} has no weights{of} here"
    if data:
        lacking += f" that learned from {data}"
    took = _how_long(home, variant)
    # DVC keeps the weights of versions; those of other variants are trained anew.
    kept = variant in home.paper.versions and not data
    committed = f", or run `papers reproduce {home.name}`" if kept else ""
    if train:
        print(f"{lacking}. {took}", file=sys.stderr)
        return
    terminal = sys.stdin.isatty() and sys.stderr.isatty()
    if not (terminal and _yes(f"{lacking}. {took} Train it now?")):
        raise UserError(f"{lacking}. {took} Add --train to train it first{committed}.")


def _yes(question: str) -> bool:
    import typer

    try:
        return typer.confirm(question, err=True)
    except typer.Abort:  # Ctrl-C, or Ctrl-D
        raise KeyboardInterrupt from None


def _how_long(home: Room, variant: str) -> str:
    """What training one seed of the variant took, by its record, in a sentence."""
    record = primary_records(home, [variant]).get(variant)
    if record is None:
        return "How long training takes is not recorded."
    seconds = record.seconds * int(record.engine.get("workers", 1)) / len(record.seeds)
    return (
        f"Training it once takes about {_duration(seconds)} (recorded on {record.hardware.name})."
    )


def _duration(seconds: float) -> str:
    return f"{math.ceil(seconds)} s" if seconds < 100 else f"{math.ceil(seconds / 60)} minutes"


def _train(home: Room, variant: str, data: str | None) -> Path:
    """One seed, under local/; the folder of its weights."""
    from common.run.launch import Request, train_variant

    request = Request(home.name, *Variant.of(variant), seeds=(SEED,), data=data)
    record = train_variant(request, report=lambda line: print(line, file=sys.stderr))
    return record.parents[2] / "checkpoints" / variant
