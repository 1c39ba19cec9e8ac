"""Two runs of a paper against each other: its metric, speed and memory, paired by seed."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

from common.paper import Room, find_root
from common.records.current import changed_sources
from common.records.own_runs import Listed, nearness
from common.records.record import Record

Row = dict[str, Any]
KINDS = {  # what must be the same for a fair comparison
    "data": lambda record: record.data_names,
    "text": lambda record: record.data_hashes,
    "profile": lambda record: record.profile,
    "hardware": lambda record: record.hardware.name,
}


def pairs(old: list[Listed], new: list[Listed]) -> list[tuple[Listed, Listed]]:
    """The runs of one hardware, the hardware of most seeds first.

    Where none ran both, as with a run of one's own beside a committed one: one pair across.
    """
    left, right = ({one.record.hardware.name: one for one in side} for side in (old, new))
    shared = [(left[name], right[name]) for name in left if name in right]
    if not shared:
        return [max(product(old, new), key=lambda pair: nearness(pair[0], pair[1].record.hardware))]
    return sorted(shared, key=lambda pair: -min(len(one.record.seeds) for one in pair))


def compare(home: Room, old: Listed, new: Listed) -> dict[str, Any]:
    """Everything that is said of a pair, as plain data; `answer` is the sentence."""
    a, b = old.record, new.record
    names = _name(old), _name(new)
    unlike = _unlike(a, b)
    across = a.hardware.name != b.hardware.name
    shared = _shared(home, a, b)
    found = {
        "paper": home.name,
        "old": names[0],
        "new": names[1],
        "hardware": " and ".join(dict.fromkeys((a.hardware.name, b.hardware.name))),
        "seeds": len(shared),
        "unlike": unlike,
        "value": _difference(home, a, b, shared, comparable=a.data_hashes == b.data_hashes),
        "speed": _ratio(a, b, shared, "tokens_per_second", across),
        "memory": _ratio(a, b, shared, "peak_memory_mib", across),
        "parameters": _parameters(a, b),
        "notes": _notes(a, b, shared),
    }
    return {**found, "answer": _answer(home, found)}


def _name(listed: Listed) -> str:
    return f"{listed.record.variant} ({listed.id})" if listed.own else listed.record.variant


def _unlike(a: Record, b: Record) -> list[str]:
    """What makes the comparison unfair, as "profile (smoke; cpu)"."""
    found = {kind: (read(a), read(b)) for kind, read in KINDS.items() if read(a) != read(b)}
    if "data" in found:
        found.pop("text", None)
    return [f"{kind} ({one}; {other})" for kind, (one, other) in found.items()]


def _shared(home: Room, a: Record, b: Record) -> list[int]:
    one, other = (record.finite(home.paper.metric.name) for record in (a, b))
    return sorted(one.keys() & other.keys())


def _difference(home: Room, a: Record, b: Record, shared: list[int], comparable: bool) -> Row:
    """new - old in the metric's unit, with the interval and p where two or more seeds have both."""
    from common.evidence.statistics import paired

    values = [record.finite(home.paper.metric.name) for record in (a, b)]
    row = _row("difference", *(list(side.values()) for side in values))
    if not shared or not comparable:
        return row
    one, other = ([side[seed] for seed in shared] for side in values)
    found = paired(other, one, seeds_a=shared, seeds_b=shared, names=("new", "old"))
    row["change"] = found.difference
    if found.n > 1 and found.varies:
        row |= {"low": found.low, "high": found.high, "p": found.p, "differs": found.different}
    return row


def _ratio(a: Record, b: Record, shared: list[int], name: str, across: bool) -> Row:
    """new / old with its interval, from the logarithms; none across machines."""
    from common.evidence.statistics import summary

    sides = [{run.seed: getattr(run, name) for run in record.seeds} for record in (a, b)]
    row = _row("ratio", *([v for v in side.values() if v is not None] for side in sides))
    both = [(sides[0][seed], sides[1][seed]) for seed in shared]
    if across or not both or any(not value for pair in both for value in pair):
        return row
    found = summary([math.log(other / one) for one, other in both])
    row["change"] = math.exp(found.mean)
    if found.n > 1:
        row |= {"low": math.exp(found.low), "high": math.exp(found.high)}
    return row


def _row(kind: str, one: list[float], other: list[float]) -> Row:
    sides = {"old": _side(one), "new": _side(other)}
    return {"kind": kind, **sides, "change": None, "low": None, "high": None, "p": None}


def _side(values: list[float]) -> dict[str, float | int | None]:
    from common.evidence.statistics import summary

    if not values:
        return {"mean": None, "low": None, "high": None, "n": 0}
    found = summary(values)
    return {"mean": found.mean, "low": found.low, "high": found.high, "n": found.n}


def _parameters(a: Record, b: Record) -> dict[str, list[Any]]:
    """The parameters that differ: name -> both values, None where a side has no such."""
    names = [*a.config, *(name for name in b.config if name not in a.config)]
    both = {name: [a.config.get(name), b.config.get(name)] for name in names}
    return {name: values for name, values in both.items() if values[0] != values[1]}


def _notes(a: Record, b: Record, shared: list[int]) -> list[str]:
    notes = []
    if not shared:
        notes.append("No seed of both came to an end.")
    elif len(shared) < max(len(a.seeds), len(b.seeds)):
        notes.append("Compared over the seeds that both have; the means are over all of each.")
    stale = [r.variant for r in (a, b) if changed_sources(r, find_root())]
    if stale:
        notes.append(f"Code changed since it was run: {', '.join(dict.fromkeys(stale))}.")
    return notes


def _answer(home: Room, found: dict[str, Any]) -> str:
    parts = [_which(home, found), _cost(found)]
    return " ".join(filter(None, parts))


def _which(home: Room, found: dict[str, Any]) -> str:
    metric, row, old, new = home.paper.metric, found["value"], found["old"], found["new"]
    better = "lower" if metric.lower_is_better else "higher"
    if row["change"] is None:
        means = [row[side]["mean"] for side in ("old", "new")]
        one, other = (f"{mean:.4g}" if mean is not None else "diverged" for mean in means)
        return f"{new} has {other} {metric.label}, {old} {one}; that cannot be compared."
    size = f"{abs(row['change']):.3g} {metric.label}"
    word = "better" if (row["change"] < 0) == metric.lower_is_better else "worse"
    if row["low"] is None:
        if row["change"] == 0:
            return f"{new} and {old} have the same {metric.label}."
        why = "one seed" if found["seeds"] == 1 else "every seed says the same, which"
        return (
            f"{new} is {word} than {old} by {size} ({better} is better); {why} gives no interval."
        )
    ends = sorted(abs(row[end]) for end in ("low", "high"))
    seeds = f"{found['seeds']} seeds, paired; {better} is better"
    if row["differs"]:
        interval = f"[{ends[0]:.3g}, {ends[1]:.3g}]"
        return f"{new} is {word} than {old} by {size} {interval}, p = {row['p']:.2g} ({seeds})."
    interval = f"[{row['low']:+.3g}, {row['high']:+.3g}]"
    return (
        f"{new} and {old} cannot be told apart: {row['change']:+.3g} {metric.label} {interval}, "
        f"p = {row['p']:.2g} ({seeds})."
    )


def _cost(found: dict[str, Any]) -> str:
    speed, memory = found["speed"]["change"], found["memory"]["change"]
    if speed is None or memory is None:
        return ""
    fast = "as fast" if _even(speed) else f"{speed:.3g} times as fast"
    large = "as much memory" if _even(memory) else f"{memory:.3g} times the memory"
    return f"{found['new']} trains {fast} and takes {large}."


def _even(ratio: float) -> bool:
    return f"{ratio:.2f}" == "1.00"
