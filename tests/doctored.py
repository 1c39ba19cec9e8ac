"""A copy of a committed room, for speed with a few of its records, in which nothing is wrong yet;
and ways to doctor it.

Whoever doctors on purpose seals anew, so everything here does.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import common
from common.commands.checking import of_records, of_room
from common.commands.reseal import renewed
from common.errors import UserError
from common.evidence import verdicts as evidence
from common.evidence.claims import Pair, claims_of
from common.evidence.verdicts import primary_hardware
from common.paper import Room
from common.records.current import changed_sources
from common.records.record import Record, read_records, record_path, write_json

ROOT = Path(common.__file__).parents[1]
NAME = "rnn"
PLACE = primary_hardware(read_records(ROOT / "papers" / NAME)) or ""
KEPT = ("version1", "version2", "version2+forgotten_state", "version2+summed_loss")
Content = dict[str, Any]


def copy_room(root: Path) -> Room:
    """The committed room under `root`, its records and its evidence made current."""
    home = ROOT / "papers" / NAME
    kept = shutil.ignore_patterns("checkpoints", "tests", "__pycache__", "data.json")
    shutil.copytree(home, root / "papers" / NAME, ignore=kept)
    for file in ("__init__.py", "__main__.py"):
        shutil.copy(home.parent / file, root / "papers" / file)
    (root / "common").symlink_to(ROOT / "common", target_is_directory=True)
    room = Room(NAME, root / "papers" / NAME)
    for record in read_records(room.folder):
        if record.hardware.name != PLACE or record.variant not in KEPT:
            record_path(room.folder, record).unlink()
            if record.variant not in KEPT:
                room.path("metrics", f"{record.variant}.json").unlink()
        elif changed_sources(record, root):
            new = renewed(root, room, record)
            write_json(record_path(room.folder, new), new.model_dump(mode="json"))
    _write_evidence(root, room)
    return room


def _write_evidence(root: Path, room: Room) -> None:
    """Evidence in whose place of training stand made-up values: it is never trained for here."""
    module = room.module("evidence.claims")
    true = module.CLAIMS
    try:
        module.CLAIMS = [
            replace(claim, experiment=made_up) if claim.experiment else claim
            for claim in claims_of(room)
        ]
        evidence.gather(root, NAME)
    finally:
        module.CLAIMS = true


def made_up(seeds) -> Pair:
    return Pair({s: 1.0 + 0.01 * s for s in seeds}, {s: 2.0 - 0.03 * s for s in seeds}, -1)


def read(room: Room, variant: str = "version2") -> Content:
    """A record without the history of its seals, as a forger would leave it."""
    content = json.loads((room.folder / "runs" / PLACE / f"{variant}.json").read_bytes())
    return {**content, "resealed": []}


def sealed(content: Content) -> Content:
    """The content with the seal that it needs, if it has the form of a record at all."""
    try:
        return Record.model_validate(content).sealed().model_dump(mode="json")
    except ValueError:
        return content


def forge_evidence(room: Room, edit: Callable[[Content], Any]) -> None:
    """Edit the room's evidence and seal it anew."""
    path = room.path(evidence.FILE)
    content = json.loads(path.read_bytes())
    edit(content)
    write_json(path, {**content, "seal": evidence.seal(content)})


def problems(room: Room, evidence: bool = True) -> str:
    root = room.folder.parents[1]
    try:
        read = (
            of_room(root, room) if evidence else of_records(root, room, read_records(room.folder))
        )
    except UserError as error:
        return str(error)
    return "\n".join(read)
