"""Was a prediction written down before the run that it is about?

The outcome's record says at which commit it was made: the prediction must stand there, in some
file of the room's evidence/, with the very numbers that it has now.
"""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from common.errors import UserError
from common.evidence.claims import claims_of
from common.evidence.outcomes import Predicted
from common.paper import Room
from common.records.record import Record


def prediction_problems(
    root: Path, room: Room, records: Mapping[str, Record], note: Callable[[str], object]
) -> Iterator[str]:
    """A sentence for each prediction that the commit of its outcome does not hold.

    `note` is told of commits that are not here, and of records that name none.
    """
    for claim in claims_of(room):
        told = claim.predicted
        record = records.get(told.variant) if told else None
        if record is None:
            continue
        commit = (record.resealed[0] if record.resealed else record).commit.removesuffix("-dirty")
        label = f"claim {claim.id!r}"
        if _git(root, "cat-file", "-e", f"{commit}^{{commit}}") is None:
            note(
                f"{label}: the commit {commit[:12]} of {record.variant} is not here, so nothing "
                "shows that it was predicted before."
            )
        elif told not in list(_predicted(root, room, commit)):
            yield (
                f"{label} was not predicted before its run: the commit {commit[:12]}, at which "
                f"{record.variant} was run, has no such `Predicted(...)` in numbers"
            )


def _predicted(root: Path, room: Room, commit: str) -> Iterator[Predicted]:
    """Every prediction that the room's evidence states at that commit."""
    folder = room.path("evidence").relative_to(root).as_posix()
    for name in (_git(root, "ls-tree", "--name-only", commit, f"{folder}/") or "").splitlines():
        if name.endswith(".py"):
            yield from stated(_git(root, "show", f"{commit}:{name}") or "")


def stated(code: str) -> Iterator[Predicted]:
    """The predictions in a module's code whose arguments are plain values; nothing is run."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Predicted"):
            try:
                given = [ast.literal_eval(value) for value in node.args]
                named = {one.arg or "**": ast.literal_eval(one.value) for one in node.keywords}
                yield Predicted(*given, **named)
            except (ValueError, TypeError, UserError):
                continue


def _git(root: Path, *words: str) -> str | None:
    """What git says, None where it fails or is not there."""
    try:
        done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True)
    except OSError:
        return None
    return None if done.returncode else done.stdout
