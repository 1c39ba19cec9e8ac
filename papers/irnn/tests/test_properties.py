# Decide here: what must be true of this paper's models alone?
"""What the papers prove of a step, on sequences that nobody chose by hand."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from papers.irnn.evidence import experiments, measures, twins

gradients = st.lists(st.floats(-1e3, 1e3).filter(lambda g: abs(g) > 1e-3), min_size=1, max_size=60)


@settings(max_examples=60, deadline=None)
@given(gradients)
def test_no_step_passes_the_true_bound(found):
    """By the Cauchy-Schwarz inequality; the corrections cannot add to it."""
    assert max(map(abs, measures.steps(twins.adam, found))) <= measures.supremum()


@settings(max_examples=60, deadline=None)
@given(gradients)
def test_no_step_of_adamax_passes_its_true_bound(found):
    assert max(map(abs, measures.steps(twins.adamax, found))) <= 0.1 / (1 - 0.9 / 0.999) + 1e-9


@settings(max_examples=40, deadline=None)
@given(gradients, st.floats(1e-3, 1e3))
def test_scale_does_not_matter_without_epsilon(found, factor):
    plain = measures.steps(twins.adam, found, epsilon=0.0)
    scaled = measures.steps(twins.adam, [factor * g for g in found], epsilon=0.0)
    assert scaled == pytest.approx(plain, rel=1e-9, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(gradients)
def test_steps_turn_with_the_gradients(found):
    plain = measures.steps(twins.adam, found)
    assert measures.steps(twins.adam, [-g for g in found]) == [-step for step in plain]


def test_exact_claims_hold_where_they_should():
    holding = [
        measures.spike,
        measures.scale_invariance,
        measures.efficient_order,
        measures.uncorrected_first_step,
        measures.adam_does_not_converge,
        measures.amsgrad_converges,
        measures.l2_is_decay_for_sgd,
    ]
    assert [check.__name__ for check in holding if not check().holds] == []


def test_findings_are_what_the_readme_says():
    assert measures.largest_step().value == pytest.approx(7.2703, abs=1e-4)
    assert measures.adamax_bound().value == pytest.approx(1.0091, abs=1e-4)
    assert measures.small_beta2_is_the_risk().value is False
    assert not measures.scale_invariance_with_epsilon().holds


@pytest.mark.parametrize("c", [2.5, 5.0])
@pytest.mark.parametrize("start", [-1.0, 0.3, 1.0])
def test_adam_goes_to_the_wrong_end_from_anywhere(c, start):
    slopes = experiments.theorem1(c, 3_000)
    wanted = experiments.theorem1_settings(c)
    assert experiments.follow(twins.adam, slopes, start, 1.0, **wanted)[0] > 0.95
    assert experiments.follow(twins.amsgrad, slopes, start, 1.0, **wanted)[0] < -0.9


def test_the_same_losses_are_no_counterexample_with_default_betas():
    """Thm. 2 gives each pair of betas its own losses: one must not generalise."""
    slopes = experiments.theorem1(3.0, 30_000)
    assert experiments.follow(twins.adam, slopes, 1.0, 1.0)[0] < -0.9
