"""The nets against transformers' GPT-2 and GPT-Neo."""

from importlib.util import find_spec

import pytest

from common.evidence.deviations import find_deviation, injected
from common.paper import room
from papers.gpt3.evidence import twins
from papers.gpt3.version2 import model

pytestmark = pytest.mark.skipif(
    find_spec("transformers") is None, reason="transformers is not installed"
)


@pytest.mark.parametrize("layers", [1, 2, 5])
def test_with_a_band_as_wide_as_the_window_it_is_gpt2(layers):
    assert twins.worst_of_gpt2(layers) <= 1e-5


@pytest.mark.parametrize("layers", [2, 6])
def test_banded_and_dense_in_turn_it_is_gpt_neo(layers):
    assert twins.worst_of_neo(layers) <= 1e-5


def test_version1_hides_what_gpt_neo_hides_with_one_place_less():
    assert twins.worst_of_masks() == 0


@pytest.mark.parametrize("slip", ["all_dense", "dense_first", "wide_band", "unscaled_scores"])
def test_the_comparison_notices(slip):
    with injected(model, find_deviation(room("gpt3"), slip)):
        assert twins.worst_of_neo() > 1e-4


def test_the_comparison_notices_a_wrong_gradient(monkeypatch):
    real = model.banded
    monkeypatch.setattr(model, "banded", lambda q, k, v, *rest: real(q, k, v.detach(), *rest))
    assert twins.worst_of_neo() > 1e-4
