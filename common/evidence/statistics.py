"""Paired comparisons, intervals, power and verdicts over seeds, or over documents or queries.

The choice behind `verdict`, because it decides what a report may say:

- Every test is two-sided, although a claim states its direction. A verdict can fall on either
  side ("reproduced", "not reproduced"), so two one-sided tests at alpha would call a version
  different from itself in up to 2 alpha of trials. Two-sided costs one more seed, no more.
- With n seeds the sign-flip p cannot go below 2 / 2^n. Holm multiplies the smallest p of k claims
  by k, so a family needs k * 2 / 2^n <= alpha: 6 seeds carry 1 claim, 7 carry 3, 8 carry 6, 9 carry
  12, 10 carry 25 (`seeds_needed`). Below that no data could give a verdict: "too few seeds".
- A difference that is the same at every seed (neither side draws at random) is one observation,
  however often it is repeated: p is 1, and the verdict says so. One side may well be constant.
- Two methods may be compared over documents, words or queries instead: each of these is an
  observation of its own, so equal differences count as many. There are thousands of them: up to
  14 all sign flips, up to 500 drawn ones, beyond that the normal law for test and interval.
- The family is the paper's direction claims. The sign-flip test bounds the error; the BCa interval
  must agree, but not replace it: at 6 to 10 seeds BCa alone calls equal things different too often.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from scipy import stats

from common.errors import UserError
from common.evidence.outcomes import SEEDS
from common.evidence.pairing import Key, by_key, check_same
from common.evidence.resampling import (
    ALPHA,
    FEWEST_SEEDS,
    ROUNDING,
    bca_interval,
    check_family,
    holm,
    mean,
    seeds_needed,
    sign_flip_p,
    smallest_detectable,
)
from common.evidence.resampling import power_paired as power_paired  # part of this module's face


class Verdict(StrEnum):
    """What a direction claim may be called."""

    REPRODUCED = "reproduced"
    NOT_REPRODUCED = "not reproduced"
    INCONCLUSIVE = "inconclusive"
    TOO_FEW_SEEDS = "too few seeds"
    TOO_FEW_PAIRS = "too few pairs"  # of documents, words, queries
    ONE_OBSERVATION = "one observation"


@dataclass(frozen=True)
class Summary:
    """Mean of n values with its 95% interval (the range when n < 3), in the values' unit."""

    mean: float
    low: float
    high: float
    n: int
    values: tuple[float, ...]


@dataclass(frozen=True)
class Comparison:
    """a - b, paired by seed, in the metric's unit; `differences` stand in the order of `seeds`.

    `over`: what the pairs are, where not seeds; `seeds` are then their names.

    `p` is two-sided against `threshold`; `detectable` is the smallest distance from `threshold`
    that `n` seeds find with 80% power when the claim is one of `claims` (`smallest_detectable`).
    """

    difference: float
    low: float
    high: float
    p: float
    n: int
    detectable: float
    sd: float
    threshold: float
    claims: int
    seeds: tuple[Key, ...]
    differences: tuple[float, ...]
    over: str = SEEDS

    @property
    def varies(self) -> bool:
        """Is it more than one observation, made anew with every seed?"""
        return self.sd > 0 or self.over != SEEDS

    @property
    def different(self) -> bool:
        """Do test and interval agree, at 5% and outside any family, that a and b differ?"""
        return self.p <= ALPHA and _side(self) != 0


@dataclass(frozen=True)
class Difference:
    """mean(a) - mean(b) of unpaired groups: 95% BCa interval and Welch's two-sided p."""

    difference: float
    low: float
    high: float
    p: float
    n_a: int
    n_b: int

    @property
    def different(self) -> bool:
        """Do test and interval agree at 5%?"""
        return self.p <= ALPHA and (self.low > 0 or self.high < 0)


@dataclass(frozen=True)
class Judged:
    """A comparison within its family: Holm's p and the verdict that follows."""

    comparison: Comparison
    adjusted_p: float
    verdict: Verdict


def summary(values: Sequence[float]) -> Summary:
    """Mean with a 95% BCa bootstrap interval; the range for n < 3 or values equal to rounding."""
    x = _finite(values, "values")
    low, high = bca_interval(x)
    return Summary(mean(x), low, high, x.size, tuple(x.tolist()))


def paired(
    a: Sequence[float],
    b: Sequence[float],
    *,
    seeds_a: Sequence[Key],
    seeds_b: Sequence[Key],
    over: str = SEEDS,
    threshold: float = 0.0,
    claims: int = 1,
    names: tuple[str, str] = ("a", "b"),
) -> Comparison:
    """Compare a - b seed by seed with `threshold`; `names` are how errors speak of a and b.

    BCa interval of the mean difference and two-sided sign-flip p (`sign_flip_p`). UserError
    when a seed (or what else the pairs are `over`) is duplicated or missing on one side, or a
    value is not finite.
    """
    left, right = by_key(a, seeds_a, over, names[0]), by_key(b, seeds_b, over, names[1])
    check_same(left, right, over, names)
    seeds = tuple(sorted(left))  # an order of its own: the result must not hang on the caller's
    d = np.array([left[seed] - right[seed] for seed in seeds])
    low, high = bca_interval(d)
    rounding = ROUNDING * max(map(abs, (*left.values(), *right.values())))
    sd = float(d.std(ddof=1)) if np.ptp(d) > rounding else 0.0
    comparison = Comparison(
        difference=mean(d),
        low=low,
        high=high,
        p=float(sign_flip_p(d - threshold)) if sd or over != SEEDS else 1.0,
        n=d.size,
        detectable=math.nan,
        sd=sd,
        threshold=float(threshold),
        claims=claims,
        seeds=seeds,
        differences=tuple(d.tolist()),
        over=over,
    )
    return in_family(comparison, claims)


def in_family(comparison: Comparison, claims: int) -> Comparison:
    """The same comparison as one of `claims`: `detectable` at alpha / claims, Holm's first step."""
    check_family(claims)
    detectable = smallest_detectable(comparison.sd, comparison.n, ALPHA / claims)
    if comparison.n > 1 and not comparison.sd:
        detectable = math.inf  # nothing tells the spread; more seeds would see no more
    return replace(comparison, claims=claims, detectable=detectable)


def verdict(
    comparison: Comparison, adjusted_p: float, expected_sign: int, alpha: float = ALPHA
) -> Verdict:
    """Judge the claim that a - b lies on the side `expected_sign` (+1 or -1) of the threshold.

    A verdict on either side needs adjusted p <= alpha and a BCa interval clear of the threshold.
    "Too few seeds" (or pairs): n in a family of `comparison.claims` cannot get there at all. "One
    observation": the difference is the same at every seed.
    """
    if expected_sign not in (1, -1):
        raise UserError(f"Expected sign {expected_sign!r} is neither 1 nor -1: state a direction.")
    too_few = Verdict.TOO_FEW_SEEDS if comparison.over == SEEDS else Verdict.TOO_FEW_PAIRS
    if comparison.n < FEWEST_SEEDS:
        return too_few
    if not comparison.varies:
        return Verdict.ONE_OBSERVATION
    side = _side(comparison)
    if adjusted_p <= alpha and side:
        return Verdict.REPRODUCED if side == expected_sign else Verdict.NOT_REPRODUCED
    if adjusted_p > alpha and comparison.n < seeds_needed(comparison.claims, alpha):
        return too_few
    return Verdict.INCONCLUSIVE


def judge(comparisons: Sequence[Comparison], expected_signs: Sequence[int]) -> list[Judged]:
    """Holm and verdicts over one family: all direction claims of a paper, in the order given."""
    if len(comparisons) != len(expected_signs):
        raise UserError(
            f"{len(comparisons)} comparisons with {len(expected_signs)} expected signs: "
            "give one sign per comparison."
        )
    family = [in_family(comparison, len(comparisons)) for comparison in comparisons]
    adjusted = holm([comparison.p for comparison in family])
    return [
        Judged(comparison, p, verdict(comparison, p, sign))
        for comparison, p, sign in zip(family, adjusted, expected_signs, strict=True)
    ]


def independent(a: Sequence[float], b: Sequence[float]) -> Difference:
    """Compare unpaired groups (one version on two hardwares): Welch's t and a BCa interval.

    A group of fewer than 3 gives the range of a - b in place of the interval, and fewer than 2 on
    a side give p = 1; so do groups of which neither varies, which are one observation each.
    """
    x, y = _finite(a, "a"), _finite(b, "b")
    low, high = bca_interval(x, y)
    return Difference(mean(x) - mean(y), low, high, _welch_p(x, y), x.size, y.size)


def equivalent(a: Sequence[float], b: Sequence[float], tolerance: float) -> tuple[bool, float]:
    """Is a equal to the reference b within `tolerance`? Returns that and the worst error.

    Error: |a - b| / max(1, |b|), absolute below 1 and relative above. Equal infinities (masks) have
    no error; NaN, or an infinity on one side only, is an infinite one.
    """
    x, y = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if x.shape != y.shape or not x.size:
        raise UserError(f"Cannot compare shapes {x.shape} and {y.shape}: give equal, filled ones.")
    with np.errstate(invalid="ignore"):
        error = np.abs(x - y) / np.maximum(1.0, np.abs(y))
    error = np.where(x == y, 0.0, np.where(np.isfinite(error), error, np.inf))
    worst = float(error.max())
    return worst <= tolerance, worst


def _finite(values: Sequence[float], name: str) -> np.ndarray:
    x = np.asarray(values, dtype=float).ravel()
    if not x.size:
        raise UserError(f"No {name} to summarise: give at least one number.")
    bad = np.flatnonzero(~np.isfinite(x))
    if bad.size:
        raise UserError(f"{name}[{bad[0]}] is {x[bad[0]]:g}: a run that diverged has no metric.")
    return x


def _side(comparison: Comparison) -> int:
    """+1 or -1: where the interval lies beside the threshold; 0 if it touches it."""
    above, below = comparison.low > comparison.threshold, comparison.high < comparison.threshold
    return int(above) - int(below)


def _welch_p(x: np.ndarray, y: np.ndarray) -> float:
    if min(x.size, y.size) < 2 or mean(x) == mean(y) or np.ptp(x) == 0 == np.ptp(y):
        return 1.0
    sides = [part for g in (x, y) for part in (mean(g), g.std(ddof=1), g.size)]
    return float(stats.ttest_ind_from_stats(*sides, equal_var=False).pvalue)
