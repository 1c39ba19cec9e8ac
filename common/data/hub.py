"""Text sets by way of Hugging Face `datasets`: exports from the hub, and local sets as `Dataset`s.

A set of the hub is exported once to plain files, one for each split, so that training needs no
`datasets`; `manifest.json` beside them notes their sha256.
"""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from common.data.archives import Unavailable
from common.data.catalog import Hub
from common.data.place import MANIFEST, file_sha256
from common.data.web import check_answer

if TYPE_CHECKING:
    pass


def datasets_library() -> ModuleType:
    try:
        return importlib.import_module("datasets")
    except ImportError:
        raise Unavailable("the package datasets is not installed (pip install datasets)") from None


def export(source: Hub, folder: Path) -> None:
    """Write `<split>.txt` for each split, a line feed after each row, and the manifest.

    `source.repository` is a repository of the hub or a folder in the same format (parquet).
    Raises Unavailable when it cannot be read, for instance without a network.
    """
    entries = []
    for ours, theirs in source.splits.items():
        path = folder / f"{ours}.txt"
        with path.open("w", encoding="utf-8", newline="") as file:
            for row in _rows(source, theirs):
                file.write(row if row.endswith("\n") else f"{row}\n")
        size = path.stat().st_size
        entries.append({"path": path.name, "bytes": size, "sha256": file_sha256(path)})
    (folder / MANIFEST).write_text(json.dumps(entries, indent=2) + "\n", encoding="utf-8")


def _rows(source: Hub, split: str) -> list[str]:
    load = datasets_library().load_dataset
    local = Path(source.repository).is_dir()
    if not local:
        check_answer(importlib.import_module("huggingface_hub").constants.ENDPOINT)
    try:
        rows = load(
            source.repository,
            source.config,
            split=split,
            revision=None if local else source.revision,
        )
        return rows[source.column]
    except Exception as error:  # datasets raises what its many readers and transports raise
        lines = str(error).strip().splitlines() or [""]
        raise Unavailable(f"{type(error).__name__}: {lines[0][:200]}") from None
