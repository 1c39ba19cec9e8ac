"""One writer of an MLflow store at a time."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from common.tracking.store import sqlite_path

WAIT_SECONDS = 300  # for other importers; one takes seconds


@contextmanager
def locked(uri: str) -> Iterator[None]:
    """One importing process at a time, per store and machine; on PostgreSQL, per store.

    The locks die with their process.
    """
    from filelock import FileLock

    path = sqlite_path(uri)
    if path:
        lock = path.with_name(f"{path.name}.lock")
    else:
        name = f"papers-{os.getuid()}-{hashlib.sha256(uri.encode()).hexdigest()[:16]}.lock"
        lock = Path(tempfile.gettempdir()) / name
    with FileLock(lock, timeout=WAIT_SECONDS):
        if not uri.startswith("postgresql"):
            yield
            return
        from common.tracking import sql  # with SQLAlchemy: not where a file is enough

        with sql.exclusive(uri, WAIT_SECONDS):
            yield
