"""Downloads from a dataset's home. A broken download starts again; it never leaves half a file."""

from __future__ import annotations

import importlib
import importlib.util
import time
from pathlib import Path

from common.data.archives import Unavailable, member, unpack
from common.data.catalog import File, Web

ATTEMPTS = 3
PAUSE = 1.0  # seconds before the second attempt, doubled before the third
TIMEOUT = (5.0, 30.0)  # seconds to connect, seconds without a byte

HOPELESS = {  # words of an error after which another attempt does not help -> what we say
    "resolve": "no such host, or no network",
    "refused": "connection refused",
    "connect timeout": "no answer",
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
            _get(f"{source.base.rstrip('/')}/{remote}", got)
        if inside:
            target.write_bytes(member(got, inside))
        elif remote.endswith(".gz") and not file.path.endswith(".gz"):
            unpack(got, target, file)
        else:
            got.replace(target)


def _get(url: str, target: Path) -> None:
    """Download to `target`; pooch writes to another name first and shows the progress."""
    try:
        pooch = importlib.import_module("pooch")
    except ImportError:
        raise Unavailable("pooch is not installed (pip install pooch)") from None
    pooch.get_logger().setLevel("ERROR")
    bar = importlib.util.find_spec("tqdm") is not None
    downloader = pooch.HTTPDownloader(progressbar=bar, timeout=TIMEOUT)
    for attempt in range(ATTEMPTS):
        try:
            pooch.retrieve(url, None, target.name, target.parent, downloader=downloader)
            return
        except Exception as error:  # requests' and urllib3's errors, and pooch's ValueError
            if attempt == ATTEMPTS - 1 or not _transient(error):
                raise Unavailable(_reason(error)) from None
        time.sleep(PAUSE * 2**attempt)


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
