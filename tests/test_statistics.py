"""The statistics as an instrument: false alarms, planted effects, invariances, refusals."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from scipy import stats

from common.errors import UserError
from common.evidence import statistics as st
from common.evidence.resampling import bca_interval
from common.evidence.statistics import Verdict

TRIALS = 1000
SLACK = 3.5  # standard errors of a rate: a fair instrument fails one such check in 4,000
VALUES = some.floats(-100, 100).map(lambda x: round(x, 3))
SAMPLES = some.lists(some.tuples(VALUES, VALUES), min_size=3, max_size=9)
checked = settings(max_examples=40, deadline=None, derandomize=True)


def compare(a, b, **options):
    """Compare two lists that share the seeds 0, 1, 2, ..."""
    seeds = range(len(a))
    return st.paired(a, b, seeds_a=seeds, seeds_b=seeds, **options)


def at_most(rate, trials=TRIALS):
    """The count that a true `rate` exceeds hardly ever."""
    return trials * rate + SLACK * math.sqrt(trials * rate * (1 - rate))


# -- false alarms and power ------------------------------------------------------------------


@pytest.mark.parametrize("n", [6, 8])
def test_a_against_a_is_different_in_at_most_5_percent(n):
    rng = np.random.default_rng(n)
    pool = rng.lognormal(sigma=1.0, size=60)  # one version's metric, skewed, on disjoint seeds
    called = interval_alone = 0
    for _ in range(TRIALS):
        draw = rng.permutation(pool)[: 2 * n]
        comparison = compare(draw[:n], draw[n:])
        (judged,) = st.judge([comparison], [1])
        decided = judged.verdict in (Verdict.REPRODUCED, Verdict.NOT_REPRODUCED)
        assert decided == comparison.different
        called += decided
        interval_alone += comparison.low > 0 or comparison.high < 0
    assert 0 < called <= at_most(0.05)
    assert interval_alone > at_most(0.05)  # why the interval is never trusted alone


def test_a_family_of_true_nulls_raises_one_false_alarm_in_at_most_5_percent():
    p = st.sign_flip_p(np.random.default_rng(1).laplace(size=(TRIALS, 6, 9)))
    smallest = np.array([min(st.holm(family)) for family in p])
    assert 0 < (smallest <= st.ALPHA).sum() <= at_most(0.05)
    assert (p.min(1) <= st.ALPHA).sum() > at_most(0.05)  # without Holm the check fails


def test_the_p_value_is_exact_for_any_symmetric_distribution():
    p = st.sign_flip_p(np.random.default_rng(2).standard_t(1.5, size=(20_000, 7)))
    for level in (2 / 128, 6 / 128, 0.25):
        assert abs((p <= level).mean() - level) < SLACK * math.sqrt(level / 20_000)


@pytest.mark.parametrize(("n", "claims"), [(6, 1), (8, 6), (10, 4)])
def test_planted_effects_are_found_at_the_stated_power(n, claims):
    rng = np.random.default_rng([n, claims])
    effect = st.smallest_detectable(0.2, n, st.ALPHA / claims)
    common = rng.normal(3.0, 1.0, size=(600, n))  # what pairing by seed takes out
    noise = rng.normal(0.0, 0.2, size=(600, n))
    found = 0
    for shared, own in zip(common, noise, strict=True):
        comparison = compare(shared + effect + own, shared, claims=claims)
        adjusted = min(1.0, comparison.p * claims)
        found += st.verdict(comparison, adjusted, 1) is Verdict.REPRODUCED
    stated = st.power_paired(effect, 0.2, n, st.ALPHA / claims)
    assert stated == pytest.approx(0.8, abs=1e-3)
    assert abs(found / 600 - stated) < SLACK * math.sqrt(0.8 * 0.2 / 600 + 0.005**2)


@pytest.mark.parametrize(("n", "effect"), [(6, 1.0), (8, 0.7), (9, 1.5), (12, 0.7)])
def test_power_at_other_effects_is_what_simulation_gives(n, effect):
    x = np.random.default_rng(n).normal(effect, 1.0, size=(4000, n))
    found = ((st.sign_flip_p(x) <= st.ALPHA) & (x.mean(1) > 0)).mean()
    stated = st.power_paired(effect, 1.0, n)
    assert abs(found - stated) < SLACK * math.sqrt(stated * (1 - stated) / 4000 + 0.005**2)


def test_power_when_every_sign_must_agree_has_a_closed_form():
    for effect in (0.5, 1.0, 2.0):  # six seeds: found only if all six differences are positive
        assert st.power_paired(effect, 1.0, 6) == pytest.approx(
            stats.norm.cdf(effect) ** 6, abs=SLACK * 0.005
        )


def test_power_edges():
    assert st.power_paired(1.0, 0.0, 6) == 1.0
    assert st.power_paired(1.0, 0.0, 20) == 1.0
    assert st.power_paired(0.0, 0.0, 6) == 0.0
    assert st.power_paired(9.0, 1.0, 5) == 0.0  # 2 / 2^5 > 0.05, however large the effect
    assert st.power_paired(-1.0, 1.0, 8) == st.power_paired(1.0, 1.0, 8)
    assert st.smallest_detectable(1.0, 5) == math.inf
    assert st.smallest_detectable(0.0, 6) == 0.0
    with pytest.raises(UserError, match="sd -1"):
        st.power_paired(1.0, -1.0, 6)


def test_more_seeds_and_fewer_claims_see_smaller_effects():
    by_seeds = [st.smallest_detectable(1.0, n) for n in (6, 8, 10, 12, 15, 30)]
    by_claims = [st.smallest_detectable(1.0, 9, st.ALPHA / k) for k in (12, 6, 2, 1)]
    assert by_seeds == sorted(by_seeds, reverse=True) and by_seeds[0] > 2 * by_seeds[-1]
    assert by_claims == sorted(by_claims, reverse=True) and by_claims[0] > 1.5 * by_claims[-1]


# -- against other implementations -----------------------------------------------------------


def test_sign_flips_against_a_literal_loop_and_scipy():
    whole = np.random.default_rng(3).integers(-4, 9, size=(20, 7))  # integers: ties must count
    for d, p in zip(whole, st.sign_flip_p(whole / 10), strict=True):
        sums = [
            sum(x * s for x, s in zip(d, signs)) for signs in itertools.product((1, -1), repeat=7)
        ]
        assert p == sum(abs(s) >= abs(sum(d)) for s in sums) / 2**7
    d = np.random.default_rng(4).normal(0.5, size=8)
    reference = stats.permutation_test((d,), np.sum, permutation_type="samples", n_resamples=np.inf)
    assert st.sign_flip_p(d) == pytest.approx(reference.pvalue)


def test_drawn_sign_flips_agree_with_the_paired_t_and_have_a_floor():
    d = np.random.default_rng(5).normal(size=40)
    d += 0.35 - d.mean()
    assert st.sign_flip_p(d) == pytest.approx(stats.ttest_1samp(d, 0).pvalue, abs=0.002)
    assert st.sign_flip_p(np.ones(40)) == pytest.approx(1e-5)


def test_holm_by_hand():
    assert st.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert st.holm([0.6, 0.7]) == [1.0, 1.0]
    assert st.holm([]) == []


@checked
@given(some.lists(some.floats(0, 1), min_size=1, max_size=6))
def test_holm_is_the_closure_of_bonferroni(p):
    def closed(i):
        others = [j for j in range(len(p)) if j != i]
        chosen = itertools.chain.from_iterable(
            itertools.combinations(others, size) for size in range(len(p))
        )
        return max(min(1.0, (len(c) + 1) * min(p[j] for j in (*c, i))) for c in chosen)

    assert st.holm(p) == pytest.approx([closed(i) for i in range(len(p))])


def test_bca_is_scipys_and_not_the_percentile_interval():
    x = np.random.default_rng(6).lognormal(size=12)
    reference = {
        method: stats.bootstrap((x,), np.mean, method=method, n_resamples=60_000, rng=7)
        for method in ("BCa", "percentile")
    }
    ours, width = np.array(bca_interval(x)), np.ptp(x)
    assert ours == pytest.approx(reference["BCa"].confidence_interval, abs=0.01 * width)
    assert abs(ours[1] - reference["percentile"].confidence_interval.high) > 0.02 * width


def test_bca_by_its_definition():
    x = np.array([0.1, 0.4, 0.5, 0.9, 2.5])  # n = 5: all 3,125 resamples, no chance left
    boot = np.array(list(itertools.product(x, repeat=5))).mean(1)
    left_out = (x.sum() - x) / 4
    u = left_out.mean() - left_out
    a = (u**3).sum() / (6 * (u**2).sum() ** 1.5)
    below = (boot < x.mean() - 1e-9).mean() + (np.abs(boot - x.mean()) < 1e-9).mean() / 2
    z = stats.norm.ppf(below) + stats.norm.ppf([0.025, 0.975])
    quantiles = stats.norm.cdf(stats.norm.ppf(below) + z / (1 - a * z))
    assert bca_interval(x) == pytest.approx(np.quantile(boot, quantiles), abs=0.05)


# -- invariances -----------------------------------------------------------------------------


@checked
@given(SAMPLES)
def test_swapping_the_sides_flips_the_sign(pairs):
    a, b = zip(*pairs, strict=True)
    one, other = compare(a, b), compare(b, a)
    width = 0.01 * (one.high - one.low) + 1e-9
    assert other.difference == pytest.approx(-one.difference, abs=1e-9)
    assert (other.low, other.high) == pytest.approx((-one.high, -one.low), abs=width)
    assert (other.p, other.detectable) == pytest.approx((one.p, one.detectable))


@checked
@given(SAMPLES, some.integers(-50, 50), some.sampled_from([0.25, 8.0, 1e-6, 1e6]))
def test_shift_and_scale(pairs, shift, scale):
    a, b = map(np.array, zip(*pairs, strict=True))
    one, moved = compare(a, b), compare(scale * (a + shift), scale * (b + shift))
    width = scale * (0.01 * (one.high - one.low) + 1e-9)
    assert moved.difference == pytest.approx(scale * one.difference, abs=scale * 1e-9)
    assert (moved.low, moved.high) == pytest.approx((scale * one.low, scale * one.high), abs=width)
    assert moved.p == one.p
    plain, lifted = st.summary(a), st.summary(a + shift)
    assert lifted.low - shift == pytest.approx(plain.low, abs=0.01 * np.ptp(a) + 1e-9)


@checked
@given(SAMPLES, some.randoms(use_true_random=False))
def test_the_order_of_seeds_does_not_matter(pairs, random):
    a, b = zip(*pairs, strict=True)
    here, there = list(range(len(a))), list(range(len(a)))
    random.shuffle(here)
    random.shuffle(there)
    shuffled = st.paired([a[i] for i in here], [b[i] for i in there], seeds_a=here, seeds_b=there)
    assert shuffled == compare(a, b)
