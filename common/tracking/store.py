"""Where the MLflow store is, one writer at a time, and its failures in one sentence. No MLflow."""

from __future__ import annotations

import os
import re
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import unquote

from common.errors import UserError

BUSY_SECONDS = 5  # for a foreign program that holds the database
SAFE = "The records are safe; run `papers runs import` later."
CLIENTS = ("psycopg", "psycopg2", "boto3", "botocore")  # what the extra `servers` brings
# Read when mlflow is imported or used. Without the limits one call to a dead server takes minutes.
SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "PGCONNECT_TIMEOUT": "10",
}


def uri(root: Path) -> str:
    """MLFLOW_TRACKING_URI where it is set, else the SQLite file `mlflow.db` in `root`."""
    return os.environ.get("MLFLOW_TRACKING_URI") or sqlite_uri(root.resolve() / "mlflow.db")


def sqlite_uri(path: Path) -> str:
    """The address of an SQLite file, whatever characters its path has.

    The driver is named where something was quoted: MLflow takes the rest of `sqlite:///` for a
    path as it stands, and would make a folder of that name.
    """
    quoted = str(path).replace("%", "%25").replace("?", "%3F")
    return f"{'sqlite' if quoted == str(path) else 'sqlite+pysqlite'}:///{quoted}"


def set_environment() -> None:
    """Give MLflow its settings, where the user has not chosen others."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)


def is_database(uri: str) -> bool:
    """Is the store a database that we reach ourselves, not a tracking server?"""
    return uri.split("+")[0].split(":")[0] in ("sqlite", "postgresql", "mysql", "mssql")


def sqlite_path(uri: str) -> Path | None:
    """The file of an SQLite store."""
    scheme, _, rest = uri.partition(":///")
    if scheme.split("+")[0] != "sqlite" or not rest:
        return None
    return Path(unquote(rest.partition("?")[0]))


def label(uri: str) -> str:
    """How messages call the store: the file's name, or the address without credentials."""
    path = sqlite_path(uri)
    return path.name if path else re.sub(r"//.*@", "//", uri).partition("?")[0]


def without_credentials(error: Exception) -> str:
    """An error's text on one line; of the addresses in it, what stands before the @ is left out."""
    return re.sub(r"//\S*@", "//", " ".join(str(error).split()))


def write_texts(folder: Path, files: Mapping[str, str]) -> None:
    """Write texts by name into a folder, made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def batches(items: list, size: int) -> Iterator[list]:
    return (items[i : i + size] for i in range(0, len(items), size))


def probe(path: Path) -> None:
    """Is the SQLite file sound and free? MLflow would retry for minutes before it told."""
    if not path.exists() or not path.stat().st_size:
        return
    with closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
        database.execute("ROLLBACK")
    if not {"alembic_version", "experiments", "runs"} <= tables:
        raise sqlite3.DatabaseError("not an MLflow database, or its creation was interrupted")


@contextmanager
def temporary_store() -> Iterator[str]:
    """The URI of an empty store that is gone afterwards; in memory where the system has such."""
    memory = Path("/dev/shm")
    folder = memory if memory.is_dir() and os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="papers-", dir=folder) as name:
        yield sqlite_uri(Path(name) / "mlflow.db")


@contextmanager
def speaking(uri: str) -> Iterator[None]:
    """Turn the failures of the store into a UserError that names it and the mend."""
    try:
        yield
    except UserError:
        raise
    except ImportError as error:
        missing = (error.name or "mlflow").split(".")[0]
        extra = "servers" if missing in CLIENTS else "pipeline"
        raise UserError(f"{missing} is not installed: run `pip install -e '.[{extra}]'`.") from None
    except Exception as error:
        if not _of_the_store(error):
            raise
        raise UserError(explain(uri, error)) from error


def explain(uri: str, error: Exception) -> str:
    """One sentence on what is wrong with the store and what to do."""
    name = label(uri)
    text = without_credentials(error)
    if uri.count("@") > 1:  # any part of the password may have been taken for something else
        return f"{name} is not understood: in its password write @ as %40 and / as %2F."
    if refusal := re.search(r"FATAL: +(.*?) *(\(Background|connection to server|$)", text):
        return f"{name} refuses the connection ({refusal[1]}): check MLFLOW_TRACKING_URI."
    if "lock timeout" in text or "locked" in text or type(error).__name__ == "Timeout":
        return f"{name} is locked: another program writes to it; close it and try again."
    if "out-of-date" in text or "Can't locate revision" in text:
        return f"{name} was made by another release of MLflow: {rebuild(uri)}."
    if "disk is full" in text or "No space left" in text:
        return f"{name} cannot be written: the disk is full; make room and try again."
    if isinstance(error, PermissionError) or "readonly" in text or "unable to open" in text:
        return f"{name} cannot be written: check the permissions of the file and its folder."
    if sqlite_path(uri):
        return f"{name} is damaged ({text[:100]}): {rebuild(uri)}."
    if not is_database(uri) and not uri.startswith("http"):
        return f"{name} cannot be used as a tracking store: {text[:150]}"
    return f"the tracking store {name} does not answer ({text[:100]}): start it and try again."


def rebuild(uri: str) -> str:
    """The mend of a store that is beyond repair: the records are all it was made of."""
    what = label(uri) if sqlite_path(uri) else "its database"
    return f"delete {what} and run `papers runs import`"


def _of_the_store(error: Exception) -> bool:
    if isinstance(error, OSError | sqlite3.Error):  # a lock's Timeout is an OSError
        return True
    modules = {kind.__module__.split(".")[0] for kind in type(error).__mro__}
    return bool(modules & {"mlflow", "sqlalchemy", "alembic", "requests", "urllib3", "botocore"})
