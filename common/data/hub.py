"""Sets by way of Hugging Face `datasets`: exports from the hub, and local sets as `Dataset`s.

A set of the hub is exported once to plain files, one for each split, so that training needs no
`datasets`; `manifest.json` beside them notes their sha256.
"""

from __future__ import annotations

import contextlib
import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from common.data.archives import Unavailable
from common.data.catalog import Hub
from common.data.idx import idx_bytes
from common.data.pictures import resized
from common.data.place import MANIFEST, file_sha256
from common.data.web import check_answer


def datasets_library() -> ModuleType:
    try:
        return importlib.import_module("datasets")
    except ImportError:
        raise Unavailable("the package datasets is not installed (pip install datasets)") from None


def export(source: Hub, folder: Path) -> None:
    """Write `<split>.txt` for each split, a line feed after each row, and the manifest.

    A set of pictures becomes `<split>-images-idx4-ubyte` and `<split>-captions.txt`.
    `source.repository` is a repository of the hub or a folder in the same format (parquet).
    Raises Unavailable when it cannot be read, for instance without a network.
    """
    write = _write_pictures if source.image else _write_text
    entries = []
    for ours, theirs in source.splits.items():
        for path in write(source, theirs, folder, ours):
            size = path.stat().st_size
            entries.append({"path": path.name, "bytes": size, "sha256": file_sha256(path)})
    (folder / MANIFEST).write_text(json.dumps(entries, indent=2) + "\n", encoding="utf-8")


def _write_text(source: Hub, theirs: str, folder: Path, ours: str) -> list[Path]:
    path = folder / f"{ours}.txt"
    with path.open("w", encoding="utf-8", newline="") as file, _readable():
        for row in _rows(source, theirs)[source.column]:
            file.write(row if row.endswith("\n") else f"{row}\n")
    return [path]


def _write_pictures(source: Hub, theirs: str, folder: Path, ours: str) -> list[Path]:
    """Squares of `source.side` pixels, and a caption in one line for each."""
    images, captions = folder / f"{ours}-images-idx4-ubyte", folder / f"{ours}-captions.txt"
    with _readable():
        rows = _rows(source, theirs)
        pictures = np.empty((len(rows), source.side, source.side, 3), dtype=np.uint8)
        lines = []
        for i, row in enumerate(rows):
            picture = np.asarray(row[source.image].convert("RGB"))
            pictures[i] = resized(picture, source.side, source.side)
            lines.append(" ".join(str(row[source.column]).split()) + "\n")
    images.write_bytes(idx_bytes(pictures))
    captions.write_bytes("".join(lines).encode())
    return [images, captions]


@contextlib.contextmanager
def _readable() -> Iterator[None]:
    """`datasets` raises what its many readers and transports raise."""
    try:
        yield
    except Unavailable:
        raise
    except Exception as error:
        lines = str(error).strip().splitlines() or [""]
        raise Unavailable(f"{type(error).__name__}: {lines[0][:200]}") from None


def _rows(source: Hub, split: str) -> Any:
    """The rows of a split as `datasets` gives them."""
    load = datasets_library().load_dataset
    local = Path(source.repository).is_dir()
    if not local:
        check_answer(importlib.import_module("huggingface_hub").constants.ENDPOINT)
    revision = None if local else source.revision
    return load(source.repository, source.config, split=split, revision=revision)
