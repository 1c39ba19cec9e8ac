"""MLflow stores for tests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from common.tracking import client as tracking
from common.tracking import store
from common.tracking.experiments import Family, experiments, families


@contextmanager
def empty_store(template: Path) -> Iterator[str]:
    """The URI of a throw-away copy of an empty store."""
    with tracking.temporary_store() as uri:
        shutil.copy(template, store.sqlite_path(uri))
        yield uri


def stored(uri: str, paper: str) -> list[Family]:
    """The active parent runs of a paper with their children."""
    client = tracking.prepare(uri)
    return [f for e in experiments(client) if e.name == paper for f in families(client, e)]
