"""`papers new`: a room that runs and passes the tests as it is. What it holds is an example.

Its files come from the texts under room/, which speak of a paper called my_paper ("My Paper"), or
from a room that stands (like.py). Each asks a question (questions.py).
"""

from __future__ import annotations

import importlib.util
import keyword
import re
import shutil
import subprocess
import sys
from pathlib import Path

from common.commands.pipelines import write_pipelines
from common.commands.scaffold import like
from common.commands.scaffold.questions import WIDTH, asked
from common.commands.scaffold.trimming import folded
from common.config import PROFILES
from common.errors import UserError
from common.paper import VERSION, Room, find_root, forget_rooms, room

TEMPLATE = Path(__file__).parent / "room"
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
LONGEST = 40
RESERVED = frozenset(
    [
        *("readme", "index", "deviations", "hardware", "figures"),  # pages over all papers
        *("resume", "attend", "bench", *PROFILES),  # folders under local/
        *("common", "papers", "tests", "data", "docs", "local", "reports", "runs"),  # folders
        *("dvc", "mlflow", "numpy", "torch"),  # modules
        *("new", "room", "version"),  # words of the commands
    ]
)


def create(name: str, source: str | None = None) -> list[Path]:
    """Make papers/<name>, its dvc.yaml and its place in the root's; return the room's files.

    `source` is a room that stands, whose shape it takes. UserError for a name that is taken, means
    something else here, or cannot name a package, and for a source that is no room.
    """
    root = find_root()
    folder = root / "papers" / name
    if not NAME.fullmatch(name) or len(name) > LONGEST:
        form = f"lower case words joined by '_', {LONGEST} characters at most"
        raise UserError(f"{name!r} cannot name a room: {form}, please.")
    if reason := taken(name):
        raise UserError(f"{name!r} cannot name a room, {reason}: choose another, e.g. my_{name}.")
    if folder.exists():
        raise UserError(f"papers/{name} is there already: choose another name.")
    model = None if source is None else room(source)
    try:
        written = [_write(folder, *file, name) for file in _texts(model).items()]
        _tidy(folder)
        forget_rooms()
        write_pipelines([name])
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    print(_next_steps(name, model))
    return written


def taken(name: str) -> str:
    """What else the name means, "" if nothing."""
    if keyword.iskeyword(name):
        return "it is a keyword of Python"
    if name in RESERVED or VERSION.fullmatch(name):
        return "it names something else in this repository"
    return ""


def _texts(source: Room | None) -> dict[str, str]:
    """The new room's files by path, speaking of my_paper."""
    template = {
        path.relative_to(TEMPLATE).as_posix().removesuffix(".txt"): path.read_text(encoding="utf-8")
        for path in sorted(TEMPLATE.rglob("*.txt"))
    }
    return template if source is None else like.files(source, template)


def _write(folder: Path, path: str, text: str, name: str) -> Path:
    place = folder / path.replace("my_paper", name)
    title = name.replace("_", " ").title()
    text = asked(path, text).replace("my_paper", name).replace("My Paper", title)
    if place.suffix == ".py":
        text = folded(text, WIDTH)  # the name may be longer than the other's
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8")
    return place


def _tidy(folder: Path) -> None:
    """Imports that nothing uses any more go; another name sorts and wraps otherwise. Where ruff is
    not installed, nobody asks for it either."""
    if importlib.util.find_spec("ruff") is None:
        return
    ruff = [sys.executable, "-m", "ruff"]
    for order in (
        ["check", "-q", "--fix", "--exit-zero", "--select", "F401,I001"],
        ["format", "-q"],
    ):
        subprocess.run([*ruff, *order, folder.name], cwd=folder.parent, check=False)


def _next_steps(name: str, source: Room | None) -> str:
    newest = source.newest if source else "version1"
    holds = f"{source.name}'s models" if source else "a table of character pairs"
    return f"""papers/{name} is a room that runs: {holds}, to be replaced.
  try it:       papers train {name} {newest} --profile smoke
  test it:      pytest papers/{name} tests/test_architecture.py
  what is left: pytest tests/test_standard.py -k {name} -rx
  make it your paper's: docs/add-a-paper.md, docs/what-a-room-calls.md
  its record:   papers reproduce {name}"""
