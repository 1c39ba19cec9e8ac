"""Calibration, pass rates, contamination and the penalty: by hand, and against what others have."""

import math

import numpy as np
import pytest
import torch

from common.evidence.deviations import find_deviation, injected
from common.paper import room
from papers.gpt4.evidence import measures
from papers.gpt4.version1 import model as model1
from papers.gpt4.version2 import model as model2

LONG = "a b " * 40
BOTH = pytest.mark.parametrize("model", [model1, model2], ids=["version1", "version2"])


def put_back(name):
    return injected(model2, find_deviation(room("gpt4"), name))


def test_calibration_by_hand_and_what_the_middle_of_a_bin_makes_of_it():
    assert measures.by_hand().holds and measures.calibrated_is_zero().holds
    p, ones = np.array([[1.0, 0.0]]), np.ones(1)
    assert model2.calibration_error(p, p, ones) == 0
    p = np.array([[0.92, 0.08]])
    truth = np.array([[0.92, 0.08]])
    assert model2.calibration_error(p, truth, ones) == 0
    assert model1.calibration_error(p, truth, ones) == pytest.approx(0.03)


def test_questions_count_as_often_as_they_are_asked():
    p, truth = np.array([[0.6, 0.4], [0.9, 0.1]]), np.eye(2)
    error = model2.calibration_error(p, truth, np.array([3.0, 1.0]))
    assert error == pytest.approx((3 * 0.4 + 0.9) / 4)


def test_sklearn_agrees_and_the_comparison_notices():
    assert measures.calibration_is_sklearns().worst < 1e-12
    with put_back("bin_centres"):
        assert measures.calibration_is_sklearns().worst > 1e-3


def test_torch_agrees_on_the_penalty_and_the_comparison_notices():
    assert measures.penalty_is_torchs().worst < 1e-6
    with put_back("no_penalty"):
        assert measures.penalty_is_torchs().worst > 1e-3


def test_reward_alone_leads_to_certainty_and_the_penalty_stops_it():
    """Two of three give the first answer: the best policy is sure, or has p0 exp(r / beta)."""
    before, reward = torch.zeros(1, 2).log_softmax(-1), torch.tensor([[2 / 3, 1 / 3]])
    for penalty, expected in ((0.0, 1.0), (0.5, 1 / (1 + math.exp(-2 / 3)))):
        scores = torch.zeros(1, 2, requires_grad=True)
        optimizer = torch.optim.Adam([scores], 0.1)
        for _ in range(400):
            optimizer.zero_grad()
            model2.objective(scores.log_softmax(-1), before, reward, penalty).backward()
            optimizer.step()
        assert scores.softmax(-1)[0, 0].item() == pytest.approx(expected, abs=0.02)


def test_the_logarithm_of_the_mean_forgives_hard_questions():
    p = np.array([0.9, 0.01])
    assert model2.log_pass(p) == pytest.approx(-(math.log(0.9) + math.log(0.01)) / 2)
    assert model1.log_pass(p) == pytest.approx(-math.log(0.455))


@BOTH
def test_what_was_read_is_found_and_what_was_not_is_not(model):
    training = "It was the best of times, it was the worst of times, it was the age of wisdom."
    read = "was the best of times it was the worst of times it was the"
    found, missing = model.contaminated([read, "a far, far better thing"], training)
    assert found is not None and missing is None


def test_spaces_signs_and_short_examples():
    found = list(model2.contaminated(["well-known", "unknown", "?!", ""], "It is well known."))
    assert found == ["wellknown", None, None, None]
    ((piece,),) = [list(model2.contaminated([LONG], LONG))]
    assert len(piece) == model2.PIECE


def test_the_reports_check_may_miss_what_thirteen_words_find():
    """Three places of a long example are looked at: a piece that was read may lie elsewhere."""
    read = " ".join(f"word{n}" for n in range(13))
    example = " ".join(f"new{n}" for n in range(2_000)) + " " + read
    assert list(model2.contaminated([example], read)) == [None]
    assert list(model1.contaminated([example], read)) == [read]
