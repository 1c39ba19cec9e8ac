"""CIFAR-10 in small: an archive in the format of the real one, a colour for each class."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.small_sets import entry

ARCHIVE, FOLDER = "cifar-10-binary.tar.gz", "cifar-10-batches-bin"
NAMES = (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch")
COLOURS = np.array(
    [
        [250, 10, 10], [10, 250, 10], [10, 10, 250], [250, 250, 10], [250, 10, 250],
        [10, 250, 250], [250, 250, 250], [10, 10, 10], [130, 130, 130], [250, 130, 10],
    ]
)  # fmt: skip


def batches(count: int = 40) -> dict[str, bytes]:
    """The members, of `count` images each: a byte for the class, then red, green and blue.

    The first red pixel of each image is the number of its file.
    """
    rng, made = np.random.default_rng(0), {}
    for number, name in enumerate(NAMES):
        rows = []
        for i in range(count):
            planes = np.repeat(COLOURS[i % 10], 32 * 32) + rng.integers(-9, 6, 3 * 32 * 32)
            planes[0] = number
            rows.append(bytes([i % 10]) + planes.astype(np.uint8).tobytes())
        made[f"{FOLDER}/{name}.bin"] = b"".join(rows)
    return made | {f"{FOLDER}/readme.html": b"<html>", f"{FOLDER}/batches.meta.txt": b"airplane\n"}


def archive(members: dict[str, bytes]) -> bytes:
    """A gzipped tar of the members."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as file:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def place_archive(sets: Callable, mirror: Path, packed: bytes, **more) -> Path:
    """A catalogue whose `cifar10` is that archive, which lies in the mirror; its path there."""
    folder = mirror.parent / "cifar10"
    folder.mkdir(exist_ok=True)
    (folder / ARCHIVE).write_bytes(packed)
    sets("cifar10", kind="images", files=[entry(ARCHIVE, packed)], by_name=True, **more)
    return folder / ARCHIVE
