"""The MLflow UI, on this machine alone, with everything it starts ended when it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from common.errors import UserError
from common.tracking.opening import prepare
from common.tracking.runs import LAYOUT
from common.tracking.store import is_database, label, sqlite_path, uri

HOST = "127.0.0.1"  # the store has no passwords: never on a network
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
START_SECONDS = 300  # a slow machine that does other work; a server that ends is noticed at once
STOP_SECONDS = 5
ENTRANCE = "/papers"
GUIDE = "(choose a paper; the chart button draws its curves, a name opens a run)"
CODE = Path(__file__).resolve().parents[2]  # where `common` is imported from
PAGE = """<!doctype html><meta charset="utf-8"><title>Papers</title>
<p>Opening <a href="/#/experiments">the experiments</a>.</p>
<script>
const views = VIEWS, layout = LAYOUT;
const defaults = {
  "mlflow.workflowType_v1": "machine_learning",
  "mlflow.assistant.fab.autoOpenedOnFirstLoad_v1": true,
};
const columns = {};
for (const [id, view] of Object.entries(views))
  columns[`MLflowLocalStorage-1.1-ExperimentPage-["${id}"]-ReactComponentState`] = view;
const put = (values, unless) => {
  for (const [key, value] of Object.entries(values))
    if (!unless(key)) localStorage.setItem(key, JSON.stringify(value));
};
const there = key => localStorage.getItem(key) !== null;
const same = localStorage.getItem("papers.layout") === layout;
put(defaults, there);
put(columns, key => same && there(key));  // of another layout, their columns are gone
localStorage.setItem("papers.layout", layout);
location.replace("/#/experiments");
</script>
"""
# MLflow's own first state of a table of runs
VIEW = {
    "searchFilter": "",
    "orderByKey": "attributes.start_time",
    "orderByAsc": False,
    "startTime": "ALL",
    "lifecycleFilter": "Active",
    "datasetsFilter": [],
    "modelVersionFilter": "All Runs",
}
READING = ("GET", "HEAD", "OPTIONS", None)
S3 = "MLFLOW_S3_"  # how to reach the files of a shared store
SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # eight processes that nothing here needs
    "MLFLOW_LOGGING_LEVEL": "WARNING",
}


def serve(root: Path, port: int = 5000, said: str = "") -> None:
    """Run the MLflow UI on the store of `root` until Ctrl-C; print its address, then `said`.

    Another port is taken when `port` is in use. UserError when the server does not start. With a
    tracking server in MLFLOW_TRACKING_URI, only its address is printed.
    """
    store = uri(root)
    if not is_database(store):
        print(f"MLflow runs elsewhere: {label(store)}")
        return
    with suppress(KeyboardInterrupt), running(root, port) as address:
        print(f"MLflow: {address}{ENTRANCE} {GUIDE}")
        if sqlite_path(store) is None:
            print(f"The runs are in {label(store)}.")
        print(f"{said}Ctrl-C ends it.", flush=True)
        while True:
            time.sleep(3600)
    print("MLflow stopped.")


@contextmanager
def running(root: Path, port: int = 5000) -> Iterator[str]:
    """The UI's address, http://127.0.0.1:<port>, while it runs. SIGTERM ends it like Ctrl-C."""
    prepare(uri(root))  # the server's processes would race to create the store
    free = free_port(port)
    if free != port:
        print(f"Port {port} is in use; taking {free}.", flush=True)
    handlers = {s: signal.signal(s, _interrupt) for s in ENDINGS}
    with tempfile.TemporaryFile() as log:
        server = _start(root, free, log)
        try:
            _wait(server, free, log)
            yield f"http://{HOST}:{free}"
        finally:
            _stop(server)
            for number, handler in handlers.items():
                signal.signal(number, handler)


def free_port(wanted: int) -> int:
    """`wanted`, or the next port that nothing listens on. UserError if there is none near."""
    if not 1024 <= wanted <= 65535:
        raise UserError(f"Port {wanted} cannot be used: give one between 1024 and 65535.")
    for port in range(wanted, min(wanted + 50, 65536)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind((HOST, port))
                return port
    raise UserError(f"Ports {wanted} to {wanted + 49} are in use: give another with --port.")


def guarded(app: Callable, hosts: list[str]) -> Callable:
    """The app, for requests to `hosts` (name:port) alone, and writing for its own pages alone.

    A page elsewhere could reach this machine under a name of its own, or send forms to it.
    MLflow's own middleware lets pages of any port of this machine write, and guards /api/ only.
    """
    own = [f"http://{host}" for host in hosts]

    async def checked(scope: dict, receive: Callable, send: Callable) -> None:
        headers = {name: value.decode("latin-1") for name, value in scope.get("headers", ())}
        origin, writes = headers.get(b"origin"), scope.get("method") not in READING
        if scope["type"] == "lifespan":
            await app(scope, receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
        elif headers.get(b"host") not in hosts:
            await _answer(send, 403, b"Not the name of this server.")
        elif writes and origin is not None and origin not in own:
            await _answer(send, 403, b"Only the pages of this server may write.")
        else:
            await app(scope, receive, send)

    return checked


def with_entrance(app: Callable, views: Callable[[], dict[str, dict[str, Any]]]) -> Callable:
    """MLflow's ASGI app with an entrance page, and without its assistant, which runs commands.

    MLflow opens on its pages for language-model applications; the browser's own settings, which
    the entrance makes where the user has made none, open it on experiments, runs and curves.
    `views()` gives what a table of runs begins with (see `view`) by experiment id.
    """

    async def entered(scope: dict, receive: Callable, send: Callable) -> None:
        path = scope.get("path", "")
        if scope["type"] == "http" and path == ENTRANCE:
            await _answer(send, 200, _page(views()).encode())
        elif scope["type"] == "http" and "/mlflow/assistant" in path:
            await _answer(send, 404, b"The assistant is switched off.")
        else:
            await app(scope, receive, send)

    return entered


def view(tags: Mapping[str, str]) -> dict[str, Any]:
    """The first state of an experiment's table of runs, from the experiment's tags."""
    order = tags["sorted_by"]
    newest_first = order == VIEW["orderByKey"]
    state = {"orderByKey": order, "orderByAsc": not newest_first, "searchFilter": tags["filter"]}
    return {**VIEW, **state, "selectedColumns": json.loads(tags["columns"])}


def _page(views: dict[str, dict[str, Any]]) -> str:
    shown = json.dumps(views).replace("<", "\\u003c")
    return PAGE.replace("VIEWS", shown).replace("LAYOUT", json.dumps(LAYOUT))


async def _answer(send: Callable, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"text/html; charset=utf-8"), (b"x-frame-options", b"SAMEORIGIN")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _start(root: Path, port: int, log: IO[bytes]) -> subprocess.Popen:
    store = uri(root)
    path = sqlite_path(store)
    files = (path.resolve().parent if path else root.resolve()) / "mlruns"
    command = [sys.executable, "-m", "uvicorn", "--factory", "common.tracking.client:ui_app"]
    command += ["--host", HOST, "--port", str(port), "--log-level", "error"]
    kept = {k: v for k, v in os.environ.items() if not k.startswith("MLFLOW_") or k.startswith(S3)}
    environment = kept | SETTINGS
    environment |= {
        "MLFLOW_SERVER_ALLOWED_HOSTS": f"{HOST}:{port},localhost:{port}",
        # what `mlflow server` hands to its workers; an argument would show a database's password
        "_MLFLOW_SERVER_FILE_STORE": store,
        "_MLFLOW_SERVER_ARTIFACT_ROOT": files.as_uri(),
        "PYTHONPATH": os.pathsep.join([str(CODE), os.environ.get("PYTHONPATH", "")]).strip(":"),
        "PYTHONWARNINGS": "ignore",
    }
    # a session of its own: Ctrl-C reaches us alone, and we end the whole group
    return subprocess.Popen(
        command, env=environment, stdout=log, stderr=log, start_new_session=True
    )


def _wait(server: subprocess.Popen, port: int, log: IO[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            log.seek(0)
            last = (log.read().decode(errors="replace").strip() or "no message").splitlines()[-1]
            raise UserError(f"The MLflow server ended at once: {last}")
        with suppress(urllib.error.URLError, OSError):
            with urllib.request.urlopen(f"http://{HOST}:{port}/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        time.sleep(0.1)
    raise UserError(f"The MLflow server did not answer within {START_SECONDS} s: try again.")


def _stop(server: subprocess.Popen) -> None:
    """End the server and all its children: politely, then not."""
    for number, patience in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, STOP_SECONDS)):
        with suppress(ProcessLookupError):
            os.killpg(server.pid, number)
        deadline = time.monotonic() + patience
        while _group_alive(server) and time.monotonic() < deadline:
            time.sleep(0.05)


def _group_alive(server: subprocess.Popen) -> bool:
    server.poll()  # reaps the leader, which would count as alive
    try:
        os.killpg(server.pid, 0)
    except ProcessLookupError:
        return False
    return True


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
