"""`papers pipeline` and `papers dag`: the stages of dvc.yaml written anew, and shown; and what must
be known before they are run."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

from common.commands.overview import print_json, table
from common.config import plan, read_yaml
from common.paper import Room, find_root, room, rooms
from common.run.pipeline import Stage, render, render_root, stages


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
    from common.evidence.claims import DIRECTION, SEEDS, claims_of
    from common.evidence.resampling import seeds_needed

    directions = [claim for claim in claims_of(home) if claim.kind == DIRECTION]
    # Experiments choose their own seeds; documents or queries are as many as the data has.
    if not any(claim.measure and claim.over == SEEDS for claim in directions):
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
    found, single = read_yaml(home.path("dvc.yaml"))["stages"], stages(home.folder)
    after = {name: set() for name in found}
    for stage, other in itertools.product(single, single):
        if _feeds(other, stage):
            after[_group(stage)].add(_group(other))
    return [
        {
            "stage": name,
            "runs": sum(_group(stage) == name for stage in single),
            "after": [other for other in found if other in after[name]],
            "writes": _paths(content, "outs") + _paths(content, "metrics"),
        }
        for name, content in found.items()
    ]


def _group(stage: Stage) -> str:
    """The stage's name in dvc.yaml, before its matrix was unfolded."""
    return stage.name.partition("@")[0]


def _feeds(first: Stage, then: Stage) -> bool:
    """Does `then` depend on an output of `first`, or on a folder that holds one?"""
    return any(out == dep or out.startswith(f"{dep}/") for out in first.outs for dep in then.deps)


def _paths(stage: dict[str, Any], kind: str) -> list[str]:
    """The paths of a stage's outs or metrics; "*" for what the matrix fills in."""
    entries = (e if isinstance(e, str) else next(iter(e)) for e in stage.get(kind) or [])
    return [re.sub(r"\$\{item\.\w+\}", "*", entry) for entry in entries]
