"""JSON files: written whole or not at all, and read no further than they may be long."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from common.errors import UserError


def write_json(path: Path, content: Any) -> None:
    """Write JSON whole or not at all: a temporary file in the same folder, fsync, rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(_layout(content) + "\n")
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _layout(content: Any, indent: str = "") -> str:
    """JSON that diffs well: one line per key, but a list of plain values on one line."""
    inner = indent + " "
    if isinstance(content, dict) and content:
        rows = (f"{inner}{json.dumps(k)}: {_layout(v, inner)}" for k, v in content.items())
        return "{\n" + ",\n".join(rows) + f"\n{indent}}}"
    if isinstance(content, list) and any(isinstance(item, dict | list) for item in content):
        return "[\n" + ",\n".join(inner + _layout(i, inner) for i in content) + f"\n{indent}]"
    return json.dumps(content, ensure_ascii=False)


def content_of(path: Path, label: str, largest: int) -> bytes:
    """A file's bytes. UserError if it is no file or larger than `largest` bytes."""
    if not path.is_file():  # a folder, or a pipe that would never end
        raise UserError(f"{label} is no file: name a record's JSON file.")
    try:
        with path.open("rb") as file:
            content = file.read(largest + 1)
    except OSError as error:
        raise UserError(f"{label} cannot be read: {error.strerror}.") from None
    if len(content) > largest:
        raise UserError(f"{label} is not a valid record: it has more than {largest >> 20} MiB.")
    return content
