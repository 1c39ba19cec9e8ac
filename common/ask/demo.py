"""Demo weights: small ones in git, `papers/<paper>/demo/`, so that a fresh clone answers at once.

They are those of a committed record of the size LONG: what is asked of them alone, in bfloat16,
with what the exam learned from data that is not in git. Both files carry the record's seal. A
reseal keeps the seals that a record had before, so a demo stays that of its record.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from common.ask import DEMO
from common.ask.carried import carry, watched
from common.ask.checkpoint import MODEL, WEIGHTS, Checkpoint, read_checkpoint, told_by
from common.config import size_names
from common.data.catalog import get, load_catalog
from common.errors import UserError
from common.paper import LONG, Room, Variant
from common.records.record import Record, read_record

LARGEST = 4_000_000  # bytes of both files together
SEAL = "seal"  # its key in the weights' metadata, as in model.json


def make(home: Room, source: Path | None = None) -> tuple[Path, Record]:
    """Write the room's demo from a checkpoint; its folder and the record that it is of.

    UserError where no committed record has left that checkpoint, where the demo would be too
    large, and where it does not answer by itself.
    """
    source = source or _recorded(home)
    record = record_of(home, source)
    elsewhere = [data.name for data in record.datasets.values() if not _in_git(data.name)]
    with watched(home) if elsewhere else contextlib.nullcontext([]) as exams:
        checkpoint = _loaded(home, source)
    model = json.loads((source / MODEL).read_bytes())
    if elsewhere:
        model["licences"] = {name: _licence(name) for name in elsewhere}
    if exams:
        model["carried"] = carry(exams[0]).model_dump()
    files = {WEIGHTS: _weights(checkpoint, model[SEAL]), MODEL: _as_json(model)}
    if (size := sum(map(len, files.values()))) > LARGEST:
        raise UserError(
            f"the demo of {home.name} would have {size:,} bytes, and {LARGEST:,} is the most: "
            f"give {record.variant} smaller sizes in its params.yaml, and train it again."
        )
    return _put(home, files), record


def _recorded(home: Room) -> Path:
    """What the recorded run of the size LONG left. UserError, with the mend, where it is not."""
    if LONG not in (sizes := size_names(home)):
        has = f"its sizes are {', '.join(sizes)}" if sizes else "it has no sizes"
        raise UserError(
            f"{home.name} has no size {LONG}, of which a demo is made; {has}. Add {LONG} to"
            f" `sizes` in each profile of papers/{home.name}/params.yaml, then {_how(home)}."
        )
    folder = home.path("checkpoints", Variant(home.newest, size=LONG).name)
    if not folder.is_dir():
        raise UserError(f"{home.name} has no weights of its size {LONG} here: {_how(home)}.")
    return folder


def _how(home: Room) -> str:
    return (
        f"train it with `papers train {home.name} {home.newest} --size {LONG} --record`, then run "
        f"`papers demo {home.name}`"
    )


def record_of(home: Room, folder: Path) -> Record:
    """The committed record whose run left the checkpoint in that folder. UserError if none did."""
    told = told_by(folder)
    for path in sorted(home.folder.glob(f"runs/*/*-{LONG}.json")):
        record = read_record(path)
        if told.seal in record.seals:
            return record
    raise UserError(
        f"{folder} is of no committed record of {home.name} at the size {LONG}: {_how(home)}."
    )


def check(home: Room) -> Record:
    """The record of the room's demo. UserError where the demo is not what that record says."""
    folder = home.path(DEMO)
    record, told = record_of(home, folder), told_by(folder)
    try:
        with safe_open(folder / WEIGHTS, "pt") as file:
            seal = (file.metadata() or {}).get(SEAL)
    except (OSError, SafetensorError) as error:
        raise UserError(f"{folder / WEIGHTS} is damaged: {error}.") from None
    if seal != told.seal:
        raise UserError(f"{folder}: its two files carry different seals.")
    same = {
        "variant": told.variant == record.variant,
        "dataset": told.dataset.sha256 == record.dataset.sha256,
        "config": told.config.items() <= record.config.items(),
        "seed": told.seed in [run.seed for run in record.seeds],
    }
    if other := [name for name, equal in same.items() if not equal]:
        raise UserError(f"{folder / MODEL}: its {other[0]} is not that of its record.")
    return record


def _loaded(home: Room, folder: Path) -> Checkpoint:
    """A checkpoint that was asked once."""
    checkpoint = read_checkpoint(home, folder)
    checkpoint.able(home.module(f"{checkpoint.version}.ask"), lambda found: True)
    return checkpoint


def _in_git(name: str) -> bool:
    return name in load_catalog() and get(name).embedded


def _licence(name: str) -> str:
    """Of the data: what is carried of them, such as their words, is under it as well."""
    data = get(name)
    return f"{data.title} ({data.home}): {data.licence}"


def _weights(checkpoint: Checkpoint, seal: str) -> bytes:
    """The tensors that were read, floats as bfloat16."""
    with safe_open(checkpoint.file, "pt") as file:
        tensors = {name: file.get_tensor(name) for name in sorted(checkpoint.asked)}
    small = {n: t.to(torch.bfloat16) if t.is_floating_point() else t for n, t in tensors.items()}
    return save(small, metadata={SEAL: seal})


def _as_json(model: dict) -> bytes:
    return (json.dumps(model, indent=1, ensure_ascii=False) + "\n").encode()


def _put(home: Room, files: dict[str, bytes]) -> Path:
    """The demo's folder, once the files were tried beside it. Ctrl-C leaves the one before."""
    folder = home.path(DEMO)
    with TemporaryDirectory(prefix=f".{DEMO}-", dir=home.folder) as aside:
        new, old = Path(aside, "new"), Path(aside, "old")
        new.mkdir()
        for name, content in files.items():
            (new / name).write_bytes(content)
        _loaded(home, new)
        try:
            if folder.is_dir():
                folder.rename(old)
            new.rename(folder)
        except BaseException:
            if old.is_dir() and not folder.exists():
                old.rename(folder)
            raise
    return folder
