"""The forecaster: laws, intervals, and what must not count."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from common.commands.checking.predictions import stated
from common.config import plan
from common.errors import UserError
from common.evidence.claims import Claim, View
from common.evidence.deviations import find_deviation, injected
from common.evidence.judging import judge_claims
from common.paper import room
from common.records.record import read_records
from papers.gpt4 import ask, task
from papers.gpt4.evidence import forecast, measures, twins
from papers.gpt4.evidence.predicted import SEALS
from papers.gpt4.version1 import model as model1
from papers.gpt4.version2 import model as model2
from tests.factory import make_record

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


# -- written down before -------------------------------------------------------------------------


def recorded():
    """Made records of the ladder, by variant, whose losses follow a law."""
    found, law = {}, model2.Law(300.0, -0.3, 1.5)
    for size, spent in zip(ask.LADDER, COMPUTE):
        name, one = ask.variant(size), make_record("gpt4", mean=float(law.at(spent)), sd=0.01)
        seeds = [
            run.model_copy(update={"metrics": run.metrics | {"compute": spent, "log_pass": 1.0}})
            for run in one.seeds
        ]
        found[name] = one.model_copy(update={"variant": name, "seeds": seeds}).sealed()
    return found


def test_what_is_written_is_what_the_checks_read():
    records, at = recorded(), 3e11
    text = forecast.text(records.__getitem__, at, "2026-01-01T00:00+00:00")
    loss, passed = stated(text)
    told = model2.foretell(*ask.runs(records.__getitem__, "bits_per_character"), at)
    assert (loss.metric, passed.metric) == ("bits_per_character", "log_pass")
    assert (loss.value, loss.low, loss.high) == pytest.approx(told[:3], rel=1e-4)
    assert loss.variant == passed.variant == "version2-held_out"
    assert all(f'"{name}": "{record.seal}"' in text for name, record in records.items())


@pytest.mark.parametrize(("share", "verdict"), [(1.0, "inside"), (1.2, "outside")])
def test_a_prediction_can_fail(share, verdict):
    records, at = recorded(), 3e11
    told, _ = stated(forecast.text(records.__getitem__, at, "2026-01-01T00:00+00:00"))
    claim = Claim("c", "Sec. 3.1", "s", "prediction", predicted=told)
    outcome = make_record("gpt4", "version2-held_out", mean=share * told.value, sd=0.001)
    view = View("bits_per_character", {outcome.variant: outcome})
    assert judge_claims([claim], view)[0][0]["verdict"] == verdict


def test_the_seals_are_those_of_the_committed_ladder():
    """A reseal keeps the first one beside. A copy of the room has no records."""
    kept = {seal for record in read_records(room("gpt4").folder) for seal in record.seals}
    assert not kept or set(SEALS.values()) <= kept
    assert set(SEALS) in (set(), {ask.variant(size) for size in ask.LADDER})


def test_what_was_run_cannot_be_foretold(monkeypatch):
    monkeypatch.setattr(ask, "committed", lambda: lambda name: make_record("gpt4", name))
    with pytest.raises(UserError, match="version2-held_out was run already"):
        forecast.main()


def test_the_compute_of_the_held_out_size_is_three_times_that_of_the_largest_fitted():
    """Of a net that is not built; and four sizes have a thirtieth at most."""
    at, home = forecast.compute(), room("gpt4")
    shares = [at / of_size(home, size) for size in ask.LADDER]
    assert shares == sorted(shares, reverse=True) and 2.9 < shares[-1] < 3.2
    assert sum(share >= 30 / 1.05 for share in shares) == 4
    assert sum(share >= 10 / 1.05 for share in shares) == 5


def of_size(home, size):
    config = plan(home, home.newest, size=size or None).config
    with torch.device("meta"):
        net = model2.GPT2(config, 65 + len(task.LETTERS + task.ANSWERS) - 1)  # "3" is in the text
    return model2.compute(net, config.batch * config.context * config.steps)
