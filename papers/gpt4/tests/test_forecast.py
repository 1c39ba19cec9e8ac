"""The forecaster: laws, intervals, and what must not count."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.evidence.claims import Claim
from common.evidence.deviations import find_deviation, injected
from common.evidence.outcomes import Predicted
from common.paper import room
from papers.gpt4.evidence import measures, twins
from papers.gpt4.version1 import model as model1
from papers.gpt4.version2 import model as model2

COMPUTE = np.geomspace(1e9, 1e11, 6)


def noisy(law, seed=0, noise=0.01, seeds=8):
    rng = np.random.default_rng(seed)
    return law.at(COMPUTE)[:, None] * (1 + noise * rng.standard_normal((len(COMPUTE), seeds)))


@settings(max_examples=25, deadline=None, derandomize=True)
@given(share=st.floats(0.05, 0.95), b=st.floats(-1.5, -0.05), c=st.floats(0, 5))
def test_a_law_is_found_again(share, b, c):
    """Of any exponent and floor, from losses without noise."""
    law = model2.Law(share * COMPUTE[0] ** -b, b, c)
    far = model2.fit(COMPUTE, law.at(COMPUTE)).at(1e12)
    assert far[0] == pytest.approx(law.at(1e12), rel=1e-3)


def test_rows_are_fits_of_their_own():
    laws = [model2.Law(300.0, -0.3, 1.5), model2.Law(2e4, -0.5, 0.7)]
    together = model2.fit(COMPUTE, [law.at(COMPUTE) for law in laws])
    assert together.b == pytest.approx([-0.3, -0.5], abs=1e-6)
    assert together.c == pytest.approx([1.5, 0.7], abs=1e-5)


def test_without_a_floor_the_law_is_a_line_and_a_floor_is_never_below_nothing():
    law = model2.Law(30.0, -0.1, 0.0)
    assert model2.fit(COMPUTE, law.at(COMPUTE), floor=False).c[0] == 0
    bent = law.at(COMPUTE) * np.exp(-0.01 * np.log(COMPUTE / 1e10) ** 2)  # falls ever faster
    assert model2.fit(COMPUTE, bent).c[0] == 0


def test_version1_draws_a_line_through_logarithms():
    losses = (30 * COMPUTE**-0.1)[:, None]
    assert model1.foretell(COMPUTE, losses, 1e12) == pytest.approx(30 * 1e12**-0.1)
    law = model2.Law(300.0, -0.3, 1.5)
    line, curve = (m.foretell(COMPUTE, noisy(law), 1e13) for m in (model1, model2))
    assert line < 0.95 * law.at(1e13) and curve.value == pytest.approx(law.at(1e13), rel=0.05)


def test_runs_of_as_much_compute_or_more_do_not_count():
    law = model2.Law(300.0, -0.3, 1.5)
    losses, at = noisy(law), COMPUTE[4]
    told = model2.foretell(COMPUTE, losses, at)
    losses[4:] *= 3
    assert model2.foretell(COMPUTE, losses, at) == told
    assert model1.foretell(COMPUTE, losses, at) > 1.2 * told.value


def test_too_few_runs_foretell_nothing():
    with pytest.raises(ValueError, match="2 sizes have less compute"):
        model2.foretell(COMPUTE, noisy(model2.Law(300.0, -0.3, 1.5)), COMPUTE[2])


def test_an_interval_holds_the_value_is_repeatable_and_widens_with_noise_and_distance():
    law, widths = model2.Law(300.0, -0.3, 1.5), []
    for noise, at in ((0.002, 3e11), (0.01, 3e11), (0.01, 3e13)):
        told = model2.foretell(COMPUTE, noisy(law, noise=noise), at)
        assert told == model2.foretell(COMPUTE, noisy(law, noise=noise), at)
        assert told.low <= told.value <= told.high
        widths.append(told.high - told.low)
    assert widths == sorted(widths)


def test_intervals_cover_what_they_say():
    found = measures.intervals_cover(times=60)
    assert 0.75 <= found.value <= 0.99


def test_scipy_agrees_and_the_comparison_notices():
    assert measures.fit_is_scipys().worst < 1e-6
    with injected(model2, find_deviation(room("gpt4"), "no_floor")):
        assert measures.fit_is_scipys().worst > 1e-2


def test_compute_counts_the_head_and_the_comparison_notices():
    assert twins.counted() == pytest.approx(1, abs=0.05)
    with injected(model2, find_deviation(room("gpt4"), "embeddings_left_out")):
        assert twins.counted() < 0.95


@pytest.mark.parametrize(("value", "verdict"), [(1.0, "inside"), (1.2, "outside")])
def test_a_prediction_can_fail(value, verdict):
    """The room's own claims about the held-out size, judged on a made record."""
    from common.evidence.claims import View
    from common.evidence.judging import judge
    from tests.factory import make_record

    told = Predicted(1.0, 0.9, 1.1, "2025-12-31T12:00+00:00", "version2-held_out")
    claim = Claim("c", "Sec. 3.1", "s", "prediction", predicted=told)
    record = make_record("gpt4", "version2-held_out", value)
    metric = room("gpt4").paper.metric.name
    rows, _ = judge([claim], View(metric, {record.variant: record}))
    assert rows[0]["verdict"] == verdict
