"""The training of every version: rates are the stated ones from the first step to the last,
clipping acts on all gradients and at its value, and the weights that sit the exam are the last, or
the mean of exactly the last checkpoints.
"""

import numpy as np
import pytest

from tests.exams import VERSIONS, by_norm, copied, parameters, parts_of, run_of, side
from tests.exams import train as trained

RATES = ("rate", "alpha", "stepsize")  # parts of a field's name that speak of a rate


def having(*words):
    """Versions with a parameter whose name has one of the words in it."""
    found = [pair for pair in VERSIONS if any(w in f for f in parameters(*pair) for w in words)]
    return pytest.mark.parametrize(("name", "version"), found)


@pytest.fixture
def train(name, version, tmp_path, monkeypatch):
    """Train with other parameters; the config, and the steps of the optimizer."""

    def train(**changes):
        own = side(name)
        with monkeypatch.context() as patch:
            steps = own.watch(version, patch)
            data = own.place(parts_of(name), tmp_path, patch)
            run = run_of(name, version, data, **{**own.CHANGES[version], **changes})
            trained(name, version, run)
        return run.config, steps

    return train


@having(*RATES)
def test_every_step_takes_the_stated_rate(name, version, train):
    config, steps = train()
    stated = list(side(name).rates(version, config))
    assert len(steps) == len(stated) == config.steps
    for step, rates in zip(steps, stated, strict=True):
        assert step.rates == pytest.approx(sorted(set(rates)), rel=1e-6)


@having(*RATES)
def test_every_weight_learns_and_the_last_or_their_mean_sit_the_exam(name, version, train):
    config, steps = train(**({"averaged": 3, "apart": 2} if averages(name, version) else {}))
    last = [step.weights for step in steps]
    kept = last[-5::2] if averages(name, version) else last[-1:]
    assert len(kept) == (3 if averages(name, version) else 1) and len(steps) > 5
    still = []
    for i, weight in enumerate(steps[-1].live):
        found = copied(weight)
        np.testing.assert_allclose(found, np.mean([w[i] for w in kept], axis=0), atol=1e-6)
        if np.array_equal(last[0][i], last[-1][i]):
            still.append(i)
    stated = getattr(side(name), "STILL", {}).get(version, 0)
    assert len(still) == stated, f"weights {still} stay as they are"


def averages(name, version):
    return "averaged" in parameters(name, version)


@having("clip")
def test_clipping_acts_on_all_gradients_and_at_its_value(name, version, train):
    clip = side(name).CLIPS[version]
    free = train(steps=1, clip=1e9)[1][0].gradients
    if clip is by_norm:
        size = sum((g * g).sum() for g in free) ** 0.5
    else:
        size = max(np.abs(g).max() for g in free)
    for share in (0.9, 0.1):
        limit = float(share * size)
        found = train(steps=1, clip=limit)[1][0].gradients
        wanted = clip(free, limit)
        assert len(found) == len(wanted) > 1
        for ours, theirs in zip(found, wanted, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-7 * limit)


def test_what_is_stated_of_a_version_is_tested():
    """No version with clipping, and none with rates, is without a word about it."""
    for name, version in VERSIONS:
        has = any("clip" in field for field in parameters(name, version))
        assert has == (version in getattr(side(name), "CLIPS", {})), (name, version)
