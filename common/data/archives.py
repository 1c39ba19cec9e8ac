"""Packed files: gzip, bzip2, members of tar and zip archives; read into memory, never extracted."""

from __future__ import annotations

import bz2
import fnmatch
import gzip
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from common.data.catalog import File, safe_path

LARGEST = 1 << 30  # bytes of one member: guards against archives that unfold without end


class Unavailable(Exception):
    """A source cannot give the bytes; the text says why."""


def unpack(packed: Path, target: Path, file: File) -> None:
    """Decompress gzip or bzip2, at most one byte more than the file has. Unavailable if broken."""
    opened = bz2.open if packed.suffix == ".bz2" else gzip.open
    try:
        with opened(packed) as source:
            content = source.read(file.bytes + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise Unavailable(f"{packed.name.removeprefix('.download-')} is broken: {error}") from None
    target.write_bytes(content)


def members(archive: Path, pattern: str) -> dict[str, bytes]:
    """Name -> content of the regular files whose name matches the shell pattern.

    ValueError if any member's path climbs out of the archive, matching or not: such an archive
    was made to do harm or is broken, and nothing in it is used.
    """
    read = _zip if zipfile.is_zipfile(archive) else _tar
    return dict(read(archive, pattern))


def member(archive: Path, name: str) -> bytes:
    """One member's content. KeyError if there is no such file in the archive."""
    return members(archive, name)[name]


def _zip(archive: Path, pattern: str) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(archive) as file:
        infos = file.infolist()
        for info in infos:
            safe_path(info.filename)
        for info in infos:
            if not info.is_dir() and fnmatch.fnmatchcase(info.filename, pattern):
                yield info.filename, _bounded(file.open(info).read(LARGEST + 1), info.filename)


def _tar(archive: Path, pattern: str) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(archive) as file:
        infos = file.getmembers()
        for info in infos:
            safe_path(info.name)
        for info in infos:
            content = file.extractfile(info) if info.isfile() else None
            if content and fnmatch.fnmatchcase(info.name, pattern):
                yield info.name, _bounded(content.read(LARGEST + 1), info.name)


def _bounded(content: bytes, name: str) -> bytes:
    if len(content) > LARGEST:
        raise ValueError(f"{name} unfolds to more than {LARGEST >> 30} GiB")
    return content
