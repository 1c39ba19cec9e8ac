"""`ensure()`: have a dataset on this machine with every byte checked.

What is right needs no network; how missing bytes are got is in `acquire.py`.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import replace
from pathlib import Path

from common.data.acquire import acquire
from common.data.catalog import Dataset, files_sha256, get
from common.data.place import Fetched, Report, files_of, folder_of, is_right
from common.errors import UserError


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
    got = acquire(dataset, folder, report)
    if got.how:
        return Fetched(name, folder, files_sha256(files_of(dataset)), how=got.how)
    if dataset.stand_in and allow_stand_in:
        return _stand_in(dataset, dataset.stand_in, got.failures, report)
    raise UserError(_nothing_left(dataset, got.failures))


def _stand_in(dataset: Dataset, other: str, failures: list[str], report: Report) -> Fetched:
    for failure in failures:
        report(f"{dataset.name}: {failure}")
    report(
        f"WARNING: {dataset.name} cannot be had here. Its stand-in {other} takes its"
        " place: the results will bear that name and do not compare with the committed ones."
    )
    try:
        fetched = ensure(other, allow_stand_in=False, report=report)
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

    def learned_from(path: Path) -> set[str]:
        told = json.loads(path.read_bytes())
        return {data["name"] for data in (told["dataset"], *told.get("more_data", {}).values())}

    return any(name in learned_from(path) for path in room.glob("runs/*/*.json"))


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
