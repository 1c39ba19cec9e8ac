"""Claims and deviations, and what is written of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from common.config import plan
from common.evidence.claims import DIRECTION, EQUIVALENCE, EXACT, OWN, claims_of
from common.evidence.deviations import deviations_of
from common.evidence.statistics import seeds_needed
from common.evidence.verdicts import FILE, load_evidence
from tests.standard.subject import CITED, NAMED, Fault, Subject

FEWEST = {"claims": 6, "directions": 2, "deviations": 5, "trained": 3}


def claims(subject: Subject) -> Iterator[Fault]:
    """Enough claims of each kind, each with its place."""
    found = claims_of(subject.room)
    if len(found) < FEWEST["claims"]:
        yield Fault(f"{len(found)} claims; at least {FEWEST['claims']} are wanted")
    kinds = [claim.kind for claim in found]
    if EXACT not in kinds:
        yield Fault("no exact claim: a count or an identity that needs no training", "exact")
    twins = subject.room.path("evidence", "twins.py")
    if EQUIVALENCE not in kinds or not twins.is_file() or not foreign(twins):
        yield Fault("no equivalence with code that we did not write in twins.py", "equivalence")
    if kinds.count(DIRECTION) < FEWEST["directions"]:
        yield Fault(f"fewer than {FEWEST['directions']} claims on a direction", "directions")
    for claim in found:
        good = claim.place.startswith(OWN) or CITED.search(claim.place)
        if not good and not NAMED.search(claim.place):
            yield Fault(
                f"claim {claim.id!r}: {claim.place!r} names no section, equation, table or figure, "
                "nor a source and the place in it"
            )


def foreign(twins: Path) -> bool:
    """Does the file use a package, which we did not write?"""
    tree = ast.parse(twins.read_text(encoding="utf-8"))
    nodes = [n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom)]
    names = {a.name for n in nodes if isinstance(n, ast.Import) for a in n.names}
    names |= {n.module or "" for n in nodes if isinstance(n, ast.ImportFrom)}
    return bool({name.split(".")[0] for name in names} - {"common", "papers", "__future__"})


def contents(subject: Subject) -> Iterator[Fault]:
    """claims.py and deviations.py are lists that read like a table of contents."""
    for name in ("claims.py", "deviations.py"):
        tree = ast.parse(subject.room.path("evidence", name).read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                yield Fault(f"evidence/{name}: {node.name} belongs to measures.py or injections.py")


def deviations(subject: Subject) -> Iterator[Fault]:
    """Enough documented deviations, and what the trained ones cost."""
    found = deviations_of(subject.room)
    trained = [d for d in found if d.trained]
    if len(found) < FEWEST["deviations"]:
        yield Fault(f"{len(found)} deviations; at least {FEWEST['deviations']} are wanted")
    if len(trained) < FEWEST["trained"]:
        yield Fault(f"{len(trained)} trained deviations of {FEWEST['trained']}", "trained")
    path = subject.room.path(FILE)  # files.names says where it is missing
    content = load_evidence(path) if path.is_file() else {}
    rows = {row["id"]: row for row in content.get("deviations", ())}
    for deviation in trained:
        if rows.get(deviation.id, {}).get("n") is None:
            yield Fault(f"deviation {deviation.id!r} has no cost in evidence/verdicts.json")


def seeds(subject: Subject) -> Iterator[Fault]:
    """As many seeds as Holm asks for the claims on directions."""
    directions = sum(claim.kind == DIRECTION for claim in claims_of(subject.room))
    wanted = seeds_needed(max(1, directions))
    for version in subject.room.paper.versions:
        have = len(plan(subject.room, version, "cpu").seeds)
        if have < wanted:
            yield Fault(f"{version} has {have} seeds; {directions} directions need {wanted}")
