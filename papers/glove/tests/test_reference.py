"""Both versions against code that we did not write; the comparisons notice what is wrong."""

import pytest

from common.evidence.measuring import worst
from papers.glove.evidence import injections, measures, twins
from papers.glove.version1 import model as model1
from papers.glove.version2 import model as model2


def test_gradients_are_those_of_autograd(monkeypatch):
    assert worst(twins.by_autograd()) < 1e-5
    for name, value in injections.unweighted(model2).items():
        monkeypatch.setattr(model2, name, value)
    assert worst(twins.by_autograd()) > 1e-2


def test_steps_are_those_of_torch(monkeypatch):
    assert worst(twins.by_adagrad()) < 1e-5
    monkeypatch.setattr(model2.AdaGrad, "squared", lambda self, rate, gradient: abs(gradient))
    assert worst(twins.by_adagrad()) > 1e-2


def test_clipping_acts_in_that_comparison(monkeypatch):
    monkeypatch.setattr(model2, "clip", lambda gradients, limit: gradients)
    assert worst(twins.by_adagrad()) > 1e-3


def test_a_diagonal_is_what_the_released_code_does_pair_by_pair(monkeypatch):
    assert worst(twins.by_glove_c()) < 1e-12
    plain = model1.weight
    monkeypatch.setattr(model1, "weight", lambda x, x_max, alpha: plain(x, x_max, 1.0))
    assert worst(twins.by_glove_c()) > 1e-3


def test_all_counting_is_one():
    assert measures.counting().worst < 1e-12


def test_ratios_are_large_small_and_near_one():
    """Table 1."""
    solid, gas, water, fashion = measures.ice_and_steam()
    assert solid > 4 and gas < 1 / 4
    assert water == pytest.approx(1, rel=0.25) and fashion == pytest.approx(1, rel=0.35)
