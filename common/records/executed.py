"""What a run executed, and what measuring evidence does: file -> hash of the definitions in it.

This is what makes a record or evidence stale, and it is no more than what decides numbers: model,
exam, data as they are read and split, optimizer, training loop, engine. What is around them, the
machinery, may change without a new seal; tests hold that it does what it should.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

from common.records.reach import Reached, stamp

# Where following stops, each with what makes that safe. Whatever is not named here counts.
MACHINERY = {
    "common/errors.py": "a run that made a record was refused nothing",
    "common/paper.py": "finds rooms by their folders; a record names its paper and version",
    "common/config.py": "a record holds the parameters that the run had",
    "papers/__init__.py": "says how Ctrl-C ends a command",
    "common/records/": "lays records out and seals them; what is computed comes from elsewhere",
    "common/data/catalog.py": "says which bytes a set has; a record holds their hash",
    "common/data/fetch.py": "brings a set's bytes, and checks their hash whenever they are read",
    "common/data/place.py": "says where a set lies",
    "common/data/own.py": "reads a user's own file, from which no committed record learns",
    "common/data/own_labelled.py": "reads labelled lines of a user, as the file before does a text",
    "common/run/launch.py": "hands seeds out and gathers their results",
    "common/run/hardware.py": "gauges of speed and memory",
    "common/run/checkpoints.py": "files of a state that comes back bit for bit",
}
OWN = ("model", "train")  # what every version has; `dvc.yaml` names them by its matrix
ENTRIES, ENTRY = "DEVIATIONS", "Deviation"
INJECT = 9  # the place of `inject` among the fields of a Deviation


def run_sources(root: Path, room: Path, version: str, deviation: str | None) -> dict[str, str]:
    """What a run of this version of the paper in the folder `room` executes: file -> hash.

    {} if there is no such version. Its model counts whole: the worker takes its Config, and
    deviations replace its parts, by name.
    """
    return _remembered(root, _name(root, room), version, deviation)


def ladder_files(root: Path, room: Path, version: str) -> list[str]:
    """The files that a run of this version with any deviation of the paper executes."""
    reached, file = Reached(root, MACHINERY), _name(root, room, "evidence/deviations.py")
    _add_run(reached, _name(root, room), version)
    for entry in _entries(reached, file):
        _add_deviation(reached, file, _constant(entry.get("id")))
    return sorted(reached.hashes())


def train_files(root: Path, room: Path, version: str) -> list[str]:
    """The files that a run of this version executes, and of those that all versions share also
    what only another one does: `dvc.yaml` has one list for all."""
    versions = [train.parent.name for train in room.glob("*/train.py")]
    found = {file for other in versions for file in run_sources(root, room, other, None)}
    others = [_name(root, room, f"{other}/{own}.py") for other in versions for own in OWN]
    mine = _name(root, room, f"{version}/")
    return sorted(file for file in found if file.startswith(mine) or file not in others)


def evidence_sources(root: Path, room: Path) -> dict[str, str]:
    """What measuring the paper's claims and ladder executes: file -> hash."""
    return _remembered(root, _name(root, room), None, None)


_memory: dict[tuple, tuple[dict[str, Any], dict[str, str]]] = {}


def _remembered(root: Path, room: str, version: str | None, deviation: str | None):
    """The sources, worked out again only if a file has changed, came or went."""
    key = (root, room, version, deviation)
    looked, found = _memory.get(key, ({}, {}))
    if not looked or any(stamp(root, file) != was for file, was in looked.items()):
        reached = reached_by(root, root / room, version, deviation)
        _memory[key] = looked, found = reached.looked, reached.hashes()
    return dict(found)


def reached_by(root: Path, room: Path, version: str | None, deviation: str | None) -> Reached:
    """The definitions that a run executes; without a version, that measuring evidence does."""
    reached, name = Reached(root, MACHINERY), _name(root, room)
    if version is None:
        _add_evidence(reached, name)
    elif reached.has(f"{name}/{version}/train.py"):
        _add_run(reached, name, version)
        if deviation:
            _add_deviation(reached, f"{name}/evidence/deviations.py", deviation)
    reached.follow()
    return reached


def _name(root: Path, room: Path, rest: str = "") -> str:
    return "/".join(filter(None, (room.relative_to(root).as_posix(), rest)))


def _add_run(reached: Reached, room: str, version: str) -> None:
    reached.add("common/run/worker.py", "compute")
    _add_version(reached, f"{room}/{version}")


def _add_version(reached: Reached, folder: str) -> None:
    reached.add(f"{folder}/train.py", "train")
    reached.add_all(f"{folder}/model.py")


def _add_evidence(reached: Reached, room: str) -> None:
    reached.add("common/evidence/verdicts.py", "gather")
    reached.add(f"{room}/__init__.py", "PAPER")
    reached.add(f"{room}/evidence/claims.py", "CLAIMS")
    reached.add(f"{room}/evidence/deviations.py", ENTRIES)
    for train in sorted((reached.root / room).glob("*/train.py")):
        _add_version(reached, f"{room}/{train.parent.name}")


def _add_deviation(reached: Reached, file: str, name: object) -> None:
    """What `inject` of one deviation reaches; where the entry is not plain, the whole file."""
    reached.add("common/evidence/deviations.py", "injected")
    entries = _entries(reached, file)
    found = [entry.get("inject") for entry in entries if _constant(entry.get("id")) == name]
    if len(found) == 1 and found[0] is not None:
        reached.add_expression(file, found[0])
    elif reached.has(file):
        reached.add_whole(file)


def _entries(reached: Reached, file: str) -> list[dict[str, ast.expr]]:
    """The fields `id` and `inject` of the entries of DEVIATIONS that are written plainly."""
    if not reached.has(file):
        return []
    found = reached.code(file)
    lists = [found.body[place] for place in found.bound.get(ENTRIES, ())]
    value = getattr(lists[0], "value", None) if len(lists) == 1 else None
    return list(map(_fields, value.elts)) if isinstance(value, ast.Tuple | ast.List) else []


def _fields(entry: ast.expr) -> dict[str, ast.expr]:
    """The fields `id` and `inject` of an entry that is written as Deviation(...)."""
    if not isinstance(entry, ast.Call) or not isinstance(entry.func, ast.Name):
        return {}
    if entry.func.id != ENTRY or any(isinstance(a, ast.Starred) for a in entry.args):
        return {}
    places = {"id": entry.args[:1], "inject": entry.args[INJECT : INJECT + 1]}
    return {name: value[0] for name, value in places.items() if value} | {
        keyword.arg: keyword.value for keyword in entry.keywords if keyword.arg
    }


def _constant(node: ast.expr | None) -> object:
    return node.value if isinstance(node, ast.Constant) else None
