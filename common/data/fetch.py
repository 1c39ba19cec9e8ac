"""Datasets on this machine: where they lie, whether their bytes are right, and `ensure()`.

Every byte is checked at every call; what is right needs no network. How missing bytes are got is
in `acquire.py`, which is loaded by name: the sha256 in a run's record says what the data was, so
the code that fetched it is not among the run's sources.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import json
import os
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path

from common.data.catalog import Dataset, File, files_sha256, get
from common.errors import UserError
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


class NotHere(UserError):
    """The dataset is not on this machine, and nothing was to be fetched."""


_here_only: ContextVar[bool] = ContextVar("here_only", default=False)


@contextlib.contextmanager
def here_only() -> Iterator[None]:
    """Within the block nothing is fetched and no stand-in is taken: `ensure` raises NotHere."""
    token = _here_only.set(True)
    try:
        yield
    finally:
        _here_only.reset(token)


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


def ensure(name: str, *, allow_stand_in: bool = True, report: Report = print) -> Fetched:
    """Have the dataset on this machine, every byte checked, fetching what is missing.

    Where no source has it, its stand-in is taken, with a warning, unless forbidden. UserError
    when there is nothing to take, with every source that was tried; for an unknown name too.
    """
    dataset = get(name)
    files, folder = files_of(dataset), folder_of(dataset)
    if files and all(is_right(folder / file.path, file) for file in files):
        return Fetched(name, folder, files_sha256(files))
    if _here_only.get() and not dataset.embedded:
        raise NotHere(f"{name} is not here: papers data fetch {name}")
    got = importlib.import_module("common.data.acquire").acquire(dataset, folder, report)
    if got.how:
        return Fetched(name, folder, files_sha256(files_of(dataset)), how=got.how)
    if dataset.stand_in and allow_stand_in:
        return _stand_in(dataset, got.failures, report)
    raise UserError(_nothing_left(dataset, got.failures))


def _stand_in(dataset: Dataset, failures: list[str], report: Report) -> Fetched:
    for failure in failures:
        report(f"{dataset.name}: {failure}")
    report(
        f"WARNING: {dataset.name} cannot be had here. Its stand-in {dataset.stand_in} takes its"
        " place: the results will bear that name and do not compare with the committed ones."
    )
    try:
        fetched = ensure(dataset.stand_in, allow_stand_in=False, report=report)
    except UserError as error:
        raise UserError(f"{_nothing_left(dataset, failures)}\nNor its stand-in: {error}") from None
    return replace(fetched, stand_in_for=dataset.name)


def _nothing_left(dataset: Dataset, failures: list[str]) -> str:
    tried = "".join(f"\n  - {failure}" for failure in failures)
    mend = "Get a network connection and try again"
    if any(source.how == "url" for source in dataset.sources):
        names = ", ".join(file.path for file in dataset.files)
        mend += (
            f", or put {names} from {dataset.home} into data/{dataset.name}/,"
            f" or set PAPERS_DATA_MIRROR to a folder that holds {dataset.name}/"
        )
    return f"No source has the dataset '{dataset.name}'. Tried:{tried}\n{mend}."


def receipt(
    name: str, path: Path, *, allow_stand_in: bool = True, report: Report = print
) -> Fetched:
    """Ensure the dataset and note at `path` which one it is: what a pipeline stage depends on.

    The same data gives the same bytes: no time, no place, no source.
    """
    if path.is_dir():
        raise UserError(f"{path} is a folder: name the file that is to say which dataset it is.")
    fetched = ensure(name, allow_stand_in=allow_stand_in, report=report)
    keys = ("sha256", "stand_in_for")
    note = {"dataset": fetched.name} | {key: getattr(fetched, key) for key in keys}
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(note, indent=2) + "\n", encoding="utf-8")
    part.replace(path)
    return fetched


def has_records(room: Path, name: str) -> bool:
    """Has a paper's folder records of that dataset? A stand-in must not run beside them."""

    def learned_from(path: Path) -> str:
        return json.loads(path.read_bytes())["dataset"]["name"]

    return any(learned_from(path) == name for path in room.glob("runs/*/*.json"))


def from_receipt(path: Path, report: Report = print) -> Fetched:
    """The very dataset that a receipt names, stand-in or not. UserError if it is another now."""
    try:
        note = json.loads(path.read_text(encoding="utf-8"))
        name, sha256, stand_in_for = str(note["dataset"]), note["sha256"], note["stand_in_for"]
    except (OSError, ValueError, KeyError, TypeError):
        raise UserError(
            f"{path.name} is not a data receipt: make it with"
            " `papers data fetch NAME --receipt PATH`."
        ) from None
    fetched = ensure(name, allow_stand_in=False, report=report)
    if fetched.sha256 != sha256:
        raise UserError(
            f"{path.name} was written for other bytes of '{name}': write it again with"
            f" `papers data fetch {stand_in_for or name} --receipt {path.name}`."
        )
    return replace(fetched, stand_in_for=stand_in_for)
