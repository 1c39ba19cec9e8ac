"""Mistakes to put into version 2's model, each with what must hold without it.

`deviations.py` says of each where it comes from. A mistake is a function from the model
to replacements of its names; an invariant fails with the mistake in.
"""

from __future__ import annotations

import numpy as np

# <s> is 0, </s> 1, <unk> 2: three sentences over the words 3 to 7
TOY = np.array([0, 3, 4, 5, 1, 0, 3, 4, 6, 1, 0, 5, 4, 3, 4, 5, 1])
SYMBOLS = 8
CONTEXTS = ([0], [0, 3], [0, 3, 4], [0, 5, 4], [0, 7], [0, 2, 4])


def toy(model, order=3, **config):
    return model.Model(TOY, SYMBOLS, model.Config(order=order, **config))


# -- the discount is subtracted in the denominator, too -------------------------------------------


def delta_in_denominator(model):
    def spread(counts, parents, above, discount):
        less = model.taken(counts, discount)
        total = np.bincount(parents, counts, above)
        left = np.bincount(parents, less, above)
        safe, short = np.maximum(total, 1), np.maximum(total - left, 0.01)
        return (counts - less) / short[parents], np.where(total > 0, left / safe, 1.0)

    return {"spread": spread}


def distributions_sum_to_one(model):
    for smoothing in ("modified", "kneser-ney", "witten-bell", "add-one"):
        net = toy(model, smoothing=smoothing)
        sums = [net.distribution(np.array(context)).sum() for context in CONTEXTS]
        assert np.allclose(sums, 1), (smoothing, sums)


# -- unigrams are all alike -----------------------------------------------------------------------


def uniform_unigrams(model):
    real = model.spread

    def spread(counts, parents, above, discount):
        if above > 1:
            return real(counts, parents, above, discount)
        return np.zeros(len(counts)), np.ones(above)

    return {"spread": spread}


def frequent_words_are_likelier(model):
    p = toy(model).distribution(np.array([7]))  # after a word never seen
    assert p[4] > p[6] > p[7]


# -- <s> is counted like a word -------------------------------------------------------------------


def start_is_a_word(model):
    real = model.continuations

    def continuations(levels):
        adjusted = real(levels)
        starts = int(levels[1].counts[levels[1].first].sum()) if len(levels) > 1 else 0
        adjusted[0] = np.where(np.arange(len(adjusted[0])) == model.START, starts, adjusted[0])
        return adjusted

    def lowest(symbols, sentences):
        return np.full(symbols, 1 / symbols)

    return {"continuations": continuations, "lowest": lowest}


def nothing_predicts_start(model):
    net = toy(model)
    assert all(net.distribution(np.array(context))[model.START] == 0 for context in CONTEXTS)


# -- one discount, fixed --------------------------------------------------------------------------


def fixed_discount(model):
    return {"discounts": lambda counts, smoothing="modified": np.full(3, 0.75)}


def discounts_come_from_counts(model):
    """n1 = 8, n2 = 4, n3 = 2, n4 = 1: Y = 1/2, and Eq. 26 gives 1/2, 5/4, 2."""
    counts = np.repeat([0, 1, 2, 3, 4, 9], [3, 8, 4, 2, 1, 2])
    assert np.allclose(model.discounts(counts), [0.5, 1.25, 2.0])


# -- shorter n-grams count occurrences ------------------------------------------------------------


def raw_lower_orders(model):
    return {"continuations": lambda levels: [level.counts for level in levels]}


def francisco_is_no_general_word(model):
    """Francisco (4) is frequent, after San (3) alone; glasses (5) are rarer, after many words."""
    text = [0, *[3, 4] * 6, 1, 0, 6, 5, 7, 5, 8, 5, 1]
    net = model.Model(np.array(text), 10, model.Config(order=2))
    p = net.distribution(np.array([9]))
    assert p[5] > p[4]


# -- backing off instead of interpolating ---------------------------------------------------------


def back_off(model):
    """Only what was never seen after a context gets what the context leaves, shared by `below`."""

    def mix(own, left, below, parents):
        seen = np.bincount(parents, np.where(own > 0, below, 0.0), len(left))
        left = left / np.maximum(1 - seen, 1e-9)
        return np.where(own > 0, own, left[parents] * below), left

    return {"mix": mix}


def seen_words_get_of_the_shorter_too(model):
    """P(5 | 3 4) is its own part and the context's share of P(5 | 4)."""
    net = toy(model)
    node, one = net.find(np.array([3, 4])), net.distribution(np.array([7, 4]))[5]
    k = net.find(np.array([3, 4, 5]))
    discount = net.discounts[2][1]  # it occurs twice, of three times that 3 4 does
    assert np.isclose(net.p[2][k], (2 - discount) / 3 + net.left[2][node] * one)


# -- without a rung: nothing of the training text shows them --------------------------------------


def unchecked_discounts(model):
    def discounts(counts, smoothing="modified"):
        n = [max(1e-9, float(np.count_nonzero(counts == j))) for j in range(1, 5)]
        y = n[0] / (n[0] + 2 * n[1])
        return np.array([j - (j + 1) * y * n[j] / n[j - 1] for j in (1, 2, 3)])

    return {"discounts": discounts}


def discounts_stay_in_range(model):
    """Few single counts and many pairs, as where rare words were replaced."""
    for numbers in ((2, 9, 1, 1), (1, 1, 9, 1), (0, 5, 5, 5), (3, 0, 0, 0)):
        found = model.discounts(np.repeat([1, 2, 3, 4], numbers))
        assert (found >= 0).all() and (found <= [1, 2, 3]).all(), (numbers, found)


def unseen_contexts_divide(model):
    def spread(counts, parents, above, discount):
        less = model.taken(counts, discount)
        total = np.bincount(parents, counts, above)
        with np.errstate(invalid="ignore", divide="ignore"):
            left = np.bincount(parents, less, above) / total
            return (counts - less) / total[parents], left

    return {"spread": spread}


def contexts_without_followers_are_left(model):
    """The last word of a text occurs nowhere else: a context that was seen, and never followed."""
    net = model.Model(TOY[TOY > 2], SYMBOLS, model.Config(order=3), sentences=False)
    ended = model.Model(np.array([3, 4, 3, 4, 6]), SYMBOLS, model.Config(), sentences=False)
    for each in (net, ended):
        assert np.isfinite(each.log2(np.array([3, 4, 6, 3]))).all()


def unknown_is_impossible(model):
    return {"lowest": lambda symbols, sentences: np.zeros(symbols)}


def unknown_words_have_a_probability(model):
    assert np.isfinite(toy(model).log2(np.array([0, 3, 2, 7, 1]))[1:]).all()
