"""The networks against implementations that we did not write, and against each other."""

import numpy as np
import pytest
import torch

from common.evidence.measuring import worst
from papers.irnn.evidence import measures, twins
from papers.irnn.version1 import model as model1


def test_states_and_gradients_are_those_of_torch():
    assert twins.worst() <= 1e-5


@pytest.mark.parametrize("name", ["w_xh", "w_hh", "b_h"])
def test_the_comparison_notices_a_wrong_weight(name, monkeypatch):
    ours, theirs = twins.pair()
    with torch.no_grad():
        getattr(ours, name)[0] += 1e-3
    monkeypatch.setattr(twins, "pair", lambda: (ours, theirs))
    assert twins.worst() > 1e-4


def test_gradients_by_hand_agree_with_finite_differences():
    assert measures.worst_gradient_error(np.random.default_rng(3)) < 1e-6


def test_the_gradient_check_notices_a_missing_term(monkeypatch):
    """Without the rectifier's own gradient the check must fail."""
    real = model1.backward

    def linear(weights, x, states, dy):
        return real(weights, x, np.ones_like(states), dy)

    monkeypatch.setattr(model1, "backward", linear)
    assert measures.worst_gradient_error(np.random.default_rng(3)) > 1e-3


def test_versions_agree():
    assert worst(twins.versions()) <= 1e-12


def test_rmsprop_is_torchs():
    assert worst(twins.rmsprop()) <= 1e-12


@pytest.mark.parametrize("measure", [measures.state_is_kept, measures.error_is_kept])
def test_the_identity_keeps_state_and_error_exactly(measure):
    assert measure().value == 0


def test_a_scaled_identity_forgets():
    assert measures.scaled_error().value == 0
    assert torch.equal(measures.jacobian(0.5, 3), torch.eye(measures.HIDDEN) / 8)


def test_what_is_kept_is_not_kept_by_another_recurrence(monkeypatch):
    def other(config, classes, rng):
        return {**real(config, classes, rng), "w_hh": np.eye(config.hidden) * 0.999}

    real = model1.initialise
    assert measures.by_hand() == 0
    monkeypatch.setattr(model1, "initialise", other)
    assert measures.by_hand() > 0.1
