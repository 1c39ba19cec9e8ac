"""A house of many rooms for benches: this checkout, its rooms copied under other names.

A copied room is a room: its code, its records and its evidence speak of themselves under the new
name and are sealed, so every command treats it like the one that it was copied from.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from itertools import cycle
from pathlib import Path

from common.data.fetch import receipt
from common.evidence import verdicts
from common.paper import Room, find_root, rooms
from common.records.executed import evidence_sources, run_sources
from common.records.record import Record, read_records, write_json, write_record

MADE_OF = re.compile(r"\.(py|md|j2|yaml|csv|json|lock)$")


def build(root: Path, count: int) -> list[str]:
    """Fill the empty folder `root` with this checkout and as many rooms as make `count`.

    Returns the names of the rooms that were added. The originals' data is linked.
    """
    here = find_root(Path(__file__).parent)
    subprocess.run(["git", "clone", "-q", str(here), str(root)], check=True)
    if (here / "data").is_dir():
        (root / "data").symlink_to(here / "data", target_is_directory=True)
    originals = list(rooms(here))
    names = [f"{name}_{i}" for i, name in zip(range(count - len(originals)), cycle(originals))]
    for name in names:
        _copy(root, name.rpartition("_")[0], name)
    environment = os.environ | {"PYTHONPATH": str(root)}  # the copies' own code is imported
    command = [sys.executable, "-m", "tests.house"]
    subprocess.run(command, cwd=root, env=environment, check=True)
    return names


def _copy(root: Path, old: str, new: str) -> None:
    """papers/<new> with every word of its files that means papers/<old>."""
    source, target = root / "papers" / old, root / "papers" / new
    shutil.copytree(
        source, target, ignore=shutil.ignore_patterns("__pycache__", "checkpoints", "demo")
    )
    for path in filter(Path.is_file, target.rglob("*")):
        if MADE_OF.search(path.name):
            path.write_text(_renamed(path.read_text(encoding="utf-8"), old, new), encoding="utf-8")


def _renamed(text: str, old: str, new: str) -> str:
    """Paths, imports, and the name where it stands alone in quotes or as a command's word."""
    text = re.sub(rf"\b(papers[./]){old}\b", rf"\1{new}", text)
    text = re.sub(rf"(reports/(figures/)?){old}\b", rf"\1{new}", text)
    text = re.sub(rf"(common\.(?:evidence|records\.curves|reports)) {old}\b", rf"\1 {new}", text)
    text = re.sub(rf"from papers import {old}\b", f"from papers import {new} as {old}", text)
    return re.sub(rf'(["\']){old}\1', rf"\1{new}\1", text)


def _seal(root: Path, room: Room) -> None:
    for path in room.folder.glob("runs/*/*.json"):
        content = json.loads(path.read_bytes())
        record = Record.model_validate({**content, "resealed": []})
        sources = run_sources(root, room.folder, record.version, record.deviation)
        write_record(path, record.model_copy(update={"sources": sources}))
    path = room.path(verdicts.FILE)
    content = json.loads(path.read_bytes())
    hardware = content["hardware"]
    primary = {r.variant: r for r in read_records(room.folder) if r.hardware.name == hardware}
    content |= {"records": verdicts.seals(hardware, primary)}
    content |= {"sources": evidence_sources(root, room.folder)}
    write_json(path, {**content, "seal": verdicts.seal(content)})


def _lay_out(room: Room) -> None:
    """What DVC's stages have made in a house that has trained: receipts of data, checkpoints."""
    for use, dataset in room.paper.datasets.items():
        receipt(dataset, room.receipt(use), report=lambda line: None)
    for version in room.paper.versions:
        folder = room.path("checkpoints", version)
        folder.mkdir(parents=True)
        (folder / "seed-0.safetensors").touch()


if __name__ == "__main__":
    for one in rooms().values():
        _seal(find_root(), one)
        _lay_out(one)
