"""What a paper is, and how papers and their versions are found: by folder, no registry."""

from __future__ import annotations

import importlib
import os
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from common.errors import UserError, check_utf8, nearest

VERSION = re.compile(r"version[1-9]\d*")
LONG = "long"  # the size that is trained for up to half an hour: no stage of DVC, asked for by name


@dataclass(frozen=True)
class Metric:
    """The number by which a paper's versions are compared."""

    name: str  # its key in the records, e.g. "bits_per_character"
    label: str  # for tables and axes, with its unit
    lower_is_better: bool = True


@dataclass(frozen=True)
class Published:
    """A number that others report for the same data and split, beside which LONG stands."""

    what: str  # whose, and the model's size
    value: float  # in the paper's metric; for running text nats per character of the last tenth
    url: str
    how: str = ""  # in what their measurement differs


@dataclass(frozen=True)
class Paper:
    """A paper as its room's `__init__.py` declares it."""

    title: str
    authors: str
    year: int
    url: str
    versions: dict[str, str]  # name -> one line; version1, version2, ... and named variants
    metric: Metric
    dataset: str  # its name in the catalogue
    cites: tuple[str, ...] = ()  # rooms of this repository that its models may import
    also: dict[str, str] = field(default_factory=dict)  # other sources: title -> url
    counts: str = "tokens"  # what its versions learn from, as throughput counts it
    more_data: dict[str, str] = field(default_factory=dict)  # use -> dataset, e.g. of a pretraining
    starts_from: dict[str, str] = field(default_factory=dict)  # version -> whose weights it takes
    published: tuple[Published, ...] = ()  # what LONG is compared with

    @property
    def datasets(self) -> dict[str, str]:
        """All datasets by their use; that of the exam is first and has the use ""."""
        return {"": self.dataset, **self.more_data}

    @property
    def numbered(self) -> list[str]:
        """version1, version2, ...: the attempts at the paper, oldest first. A variant with a name
        of its own, such as a speedrun, goes beside them and is never the newest."""
        return sorted(filter(VERSION.fullmatch, self.versions), key=order)

    @property
    def newest(self) -> str:
        """The newest version: the one into which deviations are injected."""
        return self.numbered[-1]


@dataclass(frozen=True)
class Room:
    """A paper's folder. `name` is the folder's name, `folder` its absolute path."""

    name: str
    folder: Path

    @property
    def paper(self) -> Paper:
        return self.module().PAPER

    @property
    def newest(self) -> str:
        return self.paper.newest

    def module(self, dotted: str = "") -> ModuleType:
        """Import `papers.<name>[.<dotted>]`."""
        return importlib.import_module(f"papers.{self.name}" + (f".{dotted}" if dotted else ""))

    def version(self, name: str) -> str:
        """Return `name` if the paper has such a version. UserError otherwise."""
        if name not in self.paper.versions:
            raise UserError(f"'{self.name}' has no {name!r}." + nearest(name, self.paper.versions))
        return name

    def path(self, *parts: str) -> Path:
        return self.folder.joinpath(*parts)

    def receipt(self, use: str = "") -> Path:
        """Where the data stage of that use notes which dataset it found."""
        return self.path(f"data-{use}.json" if use else "data.json")


class Variant(NamedTuple):
    """What a version is recorded as: itself, with a deviation in it, or at another size."""

    version: str
    deviation: str | None = None
    size: str | None = None

    @property
    def name(self) -> str:
        """ "version2", "version2+<deviation>", "version2-<size>": also its name in files."""
        end = f"+{self.deviation}" if self.deviation else f"-{self.size}" if self.size else ""
        return self.version + end

    @classmethod
    def of(cls, name: str) -> Variant:
        version, plus, deviation = name.partition("+")
        version, dash, size = version.partition("-")
        return cls(version, deviation if plus else None, size if dash else None)


def order(version: str) -> tuple[int, str]:
    """Sort key: version2 before version10; anything else at the end, by name."""
    digits = version.removeprefix("version")
    return (int(digits), "") if digits.isdigit() else (10**9, version)


def find_root(start: Path | None = None) -> Path:
    """The repository's root, looked for from the working folder upwards.

    Not from `__file__`: `dvc exp run --temp` runs a stage in a copy of the repository.
    """
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if (folder / "papers" / "__main__.py").exists() and (folder / "common").is_dir():
            check_utf8(str(folder))  # git, DVC and MLflow cannot say it
            return folder
    raise UserError(f"{start.name}/ is not inside the repository: change into it and try again.")


def owner(root: Path) -> Path:
    """The checkout itself, or the one below whose .dvc/tmp/exps `dvc exp run --temp` copied it."""
    parts = root.parts
    for i in range(len(parts) - 2):
        if parts[i : i + 3] == (".dvc", "tmp", "exps"):
            return Path(*parts[:i])
    return root


def rooms(root: Path | None = None) -> dict[str, Room]:
    """All papers by name, in alphabetical order: of `root`, else of where we are."""
    return _rooms(root or find_root())


@cache
def _rooms(root: Path) -> dict[str, Room]:
    found = (f.parent for f in sorted((root / "papers").glob("*/__init__.py")))
    return {f.name: Room(f.name, f) for f in found}


def forget_rooms() -> None:
    """Look for the rooms again: one was added, or the files of a root are others now."""
    _rooms.cache_clear()


def room(name: str) -> Room:
    """The paper of that name. UserError with the nearest name if there is none."""
    if name not in rooms():
        raise UserError(f"no paper {name!r}." + nearest(name, rooms()))
    return rooms()[name]


def experiment(paper: str = "") -> Path | None:
    """Where the records of DVC's experiment lie, None where none runs. The copy of `dvc exp run
    --temp` is deleted at the end: its record goes to the checkout that it was made from."""
    if not (name := os.environ.get("DVC_EXP_NAME")):
        return None
    return owner(find_root()) / "local" / "experiments" / name / paper
