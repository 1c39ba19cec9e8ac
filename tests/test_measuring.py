"""What rooms measure alike: sides paired by seed, baselines, the worst of pairs, counts."""

import math

import numpy as np
import pytest
import torch

from common.errors import UserError
from common.evidence.claims import DIRECTION, Claim, View
from common.evidence.judging import judge_claims
from common.evidence.measuring import Baseline, equal, higher, lower, parameters, worst
from common.evidence.outcomes import Pair
from tests.factory import make_record

SEEDS = range(8)


def record(variant, mean, **others):
    """With metrics that lie so far from the first."""
    made = make_record("toy", variant, seeds=SEEDS, metric="bits", mean=mean, rng_seed=int(mean))
    for run in made.seeds:
        shifted = {name: run.metrics["bits"] + by for name, by in others.items()}
        run.metrics.update(shifted)
    return made


@pytest.fixture
def view():
    records = [record("version1", 2.0), record("version2", 1.5, last=-0.5, second=0.25)]
    return View("bits", {r.variant: r for r in records}, tuple(SEEDS))


def differences(pair):
    return [pair.better[seed] - pair.worse[seed] for seed in pair.better]


def test_two_variants_two_metrics_or_a_number_are_paired_by_seed(view):
    pair = lower("version2", "version1", note="both")(view)
    assert pair == Pair(view.values("version2"), view.values("version1"), -1, "both")
    pair = higher(("version2", "second"), ("version2", "last"))(view)
    assert (pair.sign, pair.note) == (+1, "")
    assert differences(pair) == pytest.approx([0.75] * len(SEEDS))
    assert higher("version2", "version2", metric="last")(view).worse == pair.worse
    pair = lower("version2", Baseline("5-gram", lambda: 2.34313))(view)
    assert set(pair.worse.values()) == {2.34313} and pair.worse.keys() == pair.better.keys()
    assert pair.note == "5-gram: 2.343"


def test_a_claim_is_data(view):
    def claim(name, measure):
        return Claim(name, "Table 1", "A sentence.", DIRECTION, measure, unit="bits")

    claims = [
        claim("true", lower("version2", "version1")),
        claim("false", higher("version2", "version1")),
        claim("missing", lower("version2", "version2+bug")),
        claim("beaten", lower("version1", Baseline("guessing", lambda: 8.0))),
    ]
    rows, _ = judge_claims(claims, view)
    assert [row["verdict"] for row in rows] == [
        "reproduced", "not reproduced", "not measured", "reproduced",
    ]  # fmt: skip
    with pytest.raises(UserError, match="no metric 'blue'"):
        lower(("version2", "blue"), "version1")(view)


def test_the_worst_of_pairs_is_the_largest_difference():
    net = torch.tensor([1.0, 2.0], requires_grad=True)
    pairs = [(net, torch.tensor([1.0, 2.5])), (np.array([[3.0]]), np.array([[3.25]])), (1, 1.0)]
    assert worst(pairs) == 0.5
    assert equal(pairs, 0.5).worst == 0.5 and equal(pairs).tolerance == 1e-5
    assert math.isnan(worst([(1.0, 2.0), (math.nan, 1.0), (1.0, 1.0)]))


@pytest.mark.parametrize("pairs", [[], [(np.zeros(2), np.zeros((2, 1)))], [(np.zeros(3), 0.0)]])
def test_what_compares_nothing_is_no_equality(pairs):
    with pytest.raises(ValueError):
        worst(pairs)


def test_parameters_are_counted_without_memory_for_them():
    assert parameters(lambda: torch.nn.Linear(1_000_000, 1_000_000)) == 10**12 + 10**6
