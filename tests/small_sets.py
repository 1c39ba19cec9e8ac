"""Datasets of a few bytes, and web servers on this machine that serve them well or badly."""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import threading
from pathlib import Path

from common.data import place

CONTENT = b"to be or not to be\n" * 400
OTHER = b"all the world's a stage\n" * 10
DEAD = "http://127.0.0.1:9"  # the discard port: nobody listens


def entry(path: str, content: bytes) -> dict:
    digest = hashlib.sha256(content).hexdigest()
    return {"path": path, "bytes": len(content), "sha256": digest}


class Endless(http.server.BaseHTTPRequestHandler):
    """Sends without end, and counts what was taken."""

    sent = 0

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        with contextlib.suppress(OSError):
            while type(self).sent < 1 << 30:
                type(self).sent += self.wfile.write(bytes(1 << 16))

    def log_message(self, *words) -> None:
        pass


class Server(http.server.SimpleHTTPRequestHandler):
    """Serves a folder. The first `broken` answers end after half of the bytes they promise."""

    broken = 0
    answers = 0

    def do_GET(self) -> None:
        type(self).answers += 1
        if type(self).broken < type(self).answers:
            return super().do_GET()
        content = Path(self.translate_path(self.path)).read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2])
        self.close_connection = True
        return None

    def log_message(self, *words) -> None:
        pass


@contextlib.contextmanager
def serving(handler):
    """The address of a web server on this machine."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def file(name: str = "play") -> Path:
    return place.data_root() / name / "input.txt"


def leftovers() -> list[str]:
    """Files in the data folder that are neither a dataset's nor a lock."""
    paths = (p for p in place.data_root().rglob("*") if p.is_file())
    return [p.name for p in paths if p.name != "input.txt" and p.suffix != ".lock"]
