"""Sign flips, bootstrap intervals and power on plain arrays: what `statistics` judges with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from scipy import optimize, stats

from common.errors import UserError

ALPHA = 0.05
FEWEST_SEEDS = 6  # the first n with 2 / 2^n <= ALPHA
POWER = 0.8
EXACT_UP_TO = 14  # seeds: up to here all 2^n sign flips are enumerated
DRAWN_UP_TO = 500  # pairs: beyond, the normal law; it is then closer than drawing is
SIMULATED_UP_TO = 12  # seeds: beyond, the paired t stands in; it promises up to 0.03 too much
FLIPS = 99_999  # drawn sign flips beyond that
RESAMPLES = 9_999
DRAWS = 10_000  # simulated samples behind a stated power: standard error at most 0.005
SEED = 20_260_101  # fixed, so that the same records give the same report
GRID = 2**30  # steps into which a bootstrap divides the spread of the values
ROUNDING = 1e-12  # relative; closer than this two sums count as equal


def sign_flip_p(differences: np.ndarray) -> np.ndarray:
    """Two-sided sign-flip p of each row, (..., n) -> (...): no smaller than 2 / 2^n.

    The share of sign vectors whose |sum| reaches the observed one: of all 2^n up to 14 pairs, of
    99,999 drawn with a fixed seed and the observed one up to 500, else by the normal law of such
    sums. Exact when, under "no difference", each difference is as likely to have either sign,
    whatever the distribution.
    """
    x = np.asarray(differences, dtype=float)
    n = x.shape[-1]
    scale = np.abs(x).max(-1, keepdims=True)
    x = x / np.where(scale > 0, scale, 1.0)
    observed = np.abs(x.sum(-1, keepdims=True))
    if n > DRAWN_UP_TO:
        spread = np.sqrt((x**2).sum(-1))
        return 2 * stats.norm.sf(observed[..., 0] / np.where(spread > 0, spread, 1.0))
    if n > EXACT_UP_TO:
        reached = np.abs(_drawn_sums(x)) >= observed - n * ROUNDING
        return (reached.sum(-1) + 1) / (FLIPS + 1)
    return (np.abs(x @ _signs(n)) >= observed - n * ROUNDING).mean(-1)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down adjusted p values, in the order given."""
    p = np.asarray(p_values, dtype=float)
    wrong = [f"{value:g}" for value in p if not 0 <= value <= 1]
    if wrong:
        raise UserError(f"Not a p value: {', '.join(wrong)}; each must lie between 0 and 1.")
    order = np.argsort(p, kind="stable")
    steps = np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(steps, 1.0)
    return adjusted.tolist()


def seeds_needed(claims: int, alpha: float = ALPHA) -> int:
    """The fewest seeds with which `claims` direction claims can all get a verdict under Holm."""
    check_family(claims)
    n = FEWEST_SEEDS
    while _rejecting(n, alpha / claims) < 1:
        n += 1
    return n


def power_paired(effect: float, sd: float, n: int, alpha: float = ALPHA) -> float:
    """Chance that n pairs find a mean difference `effect`, in its own direction, at level alpha.

    Of the sign-flip test, for normal differences with standard deviation `sd`. Up to 12 seeds by
    simulation (10,000 samples, fixed seed), which respects p >= 2 / 2^n; beyond, by the paired t.
    """
    if sd < 0 or not math.isfinite(effect) or not math.isfinite(sd):
        raise UserError(f"Effect {effect:g} with sd {sd:g}: give finite numbers, sd 0 or more.")
    if _rejecting(n, alpha) < 1 or effect == 0 == sd:
        return 0.0
    size = math.inf if sd == 0 else abs(effect) / sd
    if n <= SIMULATED_UP_TO:
        return float(np.mean(_critical_effects(n, _rejecting(n, alpha)) < size))
    return _t_power(size, n, alpha) if math.isfinite(size) else 1.0


def smallest_detectable(sd: float, n: int, alpha: float = ALPHA, power: float = POWER) -> float:
    """The effect that `power_paired` finds with `power`, given the observed sd, in its unit.

    By the normal law beyond 500 pairs. Infinite where n seeds cannot reach alpha. The sd is itself
    estimated, from few seeds: the figure says what this experiment could see, it is no promise for
    the next.
    """
    if _rejecting(n, alpha) < 1:
        return math.inf
    if n <= SIMULATED_UP_TO:
        critical = _critical_effects(n, _rejecting(n, alpha))
        return sd * float(np.quantile(critical, power, method="higher"))
    if n > DRAWN_UP_TO:
        return sd * float(stats.norm.isf(alpha / 2) - stats.norm.isf(power)) / math.sqrt(n)
    missing = optimize.root_scalar(
        lambda size: _t_power(size, n, alpha) - power, bracket=(0.0, 20.0), method="brentq"
    )
    return sd * missing.root


def mean(x: np.ndarray) -> float:
    """Mean that does not round out of the range, so that equal values average to themselves."""
    return float(np.clip(math.fsum(x) / x.size, x.min(), x.max()))


def _mean_difference(x: np.ndarray, y: np.ndarray, axis: int = -1) -> np.ndarray:
    return x.mean(axis) - y.mean(axis)


def bca_interval(x: np.ndarray, y: np.ndarray | None = None) -> tuple[float, float]:
    """95% BCa interval of mean(x), or of mean(x) - mean(y); the range where BCa does not exist.

    Beyond 500 values Student's interval, which is then as good and takes no time.
    """
    groups = [x] if y is None else [x, y]
    spread = max(float(np.ptp(g)) for g in groups)
    constant = all(np.ptp(g) <= ROUNDING * np.abs(g).max() for g in groups)
    if constant or min(g.size for g in groups) < 3:
        return _range(groups)
    if y is None and x.size > DRAWN_UP_TO:
        low, high = stats.t.interval(1 - ALPHA, x.size - 1, mean(x), stats.sem(x))
        return float(low), float(high)
    # On a grid of integers sums are exact, so that tied resamples tie whatever was added to all
    # values and whatever machine adds them up; the grid is far finer than the resampling error.
    unit, origin = spread / GRID, groups[0].min() - (groups[1].min() if y is not None else 0.0)
    result = stats.bootstrap(
        [np.round((g - g.min()) / unit) for g in groups],
        np.mean if y is None else _mean_difference,
        vectorized=True,
        n_resamples=RESAMPLES,
        method="BCa",
        rng=np.random.default_rng(SEED),
    )
    low, high = result.confidence_interval
    return float(origin + unit * low), float(origin + unit * high)


def _range(groups: list[np.ndarray]) -> tuple[float, float]:
    first, *rest = groups
    low, high = first.min(), first.max()
    for g in rest:
        low, high = low - g.max(), high - g.min()
    return float(low), float(high)


def check_family(claims: int) -> None:
    """UserError unless the family has at least one claim."""
    if claims < 1:
        raise UserError(f"A family of {claims} claims: it must have at least one.")


@lru_cache(maxsize=32)
def _signs(n: int) -> np.ndarray:
    """Sign vectors as columns, (n, 2^(n-1)): a vector and its mirror count as one."""
    return 1.0 - 2.0 * _bits(n, 2 ** (n - 1))


def _drawn_sums(x: np.ndarray) -> np.ndarray:
    """Sums under FLIPS drawn sign vectors, (..., n) -> (..., FLIPS); one row of signs at a time."""
    rng, sums = np.random.default_rng(SEED), np.zeros((*x.shape[:-1], FLIPS))
    for i in range(x.shape[-1]):
        sums += x[..., i, None] * rng.choice([-1.0, 1.0], size=FLIPS)
    return sums


def _bits(n: int, count: int) -> np.ndarray:
    """Binary digits of 0 .. count - 1 as columns, (n, count)."""
    return (np.arange(count) >> np.arange(n)[:, None] & 1).astype(float)


def _rejecting(n: int, alpha: float) -> int:
    """How many of the 2^n sign vectors, on one side, may reach the observed sum at level alpha."""
    return math.floor(alpha * 2 ** min(n - 1, 60) + 1e-9)  # beyond 60 it could reach any alpha


@lru_cache(maxsize=128)
def _critical_effects(n: int, rejecting: int) -> np.ndarray:
    """For DRAWS standard normal samples, the shift from which the sign-flip test finds each.

    Flipping the signs of a subset F keeps the sum as high exactly when mean_F <= 0 (Hartigan 1969,
    typical values), so x + shift is found once shift > - (rejecting-th smallest subset mean).
    """
    members = _bits(n, 2**n)[:, 1:]  # (n, 2^n - 1): all subsets but the empty one
    weights = members / members.sum(0)
    samples = np.random.default_rng(SEED).standard_normal((DRAWS, n))
    found = [
        np.partition(block @ weights, rejecting - 1, axis=1)[:, rejecting - 1]
        for block in np.array_split(samples, 16)  # bounds the memory at 12 seeds
    ]
    return -np.concatenate(found)


def _t_power(size: float, n: int, alpha: float) -> float:
    return float(stats.nct.sf(stats.t.isf(alpha / 2, n - 1), n - 1, size * math.sqrt(n)))
