"""Demo weights: small ones in git, `papers/<paper>/demo/`, so that a fresh clone answers at once.

They are those of a committed record of the size LONG: what is asked of them alone, in bfloat16,
with what the exam learned from data that is not in git. Both files carry the record's seal. A
reseal keeps the seals that a record had before, so a demo stays that of its record.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from common.ask import DEMO
from common.ask.carried import carry, watched
from common.ask.checkpoint import MODEL, WEIGHTS, Checkpoint, read_checkpoint, told_by
from common.data.catalog import get, load_catalog
from common.errors import UserError
from common.paper import LONG, Room
from common.records.record import Record, read_record

LARGEST = 4_000_000  # bytes of both files together
SEAL = "seal"  # its key in the weights' metadata, as in model.json


def make(home: Room, source: Path) -> tuple[Path, Record]:
    """Write the room's demo from a checkpoint; its folder and the record that it is of.

    UserError where no committed record has left that checkpoint, where the demo would be too
    large, and where it does not answer by itself.
    """
    record = record_of(home, source)
    in_git = all(_in_git(data.name) for data in record.datasets.values())
    with contextlib.nullcontext([]) if in_git else watched(home) as exams:
        checkpoint = _loaded(home, source)
    model = json.loads((source / MODEL).read_bytes())
    if exams:
        model["carried"] = carry(exams[0]).model_dump()
    files = {WEIGHTS: _weights(checkpoint, model[SEAL]), MODEL: _as_json(model)}
    if (size := sum(map(len, files.values()))) > LARGEST:
        raise UserError(
            f"the demo of {home.name} would have {size:,} bytes, and {LARGEST:,} is the most: "
            f"give {record.variant} smaller sizes in its params.yaml, and train it again."
        )
    return _put(home, files), record


def record_of(home: Room, folder: Path) -> Record:
    """The committed record whose run left the checkpoint in that folder. UserError if none did."""
    told = told_by(folder)
    for path in sorted(home.folder.glob(f"runs/*/*-{LONG}.json")):
        record = read_record(path)
        if told.seal in record.seals:
            return record
    raise UserError(
        f"{folder} is of no committed record of {home.name} at the size {LONG}: train it with "
        f"`papers train {home.name} {home.newest} --size {LONG} --record`, then run "
        f"`papers demo {home.name}`."
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


def _weights(checkpoint: Checkpoint, seal: str) -> bytes:
    """The tensors that were read, floats as bfloat16."""
    with safe_open(checkpoint.file, "pt") as file:
        tensors = {name: file.get_tensor(name) for name in sorted(checkpoint.asked)}
    small = {n: t.to(torch.bfloat16) if t.is_floating_point() else t for n, t in tensors.items()}
    return save(small, metadata={SEAL: seal})


def _as_json(model: dict) -> bytes:
    return (json.dumps(model, indent=1, ensure_ascii=False) + "\n").encode()


def _put(home: Room, files: dict[str, bytes]) -> Path:
    """The demo's folder, once the files were tried there beside it."""
    new, folder = home.path(f".{DEMO}.new"), home.path(DEMO)
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    try:
        for name, content in files.items():
            (new / name).write_bytes(content)
        _loaded(home, new)
        shutil.rmtree(folder, ignore_errors=True)
        new.rename(folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return folder
