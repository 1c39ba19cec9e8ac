"""The bug ladder: what each deviation costs the newest version, on the same seeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from common.errors import UserError
from common.evidence.deviations import Deviation
from common.evidence.judging import figures
from common.paper import Room
from common.records.record import Record

ABSENT = "not measured here"
SAME = "the same at every seed: one observation"


def ladder(
    room: Room, deviations: Sequence[Deviation], records: dict[str, Record]
) -> list[dict[str, Any]]:
    """What each deviation costs the newest version, in PAPER.metric: positive is worse."""
    from common.evidence.statistics import holm, in_family

    found = {d.id: _rung(room, d, records) for d in deviations}
    measured = {key: value for key, value in found.items() if not isinstance(value, str)}
    adjusted = holm([comparison.p for comparison in measured.values()]) if measured else []
    costs = {}
    for (key, comparison), adjusted_p in zip(measured.items(), adjusted, strict=True):
        row = figures(in_family(comparison, len(measured)))
        costs[key] = {"cost": row.pop("value"), **row, "adjusted_p": adjusted_p}
    return [_ladder_row(room, d, costs.get(d.id), found[d.id]) for d in deviations]


def _rung(room: Room, deviation: Deviation, records: dict[str, Record]) -> Any:
    """The comparison of the newest version with and without the deviation, or why there is none."""
    from common.evidence.statistics import paired

    newest, variant = room.newest, f"{room.newest}+{deviation.id}"
    if not deviation.trained:
        return "not trained"
    if newest not in records or variant not in records:
        return ABSENT
    sides = (records[variant], records[newest])
    if sides[0].config != sides[1].config:
        raise UserError(f"{room.name}: {variant} and {newest} ran with unlike configs; run both.")
    values = [record.finite(room.paper.metric.name) for record in sides]
    for record, side in zip(sides, values, strict=True):
        if lost := len(record.seeds) - len(side):
            return f"{record.variant} diverged at {lost} of {len(record.seeds)} seeds"
    names = (variant, newest)
    if not room.paper.metric.lower_is_better:
        values, names = values[::-1], names[::-1]
    with_it, without = values
    return paired(
        list(with_it.values()),
        list(without.values()),
        seeds_a=list(with_it),
        seeds_b=list(without),
        names=names,
    )


def _ladder_row(
    room: Room, deviation: Deviation, cost: dict[str, Any] | None, found: Any
) -> dict[str, Any]:
    told = ("id", "title", "place", "paper_says", "code_does", "kind", "introduced", "fixed")
    row = {name: getattr(deviation, name) for name in (*told, "source", "trained")}
    row |= dict.fromkeys(("cost", "median", "low", "high", "n", "p", "adjusted_p", "detectable"))
    row |= {"unit": room.paper.metric.label} | (cost or {})
    said = found if cost is None else "" if found.varies else SAME
    return row | {"note": ". ".join(filter(None, (said, deviation.note)))}
