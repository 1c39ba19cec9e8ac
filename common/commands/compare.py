"""`papers compare`: which of two is better, how fast and how large it is; then what differs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from common.commands.overview import TOGETHER, print_json, say, table
from common.errors import UserError
from common.paper import Room, Variant, room
from common.records.own_runs import Listed, find_runs


def print_comparison(name: str, old: str, new: str, code: bool, json: bool) -> None:
    """The answer, the numbers, then the parameters and the code that differ."""
    home = room(name)
    if old == new:
        raise UserError(f"{old} and {new} are the same: name two.")
    sides, missing = [], ""
    for side in (old, new):
        try:
            sides.append(find_runs(home, side))
        except UserError as error:
            if side not in home.paper.versions or json or not code:
                raise
            missing = missing or str(error)  # their code can be compared all the same
    found = _compared(home, *sides) if not missing else []
    if json:
        print_json(found)
        return
    if missing:
        say(missing)
    for i, comparison in enumerate(found):
        _print_one(home, comparison, first=i == 0)
    _print_parameters(found)
    versions = [side[0].record.version for side in sides] if not missing else [old, new]
    if code:
        sys.stdout.flush()
        _print_difference(home, old, new, versions)


def _compared(home: Room, old: list[Listed], new: list[Listed]) -> list[dict[str, Any]]:
    from common.evidence.comparison import compare, pairs

    return [compare(home, *pair) for pair in pairs(old, new)]


def _print_one(home: Room, found: dict[str, Any], first: bool) -> None:
    if found["unlike"]:
        say(f"Not like with like: {'; '.join(found['unlike'])}.")
    if first:
        say(found["answer"])
        print()
    metric = home.paper.metric
    names = {"value": metric.label, "speed": "tokens per second", "memory": "memory, MiB"}
    rows = []
    for key, label in names.items():
        row = found[key]
        p = f"{row['p']:.2g}" if row.get("p") is not None else "-"
        means = [_number(row[side]["mean"]) for side in ("old", "new")]
        rows.append([label, *means, _change(row), p])
    header = ["", found["old"], found["new"], "change [95%]", "p"]
    seeds = "1 seed" if found["seeds"] == 1 else f"{found['seeds']} seeds"
    table(f"{found['hardware']}, {seeds} of both", header, rows)
    for note in found["notes"]:
        say(note)


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _change(row: dict[str, Any]) -> str:
    """ "-0.28 [-0.29, -0.27]", or of what is compared by its ratio "1.3 x [1.2, 1.4]"."""
    if row["change"] is None:
        return "-"
    ratio = row["kind"] == "ratio"
    form = "{:.3g}" if ratio else "{:+.3g}"
    text = form.format(row["change"]) + f"{TOGETHER}x" * ratio
    if row["low"] is None:
        return text
    low, high = (form.format(row[end]) for end in ("low", "high"))
    return f"{text} [{low},{TOGETHER}{high}]"


def _print_parameters(found: list[dict[str, Any]]) -> None:
    """Those of the first pair: on other machines the same versions have the same ones."""
    changed = found[0]["parameters"] if found else {}
    if changed:
        header = ["parameter", found[0]["old"], found[0]["new"]]
        table("", header, [[key, *map(_shown, both)] for key, both in changed.items()])


def _shown(value: Any) -> str:
    return "-" if value is None else str(value)


def _print_difference(home: Room, old: str, new: str, versions: list[str]) -> None:
    """What the code of the one does otherwise, also what was put back into it."""
    for side in (old, new):
        if lines := list(_put_back(home, side)):
            print("\n".join(lines))
    if versions[0] == versions[1]:
        print(f"Both run the code of {versions[0]}.")
        return
    sys.stdout.flush()
    with tempfile.TemporaryDirectory() as folder:
        for version in versions:
            for path in home.path(version).rglob("*.py"):
                place = Path(folder) / path.relative_to(home.folder)
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, place)
        _show_code(Path(folder), versions)


def _put_back(home: Room, variant: str) -> Iterator[str]:
    from common.evidence.deviations import find_deviation

    version, name, _ = Variant.of(variant)
    if name is not None:
        deviation = find_deviation(home, name)
        yield f"{variant}: {deviation.title}. The paper ({deviation.place}): "
        yield f"  {deviation.paper_says}"
        yield f"{version} without it: {deviation.code_does}"


def _show_code(folder: Path, versions: list[str]) -> None:
    """Git shows it, on a terminal with the user's pager and colours."""
    command = ["git", "-c", "core.quotepath=off"]
    chosen = {"GIT_PAGER", "PAGER"} & os.environ.keys()
    if not chosen and not shutil.which("less"):
        command.append("--no-pager")
    command += ["diff", "--no-index", "--stat", "--patch"]
    command += ["--no-color"] if os.environ.get("NO_COLOR") else []
    try:
        subprocess.run([*command, "--", *versions], cwd=folder, check=False)  # 1: they differ
    except FileNotFoundError:
        raise UserError(
            "git is not installed, and shows the code that differs: leave it out with --no-code."
        ) from None
