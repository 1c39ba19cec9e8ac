"""Downloads from a dataset's home. A broken download starts again; it never leaves half a file."""

from __future__ import annotations

import importlib
import importlib.util
import time
from pathlib import Path
from types import ModuleType
from typing import BinaryIO

from common.data.archives import LARGEST, Unavailable, member, unpack
from common.data.catalog import File, Web
from common.errors import NO_ROOM

ATTEMPTS = 3
PAUSE = 1.0  # seconds before the second attempt, doubled before the third
TIMEOUT = (5.0, 10.0)  # seconds to connect, seconds without a byte

HOPELESS = {  # words of an error after which another attempt does not help -> what we say
    "resolve": "no such host, or no network",
    "refused": "connection refused",
    "connect timeout": "no answer",
    "Read timed out": "no answer",
}


def download(source: Web, part: Path, missing: list[File]) -> None:
    """Write the missing files into `part`, unpacked. Raises Unavailable with the reason."""
    for file in missing:
        name = source.name_of(file.path)
        remote, _, inside = name.partition("!")
        target = part / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        got = part / (".download-" + remote.replace("/", "-"))
        if not got.exists():
            most = LARGEST if inside else file.bytes
            _get(f"{source.base.rstrip('/')}/{remote}", got, most + most // 1000 + 1000)
        if inside:
            target.write_bytes(member(got, inside))
        elif remote.endswith(".gz") and not file.path.endswith(".gz"):
            unpack(got, target, file)
        else:
            got.replace(target)


class _Bounded:
    """A file that takes so many bytes: a home that sends without end is not listened to."""

    def __init__(self, file: BinaryIO, most: int):
        self.file, self.left = file, most

    def write(self, content: bytes) -> None:
        self.left -= len(content)
        if self.left < 0:
            raise Unavailable("it sends more bytes than the file has")
        self.file.write(content)

    def flush(self) -> None:
        self.file.flush()


def _get(url: str, target: Path, most: int) -> None:
    """Download to `target`; pooch writes to another name first and shows the progress.

    What packing may add to a file that does not shrink is within `most` bytes.
    """
    pooch = _pooch()
    bar = importlib.util.find_spec("tqdm") is not None
    stream = pooch.HTTPDownloader(progressbar=bar, timeout=TIMEOUT)

    def downloader(url: str, path: str, pup: object) -> None:
        with Path(path).open("wb") as file:
            stream(url, _Bounded(file, most), pup)

    for attempt in range(ATTEMPTS):
        try:
            pooch.retrieve(url, None, target.name, target.parent, downloader=downloader)
            return
        except Unavailable:
            raise
        except Exception as error:  # requests' and urllib3's errors, and pooch's ValueError
            if getattr(error, "errno", None) in NO_ROOM:
                raise
            if attempt == ATTEMPTS - 1 or not _transient(error):
                raise Unavailable(_reason(error)) from None
        time.sleep(PAUSE * 2**attempt)


def _pooch() -> ModuleType:
    try:
        pooch = importlib.import_module("pooch")
    except ImportError:
        raise Unavailable("pooch is not installed (pip install pooch)") from None
    pooch.get_logger().setLevel("ERROR")
    return pooch


def check_answer(url: str) -> None:
    """Unavailable, within seconds, if no host answers there: libraries try for half a minute."""
    try:
        requests = importlib.import_module("requests")
    except ImportError:
        return
    try:
        requests.head(url, timeout=TIMEOUT)
    except requests.RequestException as error:
        raise Unavailable(_reason(error)) from None


def _transient(error: Exception) -> bool:
    """Whether another attempt may help: not after an answer such as 404, nor without a network."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status is not None:
        return status >= 500 or status == 429
    return not any(word in str(error) for word in HOPELESS)


def _reason(error: Exception) -> str:
    text = str(error)
    known = next((reason for word, reason in HOPELESS.items() if word in text), None)
    return known or f"{type(error).__name__}: {text[:200]}"
