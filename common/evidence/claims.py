"""A paper's claims: each a sentence with its place and a function that returns what we measured.

| kind | `measure` or `experiment` returns | verdicts |
| --- | --- | --- |
| exact | Exact | holds / does not follow (a finding: the paper's own numbers disagree) |
| equivalence | Equal | equal within tolerance / not equal |
| direction | Pair | reproduced / not reproduced / inconclusive / too few seeds / one observation |
| prediction | nothing; `predicted` says it | inside / outside / not run yet |
| out of reach | nothing; `reason` says why | out of reach |

A direction claim is judged over seeds, or `over` documents, words, queries, ... on which two
methods are compared; of these a few are "too few pairs".
One whose runs are missing is "not measured". The family for Holm is all direction
claims that the paper lists, measured or not, so that a verdict does not change with what is left
out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from common.errors import UserError, nearest
from common.evidence.entries import check_choice, check_entry, listed
from common.evidence.outcomes import (
    SEEDS,
    Equal,
    Exact,
    Pair,
    Predicted,
    Unmeasured,
    Values,
)
from common.paper import Room
from common.records.record import Record

EXACT, EQUIVALENCE, DIRECTION, OUT = "exact", "equivalence", "direction", "out of reach"
PREDICTION = "prediction"
KINDS = (EXACT, EQUIVALENCE, DIRECTION, PREDICTION, OUT)
HOLDS, FINDING = "holds", "does not follow"
OWN = "this repository"  # the beginning of a place that is in no paper: a goal of ours
EQUAL, UNEQUAL = "equal within tolerance", "not equal"
INCONCLUSIVE, NOT_MEASURED = "inconclusive", "not measured"
INSIDE, OUTSIDE, NOT_RUN = "inside", "outside", "not run yet"
PLURAL = re.compile(r"[a-z]+(?: [a-z]+)*s")


@dataclass(frozen=True)
class Claim:
    """One claim of a paper.

    `measure` takes nothing (exact, equivalence) or a `View` of the records (direction).
    A direction claim may give an `experiment` instead: a function of the seeds to train on the
    spot, in seconds, which returns a Pair; its values are kept in evidence/verdicts.json.
    Where it compares methods over something else than seeds, `over` names it in the plural.
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
    over: str = SEEDS  # what the pairs of a direction claim are: "documents", "queries", "words"
    predicted: Predicted | None = None

    def __post_init__(self) -> None:
        check_entry(self, ("place", "sentence"))
        check_choice(self, "kind", KINDS)
        self._check_functions()
        if (self.kind == PREDICTION) != (self.predicted is not None):
            raise UserError(f"claim {self.id!r}: a prediction, and nothing else, has `predicted`.")
        if self.over != SEEDS and (self.kind != DIRECTION or not PLURAL.fullmatch(self.over)):
            raise UserError(
                f"claim {self.id!r}: `over` is a plural in lower case, of a direction claim alone."
            )

    def _check_functions(self) -> None:
        functions = [f for f in (self.measure, self.experiment) if f is not None]
        if self.kind == OUT:
            check_entry(self, ("reason",))
        if self.kind in (OUT, PREDICTION):
            if functions:
                what = "out of reach" if self.kind == OUT else "a prediction"
                raise UserError(f"claim {self.id!r} is {what} and yet measures something.")
        elif len(functions) != 1 or not callable(functions[0]):
            raise UserError(f"claim {self.id!r} needs one function that measures it.")
        if self.experiment and self.kind != DIRECTION:
            raise UserError(f"claim {self.id!r}: only a direction claim has an experiment.")


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

    def curve(
        self, variant: str, step: int, column: str = "validation", phase: str | None = None
    ) -> Values:
        """Seed -> the curve's value at the last row up to `step` that has one.

        The curve is that of the phase, or of the last one; a named loss is `losses.<name>`.
        """
        found: dict[int, float | None] = {}
        for run in self.record(variant).seeds:
            curves = [c for c in run.curves if phase in (None, c.phase)]
            if not curves:
                raise UserError(f"{variant} has no curve" + (f" of {phase}." if phase else "."))
            columns = curves[-1].columns()
            if column not in columns:
                raise UserError(f"{variant} has no curve of {column}." + nearest(column, columns))
            rows = zip(columns["step"], columns[column], strict=True)
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
    if stand_in is not None:
        return {seed: stand_in if value is None else value for seed, value in values.items()}
    if lost := sorted(seed for seed, value in values.items() if value is None):
        raise Unmeasured(INCONCLUSIVE, f"{variant} diverged at {seeds_text(lost)}")
    return {seed: value for seed, value in values.items() if value is not None}


def seeds_text(seeds: Sequence[int]) -> str:
    """'seed 3', 'seeds 1, 2'."""
    return f"seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}"


def claims_of(room: Room) -> tuple[Claim, ...]:
    """The paper's claims in their order; () if the room has no claims.py."""
    return listed(room, "claims", Claim)
