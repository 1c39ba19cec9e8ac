"""A paper's claims: each a sentence with its place and a function that returns what we measured.

| kind | `measure` or `experiment` returns | verdicts |
| --- | --- | --- |
| exact | Exact | holds / does not follow (a finding: the paper's own numbers disagree) |
| equivalence | Equal | equal within tolerance / not equal |
| direction | Pair | reproduced / not reproduced / inconclusive / too few seeds / one observation |
| out of reach | nothing; `reason` says why | out of reach |

A direction claim whose runs are missing is "not measured". The family for Holm is all direction
claims that the paper lists, measured or not, so that a verdict does not change with what is left
out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any

from common.errors import UserError, nearest
from common.evidence.entries import check_choice, check_entry, listed
from common.paper import Room
from common.records.record import Record

EXACT, EQUIVALENCE, DIRECTION, OUT = "exact", "equivalence", "direction", "out of reach"
KINDS = (EXACT, EQUIVALENCE, DIRECTION, OUT)
HOLDS, FINDING = "holds", "does not follow"
OWN = "this repository"  # the beginning of a place that is in no paper: a goal of ours
EQUAL, UNEQUAL = "equal within tolerance", "not equal"
DIGITS = 6  # significant; what lies beyond differs between machines
INCONCLUSIVE, NOT_MEASURED = "inconclusive", "not measured"

Value = int | float | str | bool
Values = dict[int, float]  # seed -> value


@dataclass(frozen=True)
class Exact:
    """A value computed without training beside the published one; `tolerance` is absolute."""

    value: Value
    expected: Value
    tolerance: float = 0.0
    note: str = ""

    @property
    def holds(self) -> bool:
        if isinstance(self.value, str) or isinstance(self.expected, str):
            return self.value == self.expected
        return abs(self.value - self.expected) <= self.tolerance


@dataclass(frozen=True)
class Equal:
    """The worst error against an implementation that we did not write."""

    worst: float
    tolerance: float
    note: str = ""


@dataclass(frozen=True)
class Pair:
    """What the paper calls better and worse, seed by seed.

    `sign` is the sign of better - worse if the claim is true: -1 for a loss, +1 for an accuracy.
    """

    better: Values
    worse: Values
    sign: int
    note: str = ""

    def __post_init__(self) -> None:
        if self.sign not in (-1, 1):
            raise UserError(f"Pair: sign must be -1 or 1, not {self.sign!r}.")


@dataclass(frozen=True)
class Claim:
    """One claim of a paper.

    `measure` takes nothing (exact, equivalence) or a `View` of the records (direction).
    A direction claim may give an `experiment` instead: a function of the seeds to train on the
    spot, in seconds, which returns a Pair; its values are kept in evidence/verdicts.json.
    """

    id: str
    place: str  # table, figure, section or equation of the paper; or OWN
    sentence: str  # in our words
    kind: str  # one of KINDS
    measure: Callable[..., Exact | Equal | Pair] | None = None
    unit: str = ""
    expected: str | None = None  # what the paper reports, where that is a phrase
    reason: str = ""  # why it is out of reach
    experiment: Callable[[Sequence[int]], Pair] | None = None

    def __post_init__(self) -> None:
        check_entry(self, ("place", "sentence"))
        check_choice(self, "kind", KINDS)
        functions = [f for f in (self.measure, self.experiment) if f is not None]
        if self.kind == OUT:
            check_entry(self, ("reason",))
            if functions:
                raise UserError(f"claim {self.id!r} is out of reach and yet measures something.")
        elif len(functions) != 1 or not callable(functions[0]):
            raise UserError(f"claim {self.id!r} needs one function that measures it.")
        if self.experiment and self.kind != DIRECTION:
            raise UserError(f"claim {self.id!r}: only a direction claim has an experiment.")


class Unmeasured(Exception):
    """The records do not carry this comparison: the verdict to give, and the reason."""

    def __init__(self, verdict: str, reason: str) -> None:
        super().__init__(reason)
        self.verdict, self.reason = verdict, reason


@dataclass(frozen=True)
class View:
    """What a direction claim may look at: one paper's records on its primary hardware."""

    metric: str  # PAPER.metric's name
    records: Mapping[str, Record] = field(default_factory=dict)  # by variant
    seeds: tuple[int, ...] = ()  # for experiments

    def values(
        self, variant: str, metric: str | None = None, diverged: float | None = None
    ) -> Values:
        """Seed -> final metric of a variant; PAPER.metric unless another is named.

        `diverged` stands in for runs that diverged (e.g. log2 of the vocabulary, what guessing
        costs); without it such a run makes the claim inconclusive.
        """
        metric = metric or self.metric
        record = self.record(variant)
        names = record.seeds[0].metrics
        if metric not in names:
            raise UserError(f"{variant} has no metric {metric!r}." + nearest(metric, names))
        return _complete(record.values(metric), variant, diverged)

    def curve(self, variant: str, step: int, column: str = "validation") -> Values:
        """Seed -> the curve's value at the last row up to `step` that has one."""
        found: dict[int, float | None] = {}
        for run in self.record(variant).seeds:
            rows = zip(run.curve.step, getattr(run.curve, column), strict=True)
            known = [value for at, value in rows if at <= step and value is not None]
            found[run.seed] = known[-1] if known else None
        return _complete(found, variant, None)

    def constant(self, value: float, like: Values) -> Values:
        """A baseline without seeds (an n-gram model), set against every seed of `like`."""
        return dict.fromkeys(like, value)

    def record(self, variant: str) -> Record:
        """The variant's record; without one the claim is not measured."""
        if variant not in self.records:
            raise Unmeasured(NOT_MEASURED, f"no record of {variant} here")
        return self.records[variant]


def _complete(values: dict[int, float | None], variant: str, stand_in: float | None) -> Values:
    lost = sorted(seed for seed, value in values.items() if value is None)
    if lost and stand_in is None:
        raise Unmeasured(INCONCLUSIVE, f"{variant} diverged at {seeds_text(lost)}")
    return {seed: stand_in if value is None else value for seed, value in values.items()}


def seeds_text(seeds: Sequence[int]) -> str:
    """'seed 3', 'seeds 1, 2'."""
    return f"seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}"


def claims_of(room: Room) -> tuple[Claim, ...]:
    """The paper's claims in their order; () if the room has no claims.py."""
    return listed(room, "claims", Claim)


def judge_claims(claims: Sequence[Claim], view: View) -> tuple[list[dict[str, Any]], dict]:
    """Measure every claim. Returns the rows of verdicts.json and the values behind each verdict on
    a direction: claim -> better, worse (seed -> value) and sign."""
    measured = {claim.id: _measure(claim, view) for claim in claims}
    directions = [(c, measured[c.id]) for c in claims if c.kind == DIRECTION]
    judged = _judge_family(directions)
    rows = [_row(claim, measured[claim.id], judged) for claim in claims]
    parts = ("better", "worse", "sign")
    pairs = {
        claim.id: {part: getattr(pair, part) for part in parts}
        for claim, pair in directions
        if isinstance(pair, Pair)
    }
    return rows, pairs


def _measure(claim: Claim, view: View) -> Exact | Equal | Pair | Unmeasured:
    wanted = {EXACT: Exact, EQUIVALENCE: Equal, DIRECTION: Pair}.get(claim.kind)
    if wanted is None:
        return Unmeasured(OUT, claim.reason)
    try:
        if claim.experiment:
            found = claim.experiment(view.seeds)
        else:
            found = claim.measure(view) if claim.kind == DIRECTION else claim.measure()
    except Unmeasured as missing:
        return missing
    except UserError as error:
        raise UserError(f"claim {claim.id!r}: {error}") from None
    except Exception as error:
        error.add_note(f"while measuring claim {claim.id!r}")
        raise
    if not isinstance(found, wanted):
        raise UserError(
            f"claim {claim.id!r} is {claim.kind}: it must return {wanted.__name__}, not {found!r}."
        )
    return _as_kept(found) if isinstance(found, Pair) else found


def _as_kept(pair: Pair) -> Pair:
    """The values as verdicts.json keeps them: verdicts can be computed again from there."""
    sides = (pair.better, pair.worse)
    better, worse = ({s: float(f"{v:.{DIGITS}g}") for s, v in side.items()} for side in sides)
    return replace(pair, better=better, worse=worse)


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
    if isinstance(found, Unmeasured):
        return row | {"verdict": found.verdict, "reason": found.reason}
    if isinstance(found, Pair):
        return row | judged[claim.id]
    if isinstance(found, Equal):
        verdict = EQUAL if found.worst <= found.tolerance else UNEQUAL
        return row | {"verdict": verdict, "value": found.worst, "expected": found.tolerance}
    row |= {"verdict": HOLDS, "value": found.value, "expected": found.expected}
    return row if found.holds else row | {"verdict": FINDING, "finding": _finding(claim, found)}


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
