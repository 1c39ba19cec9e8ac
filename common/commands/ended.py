"""What `papers train` ends with: the curve, and the result beside the recorded one."""

from __future__ import annotations

import sys
from pathlib import Path

from common.paper import Room, room
from common.records.own_runs import ID, committed, nearness
from common.records.record import Record, read_record
from common.run.launch import told

ROWS = 10  # of the curve
WIDTH = 32  # of its longest bar
Points = dict[int, float]  # step -> mean over the seeds that have a value there


def ending(path: Path) -> str:
    """The validation while training, the final metric, and the committed record's to compare."""
    record = read_record(path)
    home = room(record.paper)
    own = not path.is_relative_to(home.folder)
    reference = _reference(home, record) if own else None
    result, place = told(path).split("\n")
    lines = [*_curve(record, reference), "", result]
    if reference is not None:
        lines += [_recorded(home, reference, record), place, _compare(record, reference)]
    else:
        lines.append(place)
    return "\n".join(lines)


def _reference(home: Room, record: Record) -> Record | None:
    """The committed record of the variant, else of its version; on this hardware if possible."""
    for variant in dict.fromkeys((record.variant, record.version)):
        if found := committed(home, variant):
            return max(found, key=lambda listed: nearness(listed, record.hardware)).record
    return None


def _curve(record: Record, reference: Record | None) -> list[str]:
    if not record.seeds[0].curve:
        return []
    points = _points(record)
    if not points:
        return [f"{record.paper} {record.variant}: nothing was validated while it trained."]
    beside = _points(reference) if reference and _alike(record, reference) else {}
    steps = _some(sorted(points))
    lowest, highest = min(points.values()), max(points.values())
    bar = "█" if "utf" in (sys.stdout.encoding or "").lower() else "#"
    head = f"{'step':>8}  {'validation':>10}" + f"  {'recorded':>10}" * bool(beside)
    lines = ["", head]
    for step in steps:
        share = (points[step] - lowest) / (highest - lowest or 1)
        line = f"{step:>8}  {points[step]:>10.4f}"
        if beside:
            value = _at(beside, step)
            line += f"  {value:>10.4f}" if value is not None else " " * 12
        lines.append(f"{line}  {bar * max(1, round(share * WIDTH))}")
    return lines


def _alike(record: Record, reference: Record) -> bool:
    """May their curves stand beside each other?"""
    return record.data_hashes == reference.data_hashes


def _points(record: Record) -> Points:
    found: dict[int, list[float]] = {}
    for run in record.seeds:
        for step, value in zip(run.curve.step, run.curve.validation) if run.curve else ():
            if value is not None:
                found.setdefault(step, []).append(value)
    return {step: sum(values) / len(values) for step, values in found.items()}


def _at(points: Points, step: int) -> float | None:
    """The value at the step, between two points on the line that joins them; None outside."""
    before = max((s for s in points if s <= step), default=None)
    after = min((s for s in points if s >= step), default=None)
    if before is None or after is None:
        return None
    share = (step - before) / ((after - before) or 1)
    return points[before] + share * (points[after] - points[before])


def _some(steps: list[int]) -> list[int]:
    """At most ROWS of them, evenly spread, with the first and the last."""
    if len(steps) <= ROWS:
        return steps
    return [steps[round(i * (len(steps) - 1) / (ROWS - 1))] for i in range(ROWS)]


def _recorded(home: Room, reference: Record, record: Record) -> str:
    metric = home.paper.metric
    finite = [v for v in reference.values(metric.name).values() if v is not None]
    mean = f"{sum(finite) / len(finite):.4f} {metric.label}" if finite else "diverged"
    seeds = f"mean of {len(finite)} seeds" if len(finite) > 1 else "one seed"
    others = [("profile", record.profile, reference.profile)]
    others += [("data", record.data_names, reference.data_names)]
    unlike = [f"{kind} {there}, not {here}" for kind, here, there in others if here != there]
    where = ", ".join([f"on {reference.hardware.name}", *unlike])
    return f"recorded {reference.variant}: {mean}, {seeds} {where}"


def _compare(record: Record, reference: Record) -> str:
    command = f"papers compare {record.paper} {reference.variant} {record.seal[:ID]}"
    return f"its id is {record.seal[:ID]}: {command}"
