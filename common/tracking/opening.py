"""Open the MLflow store, making it where there is none."""

from __future__ import annotations

import glob
import uuid
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from common.tracking.locks import locked
from common.tracking.store import (
    is_database,
    probe,
    set_environment,
    speaking,
    sqlite_path,
    sqlite_uri,
)

if TYPE_CHECKING:
    from mlflow import MlflowClient


def prepare(uri: str) -> MlflowClient:
    """Open the store, creating it if need be. UserError names a store that cannot be used.

    Two processes that create a database's tables at once would ruin it, hence the lock.
    """
    set_environment()
    path = sqlite_path(uri)
    with speaking(uri):
        from mlflow import MlflowClient

        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        with locked(uri) if is_database(uri) else nullcontext():
            if path is not None:
                probe(path)
                if not path.exists() or not path.stat().st_size:
                    _create(path)
            client = MlflowClient(uri)
            client.search_experiments(max_results=1)
        return client


def _create(path: Path) -> None:
    """Make an SQLite store aside and put it in place: killed half-way, nothing is there."""
    from mlflow import MlflowClient

    for left in path.parent.glob(f"{glob.escape(path.name)}.new-*"):
        left.unlink(missing_ok=True)
    aside = path.with_name(f"{path.name}.new-{uuid.uuid4().hex}")  # MLflow remembers stores by name
    # MLflow's empty "Default" would stand first in the list of papers
    MlflowClient(sqlite_uri(aside)).delete_experiment("0")
    aside.replace(path)
