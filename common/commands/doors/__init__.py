"""The doors through which a user tries a model: which rooms have which. Light.

What a version can be asked stands in its `ask.py`, in what `load` is said to return:
`-> Filler`, `-> tuple[Filler, Classifier]`; a Writer where it says nothing.
"""

from __future__ import annotations

import ast
from pathlib import Path

from common.errors import UserError, nearest
from common.paper import Room, rooms

DOORS = {  # command -> what an ask.py must return for it, and what a room without it does not do
    "generate": ("Writer", "writes no text"),
    "chat": ("Writer", "writes no text"),
    "translate": ("Translator", "translates nothing"),
    "attend": ("attend", "has no attention to draw"),
    "fill": ("Filler", "fills no gaps in a text"),
    "classify": ("Classifier", "classifies nothing"),
    "near": ("Neighbours", "knows no neighbours of words"),
    "search": ("Searcher", "searches nothing"),
    "contaminated": ("Contamination", "checks no test for what it saw in training"),
    "caption": ("Captioner", "captions no pictures"),
    "match": ("Matcher", "matches no texts with pictures"),
    "units": ("Units", "has no units to look at"),
}
IS_ALSO = {"Translator": "Writer"}


def able(home: Room, door: str) -> list[str]:
    """The versions through which the door leads."""
    return [v for v in home.paper.versions if DOORS[door][0] in abilities(home.folder, v)]


def doors(home: Room, version: str | None = None) -> list[str]:
    """The doors of a version, or of all together."""
    versions = [version] if version else home.paper.versions
    found = set().union(*(abilities(home.folder, v) for v in versions))
    return [door for door, (ability, _) in DOORS.items() if ability in found]


def check(home: Room, door: str, version: str | None = None) -> None:
    """UserError, with what has the door and which doors are here, if that version lacks it."""
    here, (_, lacking) = able(home, door), DOORS[door]
    if version in here or (version is None and here):
        return
    if here:
        raise UserError(f"{home.name} {version} {lacking}." + nearest("", here))
    others = [other.name for other in rooms().values() if able(other, door)]
    those = "these have" if lacking.startswith("has") else "these do"
    known = f"; {those}: {', '.join(others)}." if others else "; no paper here does yet."
    own = ", ".join(f"papers {name} {home.name}" for name in doors(home))
    raise UserError(f"{home.name} {lacking}{known}" + (f" It has: {own}." if own else ""))


def abilities(folder: Path, version: str) -> frozenset[str]:
    """What the version's ask.py says that `load` returns; "attend" where it draws maps."""
    path = folder / version / "ask.py"
    if not path.is_file():
        return frozenset()
    names = _returned(ast.parse(path.read_text(encoding="utf-8")))
    drawn = {"attend"} if "attend" in _written(folder, version) else set()
    return frozenset(names | {IS_ALSO[name] for name in names & IS_ALSO.keys()} | drawn)


def reads_pictures(home: Room, version: str) -> bool:
    """Do `papers attend` and `papers classify` ask this version with a picture, not a text?"""
    return 'reads="image"' in _written(home.folder, version)


def _written(folder: Path, version: str) -> str:
    """The text of the version's ask.py and of the room's."""
    paths = (folder / version / "ask.py", folder / "ask.py")
    return "".join(path.read_text(encoding="utf-8") for path in paths if path.is_file())


def _returned(tree: ast.Module) -> set[str]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == "load" and node.returns:
            return {one.id for one in ast.walk(node.returns) if isinstance(one, ast.Name)}
    return {"Writer"}
