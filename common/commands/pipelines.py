"""`papers pipeline` and `papers dag`: the stages of dvc.yaml written anew, and shown; and what must
be known before they are run."""

from __future__ import annotations

import math
import re
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from common.commands.overview import print_json, table
from common.config import plan, read_yaml
from common.paper import Room, find_root, room, rooms
from common.pipeline import render, render_root


def write_pipelines(papers: list[str] | None) -> None:
    """Write dvc.yaml of the papers, all if none are named, and the root's; name what changed."""
    root, homes = find_root(), [room(name) for name in papers or rooms()]
    texts = {home.path("dvc.yaml"): render(root, home.name) for home in homes}
    texts[root / "dvc.yaml"] = render_root(root)
    changed = [path for path, text in texts.items() if _written(path) != text]
    for path in changed:
        path.write_text(texts[path], encoding="utf-8")
        print(f"written: {path.relative_to(root).as_posix()}")
    if not changed:
        print("every dvc.yaml is as it must be.")
    for said in filter(None, map(few_seeds, homes)):
        print(said)


def _written(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def few_seeds(home: Room, profile: str | None = None) -> str:
    """A sentence if no direction claim of the paper could get a verdict, "" if they can.

    Said before anything trains. The smoke profile is not for verdicts, so nothing is said of it.
    """
    from common.claims import DIRECTION, claims_of
    from common.resampling import seeds_needed

    directions = [claim for claim in claims_of(home) if claim.kind == DIRECTION]
    if not any(claim.measure for claim in directions):  # experiments choose their own seeds
        return ""
    made, needed = plan(home, home.newest, profile), seeds_needed(len(directions))
    if len(made.seeds) >= needed or made.profile == "smoke":
        return ""
    claims = f"{len(directions)} direction claims" if len(directions) > 1 else "one direction claim"
    return (
        f"{home.name}: with {claims}, a verdict takes at least {needed} seeds, and "
        f"papers/{home.name}/params.yaml lists {len(made.seeds)} for {made.profile}: "
        'each claim will be "too few seeds". Add seeds before you train.'
    )


def print_dag(name: str | None, json: bool = False) -> None:
    """The stages in their order: how many runs each stands for, what it waits for and writes."""
    homes = [room(name)] if name else list(rooms().values())
    if json:
        print_json([{"paper": home.name, **stage} for home in homes for stage in dag(home)])
        return
    for home in homes:
        rows = [
            [stage["stage"], stage["runs"], ", ".join(stage["after"]) or "-", _short(home, stage)]
            for stage in dag(home)
        ]
        table(f"papers/{home.name}/dvc.yaml", ["stage", "runs", "after", "writes"], rows)
    if not name:
        print("Then the root's index writes the pages over all papers, after every report.")


def _short(home: Room, stage: dict[str, Any]) -> str:
    return ", ".join(path.removeprefix(f"papers/{home.name}/") for path in stage["writes"])


def dag(home: Room) -> list[dict[str, Any]]:
    """The paper's stages: each with its number of runs, what it waits for and what it writes."""
    found = read_yaml(home.path("dvc.yaml"))["stages"]
    writes = {name: _paths(s, "outs") + _paths(s, "metrics") for name, s in found.items()}
    return [
        {
            "stage": name,
            "runs": math.prod(map(len, (stage.get("matrix") or {}).values())),
            "after": [n for n in found if n != name and _feeds(writes[n], _paths(stage, "deps"))],
            "writes": writes[name],
        }
        for name, stage in found.items()
    ]


def _feeds(outs: list[str], deps: list[str]) -> bool:
    """Is one of `outs` among `deps`, or inside of a folder among them?"""
    return any(fnmatch(o, d) or fnmatch(d, o) or o.startswith(f"{d}/") for o in outs for d in deps)


def _paths(stage: dict[str, Any], kind: str) -> list[str]:
    """The paths of a stage's deps, outs or metrics; "*" for what the matrix fills in."""
    entries = (e if isinstance(e, str) else next(iter(e)) for e in stage.get(kind) or [])
    return [re.sub(r"\$\{item\.\w+\}", "*", entry) for entry in entries]
