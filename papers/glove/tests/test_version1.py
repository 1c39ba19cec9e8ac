"""Version 1 is the released code, slips and all."""

import numpy as np
import pytest

from papers.glove.version1 import model

LINES = [np.array([0, 1, 2, 0]), np.array([3])]


def test_a_pair_counts_one_however_far_apart():
    x = model.count(LINES, window=2)
    assert x[0, 1] == x[1, 0] == 2  # at distance 1, and from the end at distance 2
    assert x[0, 2] == 2 and x[1, 2] == 1 and (0, 0) not in x
    assert model.count(LINES, window=3)[0, 0] == 2  # both ways round


def test_on_a_diagonal_no_word_stands_twice():
    rng = np.random.default_rng(0)
    x = {(int(i), int(j)): 1.0 for i, j in rng.integers(0, 9, size=(40, 2))}
    found = model.diagonals(x, 9)
    assert len(found) == 9
    assert sorted((i, j) for one in found for i, j in zip(*one[:2])) == sorted(x)
    for k, (i, j, _) in enumerate(found):
        assert ((j - i) % 9 == k).all()
        assert len(set(i)) == len(i) and len(set(j)) == len(j)


def rise(rate, name):
    """How far a weight has gone after 2,000 gradients of 10."""
    weights, squares = {name: np.zeros(1)}, {name: np.ones(1)}
    for _ in range(2_000):
        model.descend(weights, squares, {name: slice(None)}, {name: np.full(1, 10.0)}, rate)
    return -weights[name][0]


def test_the_rate_cancels():
    """stanfordnlp/GloVe#134."""
    assert rise(0.5, "w") == pytest.approx(rise(0.05, "w"), rel=0.1)
    assert rise(0.05, "w") == pytest.approx(2 * 2_000**0.5, rel=0.1)  # as with a rate of 1


def test_biases_take_no_rate_at_all():
    """stanfordnlp/GloVe, pull request 209."""
    assert rise(0.5, "b") == rise(0.005, "b")


def test_a_first_step_is_as_long_as_its_gradient():
    weights, squares = {"b": np.zeros(1)}, {"b": np.ones(1)}
    model.descend(weights, squares, {"b": slice(None)}, {"b": np.full(1, 1e6)}, 0.05)
    assert weights["b"][0] == -1e6


def test_an_empty_diagonal_teaches_nothing():
    x = {(0, 1): 5.0, (1, 0): 5.0}
    glove = model.GloVe(model.Config(size=2), x, 3, np.random.default_rng(0))
    before = {name: value.copy() for name, value in glove.weights.items()}
    assert glove.step(0) == 0
    assert all((before[name] == value).all() for name, value in glove.weights.items())
    assert glove.step(1) > 0
