"""Version 1: gradients by finite differences, and how its examples are made."""

import numpy as np
import pytest

from papers.word2vec.version1 import model

TOKENS = np.array([0, 1, 2, 3, 4, 0, 2, 4])


@pytest.mark.parametrize("architecture", ["cbow", "skipgram"])
def test_the_gradient_is_that_of_the_loss(architecture):
    table = np.random.default_rng(0).normal(size=(5, 3))
    words, contexts = TOKENS[2:5], model.around(TOKENS, np.arange(2, 5), 2)
    examples = model.ARCHITECTURES[architecture](words, contexts)
    _, found = model.gradient(table, *examples)
    for place in np.ndindex(*table.shape):
        sides = []
        for sign in (1, -1):
            moved = table.copy()
            moved[place] += sign * 1e-6
            sides.append(model.gradient(moved, *examples)[0])
        assert found[place] == pytest.approx((sides[0] - sides[1]) / 2e-6, abs=1e-6)


def test_who_guesses_whom():
    contexts = model.around(TOKENS, np.array([2, 7]), 1)
    assert contexts.tolist() == [[1, 3], [2, 0]]  # behind the last word stands the first
    words = TOKENS[[2, 7]]
    assert [x.tolist() for x in model.cbow(words, contexts)] == [[[1, 3], [2, 0]], [2, 4]]
    inputs, targets = model.skipgram(words, contexts)
    assert inputs.ravel().tolist() == [2, 2, 4, 4] and targets.tolist() == [1, 3, 2, 0]


def test_it_learns():
    config = model.Config(size=4, window=1, rate=2.0, batch=8, steps=200)
    own = model.Learner(config, TOKENS, 5, 0)
    losses = [own.step(i) for i in range(200)]
    assert losses[-1] < losses[0] - 0.1


def test_a_wrong_config_is_refused():
    with pytest.raises(ValueError, match="skipgram or cbow"):
        model.Config("glove")
    with pytest.raises(ValueError, match="must be positive"):
        model.Config(window=0)
