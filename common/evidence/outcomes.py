"""What a claim's function returns: what was measured, in the form that its kind asks for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from common.errors import UserError

DIGITS = 6  # significant; what lies beyond differs between machines
SEEDS = "seeds"  # what a direction claim is judged over, unless it says otherwise

Value = int | float | str | bool
Values = dict[int, float]  # seed -> value
Named = dict[str, float]  # a document, query or word -> value


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
    """What the paper calls better and worse, seed by seed, or by what else the claim is `over`.

    `sign` is the sign of better - worse if the claim is true: -1 for a loss, +1 for an accuracy.
    """

    better: Values | Named
    worse: Values | Named
    sign: int
    note: str = ""

    def __post_init__(self) -> None:
        if self.sign not in (-1, 1):
            raise UserError(f"Pair: sign must be -1 or 1, not {self.sign!r}.")


@dataclass(frozen=True)
class Predicted:
    """What a run will give, with its interval, written down before the run is made.

    The outcome is the mean over the seeds of `metric` (PAPER.metric, if left out) in the record of
    `variant`. A record that was started before `made` is no outcome.
    """

    value: float
    low: float
    high: float
    made: str  # ISO date and time with its zone, e.g. "2027-01-31T12:00+00:00"
    variant: str
    metric: str | None = None

    def __post_init__(self) -> None:
        if not self.low <= self.value <= self.high:
            raise UserError(
                f"Predicted: {self.value!r} must lie in its interval [{self.low!r}, {self.high!r}]."
            )
        try:
            zone = datetime.fromisoformat(self.made).tzinfo
        except ValueError:
            zone = None
        if zone is None:
            raise UserError(f"Predicted: {self.made!r} is no ISO date and time with a zone.")

    @property
    def at(self) -> datetime:
        return datetime.fromisoformat(self.made)


class Unmeasured(Exception):
    """The records do not carry this comparison: the verdict to give, and the reason."""

    def __init__(self, verdict: str, reason: str) -> None:
        super().__init__(reason)
        self.verdict, self.reason = verdict, reason
