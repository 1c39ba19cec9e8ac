"""`papers new`: a room that runs and passes the tests as it is. What it holds is an example.

The room's files are the texts under room/, which speak of a paper called my_paper ("My Paper").
"""

from __future__ import annotations

import keyword
import re
import shutil
from pathlib import Path

from common.commands.pipelines import write_pipelines
from common.config import PROFILES
from common.errors import UserError
from common.paper import VERSION, find_root, rooms

TEMPLATE = Path(__file__).parent / "room"
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
RESERVED = frozenset(
    [
        *("readme", "index", "deviations", "hardware", "figures"),  # pages over all papers
        *("resume", "attend", "bench", *PROFILES),  # folders under local/
        *("common", "papers", "tests", "data", "docs", "local", "reports", "runs"),  # folders
        *("dvc", "mlflow", "numpy", "torch"),  # modules
        *("new", "room", "version"),  # words of the commands
    ]
)


def create(name: str) -> list[Path]:
    """Make papers/<name>, its dvc.yaml and its place in the root's; return the room's files.

    UserError for a name that is taken, means something else here, or cannot name a package.
    """
    root = find_root()
    folder = root / "papers" / name
    if not NAME.fullmatch(name) or len(name) > 40:
        raise UserError(f"{name!r} cannot name a room: lower case words joined by '_', please.")
    if reason := taken(name):
        raise UserError(f"{name!r} cannot name a room, {reason}: choose another, e.g. my_{name}.")
    if folder.exists():
        raise UserError(f"papers/{name} is there already: choose another name.")
    try:
        written = [_write(path, folder, name) for path in sorted(TEMPLATE.rglob("*.txt"))]
        rooms.cache_clear()
        write_pipelines([name])
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    print(_next_steps(name))
    return written


def taken(name: str) -> str:
    """What else the name means, "" if nothing."""
    if keyword.iskeyword(name):
        return "it is a keyword of Python"
    if name in RESERVED or VERSION.fullmatch(name):
        return "it names something else in this repository"
    return ""


def _write(source: Path, folder: Path, name: str) -> Path:
    path = folder / str(source.relative_to(TEMPLATE)).removesuffix(".txt").replace("my_paper", name)
    title = name.replace("_", " ").title()
    text = source.read_text(encoding="utf-8").replace("my_paper", name).replace("My Paper", title)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _next_steps(name: str) -> str:
    return f"""papers/{name} is a room that runs: a table of character pairs, to be replaced.
  try it:     papers train {name} version1 --profile smoke
  test it:    pytest papers/{name} tests/test_architecture.py
  make it your paper's: docs/add-a-paper.md
  its record: papers reproduce {name}"""
