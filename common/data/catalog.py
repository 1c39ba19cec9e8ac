"""The datasets, one JSON file each in `sets/`: what they are, their bytes, where they come from.

Adding a dataset is adding a file. This module is light: `papers list` may import it.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from common.errors import UserError, nearest

SETS = Path(__file__).parent / "sets"


def safe_path(path: str) -> str:
    """Return `path` if it stays inside its folder; ValueError if it is absolute or climbs out."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or "\\" in path or ":" in parts[0]:
        raise ValueError(f"the path {path!r} leads out of its folder")
    return path


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class File(Model):
    """A file of a dataset as it lies in `data/<dataset>/`, decompressed."""

    path: Annotated[str, AfterValidator(safe_path)]
    bytes: int = Field(ge=0)
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Embedded(Model):
    """A compressed file beside the catalogue: a small corpus in the public domain, always there."""

    how: Literal["embedded"]
    file: Annotated[str, AfterValidator(safe_path)]


class Web(Model):
    """A home on the web. `names` maps our paths to the home's, where these differ.

    A name `x.gz` is decompressed; `x.zip!inside/y` takes a member of an archive.
    """

    how: Literal["url"]
    base: str
    names: dict[str, str] = {}

    def name_of(self, path: str) -> str:
        return self.names.get(path, path)


class Package(Model):
    """A package that carries the bytes. `maker` is a function of `common.data.packages`."""

    how: Literal["package"]
    distribution: str
    version: str  # the one from which the bytes were pinned
    maker: str


class Made(Model):
    """A set that this repository makes. `maker` is a function of `common.data.makers`."""

    how: Literal["made"]
    maker: str


class Hub(Model):
    """A dataset of the Hugging Face hub, exported to one text file for each split.

    With `image`, the column of its pictures, these are cut to squares beside their captions.
    """

    how: Literal["hub"]
    repository: str
    config: str | None = None
    revision: str = "main"
    column: str = "text"
    image: str | None = None
    side: int = 64  # pixels of an exported picture
    splits: dict[str, str]  # ours (train, validation, test) -> the hub's, slices allowed


Source = Annotated[Embedded | Web | Package | Made | Hub, Field(discriminator="how")]


class Dataset(Model):
    """One dataset of the catalogue."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    title: str
    kind: Literal["text", "pairs", "labelled", "images", "captioned", "evaluation"]
    licence: str
    home: str
    files: tuple[File, ...] = ()
    sources: tuple[Source, ...]
    stand_in: str | None = None
    by_name: bool = False  # large, and no paper's: fetched only where it is named, and not pinned

    @property
    def hub(self) -> Hub | None:
        """The hub source of a set whose bytes are not pinned, else None."""
        return next((s for s in self.sources if isinstance(s, Hub)), None)

    @property
    def embedded(self) -> bool:
        """Whether the repository itself holds the set."""
        return any(isinstance(source, Embedded) for source in self.sources)

    @property
    def bytes(self) -> int:
        return sum(file.bytes for file in self.files)


def files_sha256(files: tuple[File, ...]) -> str:
    """The dataset's hash: sha256 over the sorted lines `path sha256`."""
    lines = sorted(f"{file.path} {file.sha256}\n" for file in files)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


@cache
def load_catalog() -> dict[str, Dataset]:
    """Every dataset by name, in alphabetical order. A malformed file raises UserError."""
    return {path.stem: _read(path) for path in sorted(SETS.glob("*.json"))}


def _read(path: Path) -> Dataset:
    try:
        return Dataset(name=path.stem, **json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise UserError(f"The catalogue's {path.name} is malformed: {error}") from error


def get(name: str) -> Dataset:
    """The dataset of that name. An unknown name raises UserError with the nearest one."""
    catalog = load_catalog()
    if name not in catalog:
        raise UserError(f"Unknown dataset '{name}'." + nearest(name, catalog))
    return catalog[name]


def pinned() -> list[Dataset]:
    """The datasets that data.dvc pins: all but the hub's and those that are fetched by name."""
    return [d for d in load_catalog().values() if not d.hub and not d.by_name]
