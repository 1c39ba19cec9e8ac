"""Verdicts, families, thresholds, degenerate data and refusals of the statistics."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from scipy import stats

from common.errors import UserError
from common.evidence import statistics as st
from common.evidence.statistics import Verdict

CLEAR = [0.30, 0.25, 0.28, 0.35, 0.31, 0.27, 0.33, 0.29, 0.26]  # nine differences of one sign


@pytest.fixture(autouse=True)
def no_warnings():
    """Degenerate data must be handled, not warned about."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def compare(differences, **options):
    """A comparison with exactly these differences, on the seeds 0, 1, 2, ..."""
    seeds = range(len(differences))
    zeros = [0.0] * len(differences)
    return st.paired(differences, zeros, seeds_a=seeds, seeds_b=seeds, **options)


# -- verdicts --------------------------------------------------------------------------------


def test_a_clear_difference_is_judged_on_either_side():
    comparison = compare(CLEAR[:6])
    assert comparison.p == 2 / 64 and comparison.different
    assert st.verdict(comparison, comparison.p, 1) is Verdict.REPRODUCED
    assert st.verdict(comparison, comparison.p, -1) is Verdict.NOT_REPRODUCED
    assert str(Verdict.NOT_REPRODUCED) == "not reproduced"


def test_five_seeds_are_too_few_however_clear():
    comparison = compare(CLEAR[:5])
    assert comparison.p > st.ALPHA and comparison.low > 0 and not comparison.different
    assert st.verdict(comparison, 0.0, 1) is Verdict.TOO_FEW_SEEDS
    assert comparison.detectable == math.inf


def test_interval_and_test_must_agree():
    # BCa excludes zero and the sign flips do not: one seed in six points the other way.
    torn = compare([0.30, 0.28, 0.35, 0.31, -0.10, 0.33])
    assert torn.low > 0 and torn.p > st.ALPHA
    assert st.verdict(torn, torn.p, 1) is Verdict.INCONCLUSIVE and not torn.different
    wide = compare([*CLEAR[:5], -9.0])
    assert wide.low < 0 < wide.high
    assert st.verdict(wide, 0.01, 1) is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(("claims", "n"), [(1, 6), (2, 7), (3, 7), (4, 8), (6, 8), (7, 9), (12, 9)])
def test_seeds_needed_is_where_a_family_of_clear_claims_first_gets_verdicts(claims, n):
    assert st.seeds_needed(claims) == n
    carried = st.judge([compare(CLEAR[:n])] * claims, [1] * claims)
    assert {judged.verdict for judged in carried} == {Verdict.REPRODUCED}
    starved = st.judge([compare(CLEAR[: n - 1])] * claims, [1] * claims)
    assert {judged.verdict for judged in starved} == {Verdict.TOO_FEW_SEEDS}
    assert all(math.isinf(judged.comparison.detectable) for judged in starved)


def test_too_few_is_not_said_where_the_seeds_could_have_carried_a_verdict():
    noise = compare([0.1, -0.2, 0.3, -0.1, 0.2, -0.3, 0.1, 0.05])
    assert [j.verdict for j in st.judge([noise] * 6, [1] * 6)] == [Verdict.INCONCLUSIVE] * 6
    assert [j.verdict for j in st.judge([noise] * 7, [1] * 7)] == [Verdict.TOO_FEW_SEEDS] * 7


def test_a_family_is_judged_in_the_order_given_with_its_own_detectable_effect():
    weak = compare([0.3, 0.2, 0.4, 0.1, 0.5, 0.2, 0.3, -0.6, 0.1])
    first, second, third = st.judge([weak, compare(CLEAR), compare(CLEAR)], [1, 1, -1])
    assert [first.verdict, second.verdict, third.verdict] == [
        Verdict.INCONCLUSIVE,
        Verdict.REPRODUCED,
        Verdict.NOT_REPRODUCED,
    ]
    assert second.adjusted_p == 3 * 2 / 2**9
    assert first.comparison.claims == 3
    assert first.comparison.detectable > weak.detectable
    assert first.comparison.detectable == compare(weak.differences, claims=3).detectable


def test_a_threshold_moves_the_null():
    assert st.verdict(compare(CLEAR, threshold=0.2), 0.01, 1) is Verdict.REPRODUCED
    short = compare(CLEAR, threshold=0.4)
    assert short.difference > 0 and short.p == 2 / 2**9
    assert st.verdict(short, short.p, 1) is Verdict.NOT_REPRODUCED
    assert compare(CLEAR, threshold=0.29).p > 0.5


# -- degenerate data -------------------------------------------------------------------------


def test_identical_values_have_a_zero_width_interval():
    for values in ([0.1] * 3, [-7.0] * 8, [0.0] * 4, [1e-300] * 5):
        s = st.summary(values)
        assert s.low == s.mean == s.high == values[0] and s.n == len(values)


def test_fewer_than_three_values_give_the_range():
    s = st.summary([3.0, 1.0])
    assert (s.mean, s.low, s.high, s.values) == (2.0, 1.0, 3.0, (3.0, 1.0))
    assert st.summary([5]).low == st.summary([5]).high == 5.0


@pytest.mark.parametrize(
    "values", [[0, 0, 1], [0] * 9 + [1], [1e-200, 2e-200, 5e-200], [1, 1e9, 2]]
)
def test_awkward_values_get_a_finite_interval_inside_their_range(values):
    s = st.summary(values)
    assert min(values) <= s.low < s.mean < s.high <= max(values)


@pytest.mark.parametrize("cost", [0.0, 0.5])
def test_what_is_the_same_at_every_seed_is_one_observation(cost):
    """Eight seeds of two sides that do not draw at random are no eight witnesses."""
    same = compare([cost] * 8)
    assert (same.p, same.low, same.high) == (1.0, cost, cost)
    assert not same.varies and not same.different and same.detectable == math.inf
    for p in (same.p, 0.001):
        assert st.verdict(same, p, 1) is Verdict.ONE_OBSERVATION
    assert str(Verdict.ONE_OBSERVATION) == "one observation"


def test_rounding_is_no_spread():
    values = [0.1 * i for i in range(8)]
    lifted = [value + 1e-5 for value in values]  # the differences are equal, but for rounding
    same = st.paired(lifted, values, seeds_a=range(8), seeds_b=range(8))
    assert len(set(same.differences)) > 1 and not same.varies and same.p == 1.0


def test_one_side_may_be_constant():
    baseline = st.paired(CLEAR[:8], [0.0] * 8, seeds_a=range(8), seeds_b=range(8))
    assert baseline.varies and baseline.p == 2 / 2**8 and baseline.detectable < math.inf
    assert st.verdict(baseline, baseline.p, 1) is Verdict.REPRODUCED


def test_results_repeat_exactly_and_leave_the_global_generator_alone():
    np.random.seed(0)
    before = np.random.get_state()[1].tolist()
    assert st.summary(CLEAR) == st.summary(CLEAR)
    assert compare(CLEAR * 2) == compare(CLEAR * 2)  # 18 seeds: drawn sign flips
    assert np.random.get_state()[1].tolist() == before


# -- refusals --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("a", "seeds_a", "b", "seeds_b", "words"),
    [
        ([1, 2, 3], [0, 1, 1], [1, 2, 3], [0, 1, 2], "version1: seed 1 is duplicated"),
        ([1, 2], [0, 1], [1, 2, 3], [0, 1, 2], "version1 misses seed 2"),
        ([1, 2, 3, 4], [0, 1, 2, 7], [1, 2], [0, 1], "version2 misses seed 2, 7"),
        ([1, 2], [0, 1], [1, 2], [8, 9], r"\(seeds 0, 1\) .*\(seeds 8, 9\) share no seed"),
        ([1, math.nan], [4, 5], [1, 2], [4, 5], "version1: the value of seed 5 is not finite"),
        ([1, 2], [4, 5], [-math.inf, 2], [4, 5], "version2: the value of seed 4 is not finite"),
        ([1, 2], [4, 5, 6], [1, 2], [4, 5], "version1: 2 values but 3 seeds"),
        ([], [], [1], [0], "version1 has no seeds"),
    ],
)
def test_wrong_pairs_are_refused_and_named(a, seeds_a, b, seeds_b, words):
    with pytest.raises(UserError, match=words):
        st.paired(a, b, seeds_a=seeds_a, seeds_b=seeds_b, names=("version1", "version2"))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: st.summary([]), "No values"),
        (lambda: st.summary([1, math.nan]), r"values\[1\] is nan"),
        (lambda: st.independent([1, 2], [math.inf]), r"b\[0\] is inf"),
        (lambda: st.holm([0.5, 1.2]), "1.2"),
        (lambda: st.holm([math.nan]), "nan"),
        (lambda: st.verdict(compare(CLEAR), 0.01, 0), "Expected sign 0"),
        (lambda: st.judge([compare(CLEAR)], [1, 1]), "1 comparisons with 2"),
        (lambda: st.seeds_needed(0), "0 claims"),
        (lambda: compare(CLEAR, claims=0), "0 claims"),
        (lambda: st.equivalent([1, 2], [1], 0.1), r"\(2,\) and \(1,\)"),
        (lambda: st.equivalent([], [], 0.1), r"\(0,\)"),
    ],
)
def test_bad_input_is_refused_and_named(call, words):
    with pytest.raises(UserError, match=words):
        call()


# -- across hardware -------------------------------------------------------------------------


def test_independent_groups_against_scipy():
    rng = np.random.default_rng(8)
    a, b = rng.normal(1.0, 1.0, size=9), rng.normal(0.0, 2.0, size=7)
    d = st.independent(a, b)
    assert d.difference == pytest.approx(a.mean() - b.mean())
    assert d.p == pytest.approx(stats.ttest_ind(a, b, equal_var=False).pvalue)
    reference = stats.bootstrap(
        (a, b), lambda x, y, axis: x.mean(axis) - y.mean(axis), n_resamples=40_000, rng=9
    ).confidence_interval
    assert (d.low, d.high) == pytest.approx(reference, abs=0.06)
    swapped = st.independent(b, a)
    assert (swapped.low, swapped.high) == pytest.approx((-d.high, -d.low), abs=0.06)


def test_independent_false_alarms_and_a_planted_difference():
    rng = np.random.default_rng(10)
    null = [st.independent(*rng.normal(size=(2, 6))).different for _ in range(300)]
    assert sum(null) <= 300 * 0.05 + 3.5 * math.sqrt(300 * 0.05 * 0.95)
    assert st.independent([1.0, 1.1, 0.9, 1.05], [2.0, 2.1, 1.9, 2.2]).different


def test_independent_degenerate_groups():
    few = st.independent([1.0], [3.0, 2.0])
    assert (few.difference, few.low, few.high, few.p) == (-1.5, -2.0, -1.0, 1.0)
    fixed = st.independent([1.0] * 3, [2.0] * 3)
    assert (fixed.low, fixed.high, fixed.p) == (-1.0, -1.0, 1.0)
    assert not st.independent([1.0] * 9, [2.0] * 9).different  # one observation each
    assert st.independent([1.0] * 5, [1.0] * 5).p == 1.0
    half = st.independent([1.0] * 4, [2.0, 2.1, 2.2, 2.4])
    assert half.low < half.difference < half.high


def test_equivalent_is_absolute_below_one_and_relative_above():
    assert st.equivalent([0.001, 1000.0], [0.0, 1001.0], 1e-2) == (True, 0.001)
    equal, worst = st.equivalent([[1.0, 2.0]], [[1.0, 2.5]], 0.1)
    assert not equal and worst == pytest.approx(0.2)
    assert st.equivalent([-math.inf, 1.0], [-math.inf, 1.0], 0.0) == (True, 0.0)
    for a, b in (([math.nan], [math.nan]), ([math.inf], [1.0]), ([1.0], [-math.inf])):
        assert st.equivalent(a, b, 1e9) == (False, math.inf)
