"""The standard that every room is held to: what is missing, in sentences. docs/add-a-paper.md.

A check gets a room and yields its faults. Some may be excused: evidence/exceptions.yaml names what
a room cannot have, and why; an excuse that nothing needs is a fault as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.standard import files, pages, proof, runs
from tests.standard.subject import Fault, Subject

Check = Callable[[Subject], Iterator[Fault]]


def excuses(subject: Subject) -> Iterator[Fault]:
    """Each excuse has a reason and is needed."""
    found = [fault.excuse for check in CHECKS if check is not excuses for fault in check(subject)]
    for key, reason in subject.excuses.items():
        if key not in found:
            yield Fault(f"evidence/exceptions.yaml: {key!r} excuses nothing: delete it")
        if not isinstance(reason, str) or len(reason.split()) < 4:
            yield Fault(f"evidence/exceptions.yaml: {key!r} needs a reason in a sentence")


CHECKS: tuple[Check, ...] = (
    files.names,
    files.decided,
    pages.readme,
    pages.notes,
    pages.figure,
    pages.picture,
    proof.claims,
    proof.contents,
    proof.deviations,
    proof.seeds,
    runs.hardware,
    runs.recorded,
    runs.golden,
    runs.budget,
    runs.baseline,
    runs.ask,
    excuses,
)


def faults(subject: Subject, check: Check) -> list[str]:
    """What the check finds that no excuse allows, each with how it can be excused."""
    found = [fault for fault in check(subject) if fault.excuse not in subject.excuses]
    return [f"{fault.words}{_hint(fault.excuse)}" for fault in found]


def _hint(excuse: str) -> str:
    return f" (where it cannot be had, evidence/exceptions.yaml says why: {excuse})" * bool(excuse)
