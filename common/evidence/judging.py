"""How claims become rows with verdicts: measured one by one, directions judged as one family."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from statistics import fmean, median
from typing import Any

from common.errors import UserError
from common.evidence.claims import (
    DIRECTION,
    EQUAL,
    EQUIVALENCE,
    EXACT,
    FINDING,
    HOLDS,
    INSIDE,
    NOT_RUN,
    OUT,
    OUTSIDE,
    OWN,
    PREDICTION,
    UNEQUAL,
    Claim,
    View,
)
from common.evidence.outcomes import (
    DIGITS,
    Equal,
    Exact,
    Named,
    Pair,
    Predicted,
    Unmeasured,
    Value,
    Values,
)
from common.evidence.pairs import keep


@dataclass(frozen=True)
class Outcome:
    """What a predicted run gave: the mean over its n seeds."""

    value: float
    n: int


RETURNED = {EXACT: Exact, EQUIVALENCE: Equal, DIRECTION: Pair, PREDICTION: Outcome}


def judge_claims(claims: Sequence[Claim], view: View) -> tuple[list[dict[str, Any]], dict]:
    """Measure every claim. Returns the rows of verdicts.json and the values behind each verdict on
    a direction, as `pairs.keep` gives them."""
    measured = {claim.id: _measure(claim, view) for claim in claims}
    directions = [
        (claim, found)
        for claim in claims
        if claim.kind == DIRECTION and isinstance(found := measured[claim.id], Pair | Unmeasured)
    ]
    judged = _judge_family(directions)
    rows = [_row(claim, measured[claim.id], judged) for claim in claims]
    kept = {c.id: keep(pair, c.over) for c, pair in directions if isinstance(pair, Pair)}
    return rows, kept


def _measure(claim: Claim, view: View) -> Exact | Equal | Pair | Outcome | Unmeasured:
    try:
        if claim.measure:
            found = claim.measure(view) if claim.kind == DIRECTION else claim.measure()
        elif claim.experiment:
            found = claim.experiment(view.seeds)
        elif claim.predicted:
            found = _outcome(claim.predicted, view)
        else:
            return Unmeasured(OUT, claim.reason)
    except Unmeasured as missing:
        return missing
    except UserError as error:
        raise UserError(f"claim {claim.id!r}: {error}") from None
    except Exception as error:
        error.add_note(f"while measuring claim {claim.id!r}")
        raise
    wanted = RETURNED[claim.kind]
    if not isinstance(found, wanted):
        raise UserError(
            f"claim {claim.id!r} is {claim.kind}: it must return {wanted.__name__}, not {found!r}."
        )
    return _as_kept(found) if isinstance(found, Pair) else found


def _outcome(told: Predicted, view: View) -> Outcome:
    """What the run gave, which must have begun after the prediction."""
    if told.variant not in view.records:
        raise Unmeasured(NOT_RUN, f"{told.variant} has no record here yet.")
    record = view.records[told.variant]
    if datetime.fromisoformat(record.started) <= told.at:
        raise UserError(
            f"{told.variant} was started at {record.started}, before it was predicted at "
            f"{told.made}: that foretells nothing."
        )
    values = view.values(told.variant, told.metric).values()
    return Outcome(fmean(values), len(values))


def _as_kept(pair: Pair) -> Pair:
    """The values as verdicts.json keeps them: verdicts can be computed again from there."""
    return replace(pair, better=_shortened(pair.better), worse=_shortened(pair.worse))


def _shortened(side: Values | Named) -> Any:  # of the same kind
    return {key: float(f"{value:.{DIGITS}g}") for key, value in side.items()}


def _judge_family(pairs: Sequence[tuple[Claim, Pair | Unmeasured]]) -> dict[str, dict[str, Any]]:
    """Holm over the family; a claim that was not measured takes part with p = 1."""
    from common.evidence.statistics import holm, in_family, verdict

    found = {
        claim.id: (in_family(_compare(claim, pair), len(pairs)), pair.sign)
        for claim, pair in pairs
        if isinstance(pair, Pair)
    }
    adjusted = holm([found[c.id][0].p if c.id in found else 1.0 for c, _ in pairs])
    rows = {}
    for (claim, _), adjusted_p in zip(pairs, adjusted, strict=True):
        if claim.id in found:
            comparison, sign = found[claim.id]
            judged = str(verdict(comparison, adjusted_p, sign))
            rows[claim.id] = {"verdict": judged, **figures(comparison), "adjusted_p": adjusted_p}
    return rows


def _compare(claim: Claim, pair: Pair) -> Any:
    from common.evidence.statistics import paired

    return paired(
        list(pair.better.values()),
        list(pair.worse.values()),
        seeds_a=list(pair.better),
        seeds_b=list(pair.worse),
        over=claim.over,
        names=(f"claim {claim.id!r}, better", f"claim {claim.id!r}, worse"),
    )


def figures(comparison: Any) -> dict[str, Any]:
    """A `statistics.Comparison` as the columns of a row."""
    row = {name: getattr(comparison, name) for name in ("low", "high", "n", "p", "detectable")}
    return {"value": comparison.difference, "median": median(comparison.differences), **row}


def _row(claim: Claim, found: Any, judged: dict[str, dict[str, Any]]) -> dict[str, Any]:
    figured = ("value", "median", "low", "high", "unit", "n", "p", "adjusted_p", "detectable")
    row = {name: getattr(claim, name) for name in ("id", "place", "sentence", "kind")}
    row |= {"verdict": None, **dict.fromkeys((*figured, "expected", "finding"))}
    row |= {"reason": getattr(found, "note", "") or None, "own": claim.place.startswith(OWN)}
    row |= {"unit": claim.unit, "expected": claim.expected}
    row |= {"over": claim.over if claim.kind == DIRECTION else None}
    if told := claim.predicted:
        row |= {"expected": told.value, "low": told.low, "high": told.high}
    if isinstance(found, Unmeasured):
        return row | {"verdict": found.verdict, "reason": found.reason}
    if isinstance(found, Pair):
        return row | judged[claim.id]
    if isinstance(found, Outcome) and told:
        verdict = INSIDE if told.low <= found.value <= told.high else OUTSIDE
        given = {"value": found.value, "n": found.n, "reason": _foretold(told)}
        return row | {"verdict": verdict, **given}
    if isinstance(found, Equal):
        verdict = EQUAL if found.worst <= found.tolerance else UNEQUAL
        return row | {"verdict": verdict, "value": found.worst, "expected": found.tolerance}
    row |= {"verdict": HOLDS, "value": found.value, "expected": found.expected}
    return row if found.holds else row | {"verdict": FINDING, "finding": _finding(claim, found)}


def _foretold(told: Predicted) -> str:
    return f"Predicted on {told.at:%d %B %Y}; {told.variant} was run after that."


def _finding(claim: Claim, found: Exact) -> str:
    unit = f" {claim.unit}" if claim.unit else ""
    if isinstance(found.expected, bool):
        return f"The paper says so ({claim.place}); what it gives does not carry it."
    return (
        f"The paper says {_text(found.expected)}{unit} ({claim.place}); "
        f"its own configuration gives {_text(found.value)}{unit}."
    )


def _text(value: Value) -> str:
    if isinstance(value, str | bool):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.6g}"
