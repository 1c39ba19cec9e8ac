"""Verdicts and costs computed again, beside those that evidence/verdicts.json holds.

Everything that follows from the records is: the ladder, and each direction claim whose data is on
this machine. What was trained for a claim alone stands in verdicts.json and is judged again from
there. Exact and equivalence claims need no record; a slow test measures them again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from common.commands.checking.predictions import prediction_problems
from common.data.fetch import NotHere, here_only
from common.evidence.claims import (
    DIRECTION,
    EQUAL,
    EQUIVALENCE,
    EXACT,
    FINDING,
    HOLDS,
    UNEQUAL,
    Claim,
    View,
    claims_of,
)
from common.evidence.deviations import deviations_of
from common.evidence.judging import judge_claims
from common.evidence.ladder import ladder
from common.evidence.outcomes import SEEDS, Equal, Exact, Pair
from common.evidence.pairs import nameless, restored, sides
from common.evidence.verdicts import (
    FILE,
    changed,
    experiment_seeds,
    load_evidence,
    primary_records,
    rounded,
    seals,
)
from common.evidence.wording import singular
from common.paper import Room
from common.records.executed import evidence_sources
from common.records.record import Record

NEAR = 1e-5  # relative: two machines may round the sixth digit differently
Problems = Iterator[str]


def evidence_problems(root: Path, room: Room, note: Callable[[str], object] = print) -> Problems:
    """A sentence for everything in the paper's evidence that its records and its room contradict.

    UserError where there is none or it is damaged. `note` is told what could not be looked at.
    """
    told = load_evidence(room.path(FILE))
    hardware, records = primary_records(root, room)
    again = f"run `python -m common.evidence {room.name}`."
    problems = _ground(root, room, told, hardware, seals(hardware, records))
    view = View(room.paper.metric.name, records)
    problems = [*problems, *_claims(room, told, view, note), *_ladder(room, told, records)]
    for problem in (*problems, *prediction_problems(root, room, records, note)):
        yield f"papers/{room.name}/{FILE}: {problem}: {again}"


def _ground(
    root: Path, room: Room, told: dict[str, Any], hardware: str | None, sealed: dict[str, str]
) -> Problems:
    """What the evidence says it rests on."""
    wanted = evidence_sources(root, room.folder).keys()
    if told["paper"] != room.name:
        yield f"it is of {told['paper']}"
    if told["hardware"] != hardware:
        yield f"it rests on {told['hardware']}, but most records are of {hardware}"
    elif told["records"] != sealed:
        yield f"it does not rest on the records of {hardware} as they are"
    elif file := changed(room.path(FILE), told):
        yield f"{file} changed since"
    if unlike := sorted(wanted ^ told["sources"].keys()):
        yield f"its sources should not differ in {unlike[0]}"


def _claims(
    room: Room, told: dict[str, Any], view: View, note: Callable[[str], object]
) -> Problems:
    claims, rows = claims_of(room), {row.get("id"): row for row in told["claims"]}
    if list(rows) != [claim.id for claim in claims]:
        yield "it has other claims than claims.py"
        return
    judged = [claim for claim in claims if claim.kind not in (EXACT, EQUIVALENCE)]
    known = {id: kept for id, kept in told["pairs"].items() if id in rows}
    kept = {id: restored(pair, rows[id].get("reason") or "") for id, pair in known.items()}
    seeds = experiment_seeds(room, view.records, sum(c.kind == DIRECTION for c in claims))
    for claim in judged:
        if claim.kind == DIRECTION and _over(known.get(claim.id)) not in (None, claim.over):
            yield f"the values of claim {claim.id!r} are not those of {claim.over}"
            return
        if claim.experiment and not _complete(claim, kept.get(claim.id), seeds):
            every = f" for every {singular(SEEDS)}" if claim.over == SEEDS else ""
            yield f"it does not hold the values of claim {claim.id!r}{every}"
            return
    again, pairs = judge_claims([_as_here(claim, kept, note) for claim in judged], view)
    for row in again:
        yield from _unlike(f"claim {row['id']!r}", rounded(row), rows[row["id"]])
    if not _same_pairs(rounded(pairs), told["pairs"]):
        yield "the values behind its verdicts are not those of the records"
    for claim in claims:
        if claim not in judged:
            yield from _measured(claim, rows[claim.id])


def _over(kept: dict[str, Any] | None) -> str | None:
    """What the values are of; None where there are none."""
    return None if kept is None else kept.get("over", SEEDS)


def _complete(claim: Claim, kept: Pair | None, seeds: Sequence[int]) -> bool:
    """Are an experiment's values all there? Only of seeds it is known how many there must be."""
    return kept is not None and (claim.over != SEEDS or set(kept.better) == set(seeds))


def _same_pairs(new: dict[str, Any], told: dict[str, Any]) -> bool:
    """As `_same`, with the numbers compared one by one where they stand in a line.

    Values that were taken from verdicts.json itself have no names any more.
    """
    return new.keys() == told.keys() and all(_same_pair(new[name], told[name]) for name in new)


def _same_pair(new: dict[str, Any], told: dict[str, Any]) -> bool:
    if "over" not in new or "over" not in told:
        return _same(new, told)
    known = ("over", "n", "sign") if nameless(new) else ("over", "n", "sign", "names")
    if any(new[name] != told[name] for name in known):
        return False
    both = (zip(one, other) for one, other in zip(sides(new), sides(told)))
    return all(_same(one, other) for side in both for one, other in side)


def _as_here(claim: Claim, kept: dict[str, Pair], note: Callable[[str], object]) -> Claim:
    """The claim as it can be judged here: nothing is trained, and no data fetched."""
    if claim.kind != DIRECTION:
        return claim

    def measure(view: View) -> Exact | Equal | Pair:
        if claim.measure is None:  # it has an experiment
            return kept[claim.id]
        try:
            with here_only():
                return claim.measure(view)
        except NotHere as missing:
            if claim.id not in kept:
                raise
            note(f"claim {claim.id!r} was judged from the values in {FILE} alone: {missing}")
            return kept[claim.id]

    return replace(claim, experiment=None, measure=measure)


def _measured(claim: Claim, row: dict[str, Any]) -> Problems:
    """What an exact or equivalence claim's row must be, whatever was measured."""
    label = f"claim {claim.id!r}"
    for name in ("place", "sentence", "kind", "unit"):
        if row.get(name) != getattr(claim, name):
            yield f"{label} has another {name} than in claims.py"
    value, expected, verdict = row.get("value"), row.get("expected"), row.get("verdict")
    if claim.kind == EQUIVALENCE:
        fits = value is not None and value <= expected
        follows = verdict == (EQUAL if fits else UNEQUAL)
    else:
        follows = verdict in (HOLDS, FINDING) and (verdict == FINDING) == bool(row.get("finding"))
        follows = follows and (verdict == HOLDS or value != expected)
    if not follows:
        yield f"{label} is called {verdict!r}, with {value} for {expected}"


def _ladder(room: Room, told: dict[str, Any], records: dict[str, Record]) -> Problems:
    rows = {row.get("id"): row for row in told["deviations"]}
    again = rounded(ladder(room, deviations_of(room), records))
    if list(rows) != [row["id"] for row in again]:
        yield "it has other deviations than deviations.py"
        return
    for row in again:
        yield from _unlike(f"deviation {row['id']!r}", row, rows[row["id"]])


def _unlike(label: str, row: dict[str, Any], told: dict[str, Any]) -> Problems:
    """The first column in which a row is not what it is when it is computed again."""
    size = max((abs(row.get(c) or 0.0) for c in ("value", "cost", "low", "high")), default=0.0)
    for key in [*row, *(key for key in told if key not in row)]:
        if not _same(row.get(key), told.get(key), size):
            yield f"{label} has the {key} {told.get(key)!r}, computed again {row.get(key)!r}"
            return


def _same(new: Any, old: Any, size: float = 0.0) -> bool:
    """Equal, but for the rounding of numbers that belong to others of that size."""
    if isinstance(new, dict) and isinstance(old, dict):
        return new.keys() == old.keys() and all(_same(new[key], old[key], size) for key in new)
    if type(new) is float and type(old) in (int, float):
        return math.isclose(new, old, rel_tol=NEAR, abs_tol=NEAR * size)
    return new == old
