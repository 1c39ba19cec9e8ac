"""Version 2: counting, blocks, and what learning does to a table of counts."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from papers.glove.evidence.injections import Masters, learner, table
from papers.glove.version2 import model


@settings(deadline=None, max_examples=30)
@given(st.lists(st.lists(st.integers(0, 5), max_size=9), min_size=1, max_size=5), st.integers(1, 6))
def test_counts_are_those_of_plain_loops(lines, window):
    tokens = np.array([word for line in lines for word in line], dtype=np.int64)
    found = model.count(tokens, np.cumsum([0, *map(len, lines)]), 6, window)
    expected = np.zeros((6, 6))
    for line in lines:
        for i, one in enumerate(line):
            for j, other in enumerate(line):
                if 0 < abs(i - j) <= window:
                    expected[one, other] += 1 / abs(i - j)
    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize("groups", [1, 2, 4, 7])
def test_blocks_have_each_pair_once(groups):
    x, seen = table(), np.zeros((6, 6))
    config = model.Config(groups=groups, x_max=4.0)
    total = 0
    for rows, columns, logs, weights, pairs in model.blocks(x, config):
        seen[rows, columns] += 1
        occurs = x[rows, columns] > 0
        assert (weights.numpy()[~occurs] == 0).all() and (logs.numpy()[~occurs] == 0).all()
        expected = np.log(x[rows, columns][occurs])
        np.testing.assert_allclose(logs.numpy()[occurs], expected, rtol=1e-6)
        total += pairs if occurs.any() else 0
    assert (seen == 1).all() and total == (x > 0).sum()


def test_each_group_has_frequent_and_rare_words():
    first, *_ = model.blocks(np.ones((10, 10)), model.Config(groups=2))
    assert list(range(10))[first[0]] == [0, 2, 4, 6, 8]


def test_each_pass_visits_every_block_in_an_order_of_its_own():
    passes = [[model.visited(p * 9 + i, 9, seed=1) for i in range(9)] for p in range(3)]
    assert all(sorted(order) == list(range(9)) for order in passes)
    assert len(set(map(tuple, passes))) == 3
    assert passes[0] != [model.visited(i, 9, seed=2) for i in range(9)]


def test_a_table_is_learned():
    """Six words, vectors of three numbers: what is left is what does not fit into so few."""
    own = learner(model, learning_rate=0.2, x_max=1.0)
    costs = [float(own.step(i)) for i in range(400)]
    assert costs[-1] < 0.02 * costs[0]
    scores = own.net(slice(None), slice(None)).detach().numpy()
    occurs = table() > 0
    assert np.corrcoef(scores[occurs], np.log(table()[occurs]))[0, 1] > 0.95


def test_pairs_that_do_not_occur_teach_nothing():
    x = np.zeros((6, 6))
    x[0, 1] = x[1, 0] = 3.0
    config = model.Config(size=3, groups=2, learning_rate=0.1)
    net = model.GloVe(config, 6)
    before = [p.detach().clone() for p in net.parameters()]
    own = model.Learner(config, net, Masters(net), x, seed=0)
    for i in range(4):
        own.step(i)
    for old, new in zip(before, net.parameters()):
        assert not torch.equal(old[:2], new[:2]) and torch.equal(old[2:], new[2:])


def test_words_and_contexts_change_places():
    """Sec. 3: the model is the same if both tables, and both biases, are exchanged."""
    net = model.GloVe(model.Config(size=3), 6)
    other = model.GloVe(model.Config(size=3), 6)
    w, context, b, b_context = (p.detach() for p in net.parameters())
    for parameter, value in zip(other.parameters(), (context, w, b_context, b)):
        parameter.data.copy_(value)
    every = slice(None)
    torch.testing.assert_close(net(every, every), other(every, every).t())
    np.testing.assert_array_equal(model.vectors(net), model.vectors(other))
