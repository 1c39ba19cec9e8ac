"""Where datasets lie on this machine, and whether their bytes are right."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from common.data.catalog import Dataset, File
from common.paper import find_root, owner

Report = Callable[[str], object]
MANIFEST = "manifest.json"  # what the files of an unpinned set were when they were exported


@dataclass(frozen=True)
class Fetched:
    """A dataset whose bytes were checked. `folder` is absolute; `how` says where it came from."""

    name: str
    folder: Path
    sha256: str
    stand_in_for: str | None = None
    how: str = "already in data/"


def data_root() -> Path:
    """The folder that holds the datasets: $PAPERS_DATA, else `data/` of the repository.

    `dvc exp run --temp` works in a copy below `.dvc/tmp/exps`; the copy uses its owner's data.
    """
    given = os.environ.get("PAPERS_DATA")
    if given:
        return Path(given).expanduser().resolve()
    return owner(find_root()) / "data"


def folder_of(dataset: Dataset) -> Path:
    """Where the dataset lies. Sets of the hub lie apart, outside of what `data.dvc` pins."""
    return data_root() / "hub" / dataset.name if dataset.hub else data_root() / dataset.name


def files_of(dataset: Dataset) -> tuple[File, ...]:
    """The files with their hashes: the catalogue's, or what the export of a hub set noted."""
    if not dataset.hub:
        return dataset.files
    try:
        noted = json.loads((folder_of(dataset) / MANIFEST).read_text(encoding="utf-8"))
        return tuple(File(**entry) for entry in noted)
    except (OSError, ValueError, TypeError):
        return ()


def file_sha256(path: Path) -> str:
    """sha256 of the file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_right(path: Path, file: File) -> bool:
    """Whether the file is there with the bytes that the catalogue names."""
    try:
        return path.stat().st_size == file.bytes and file_sha256(path) == file.sha256
    except OSError:
        return False
