"""The rate over a run: up, down, and at zero where the run ends."""

import pytest

from papers.gpt4.version1 import model as model1
from papers.gpt4.version2 import model


@pytest.mark.parametrize("steps", [60, 300])
def test_the_schedule_ends_with_the_run(steps):
    config = model.Config(warmup=20, steps=steps, learning_rate=0.01)
    rates = [model.learning_rate(i, config) for i in range(steps + 1)]
    assert rates[:20] == sorted(rates[:20]) and rates[20] == pytest.approx(0.01)
    assert rates[20:] == sorted(rates[20:], reverse=True)
    halfway = 20 + (steps - 20) // 2
    assert rates[halfway] == pytest.approx(0.005) and rates[steps] == pytest.approx(0, abs=1e-12)


def test_a_rate_that_does_not_end_stays():
    config = model.Config(warmup=20, steps=300, learning_rate=0.01, ends=False)
    assert {model.learning_rate(i, config) for i in range(19, 300)} == {0.01}
    first = model1.Config(warmup=20, steps=300, learning_rate=0.01)
    assert {model1.learning_rate(i, first) for i in range(19, 300)} == {0.01}
