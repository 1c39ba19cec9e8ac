"""Version 2: the formulas by plain loops, sums, discounts, texts without sentences, ARPA files."""

import numpy as np
import pytest

from common.exams.ngrams import DISCOUNT, ngram_bits
from papers.ngram.evidence import injections, measures, twins
from papers.ngram.version2 import model

TEXT = "abracadabra, abracadabra; alakazam and abracadabra again"


def contexts(order, symbols, seed=0):
    """Random contexts of all lengths, with and without <s> in front."""
    rng = np.random.default_rng(seed)
    for _ in range(60):
        context = rng.integers(1, symbols, rng.integers(1, order)).tolist()
        yield np.array([0, *context][: order - 1] if rng.random() < 0.5 else context)


@pytest.mark.parametrize("order", [2, 3, 4])
def test_probabilities_are_those_of_plain_loops(order):
    text, symbols = twins.toy_text(6, 150, order)
    net = model.Model(text, symbols, model.Config(order=order))
    plain = twins.by_loops(text, order, symbols, net.discounts)
    for context in contexts(order, symbols):
        words = tuple(context.tolist())
        expected = [plain(words, word) for word in range(1, symbols)]
        np.testing.assert_allclose(net.distribution(context)[1:], expected, atol=1e-12)


@pytest.mark.parametrize("smoothing", measures.SMOOTHINGS)
@pytest.mark.parametrize("order", [1, 2, 5])
def test_distributions_sum_to_one(smoothing, order):
    text, symbols = twins.toy_text(30, 500, 1)
    net = model.Model(text, symbols, model.Config(order=order, smoothing=smoothing))
    for context in contexts(max(order, 2), symbols):
        assert net.distribution(context).sum() == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("smoothing", measures.SMOOTHINGS)
def test_a_text_is_scored_as_its_distributions_say(smoothing):
    text, symbols = twins.toy_text(30, 500, 1)
    other, _ = twins.toy_text(30, 90, 2)
    net = model.Model(text, symbols, model.Config(order=4, smoothing=smoothing))
    found, start = net.log2(other), 0
    for i, word in enumerate(other):
        start = i if word == model.START else start
        if i > start:
            p = net.distribution(other[start:i])[word]
            assert found[i] == pytest.approx(np.log2(p), abs=1e-10)


def test_an_empty_text_gives_every_word_the_same_chance():
    net = model.Model(np.array([], dtype=int), 9, model.Config(order=3))
    np.testing.assert_allclose(net.distribution(np.array([0, 4]))[1:], 1 / 8)
    assert net.log2(np.array([0, 3, 4, 1]))[1:] == pytest.approx(-3)
    assert len(net) == 0


@pytest.mark.parametrize("order", [2, 5])
def test_characters_without_sentences_cost_what_the_shared_baseline_says(order):
    """common/exams/ngrams.py counts in dictionaries, with one discount at every order."""
    symbols = sorted(set(TEXT))
    text = np.array([symbols.index(c) for c in TEXT])
    fixed = np.full((order, 3), DISCOUNT)
    config = model.Config(order=order)
    net = model.Model(text[:40], len(symbols), config, sentences=False, fixed=fixed)
    theirs = ngram_bits(TEXT[:40], TEXT[40:] + "".join(symbols), order, "kneser-ney")
    whole = np.append(text[40:], np.arange(len(symbols)))
    ours = -net.log2(whole)[1:].mean()
    assert ours == pytest.approx(theirs, abs=1e-9)


def test_witten_bell_is_the_shared_baseline_s_too():
    symbols = sorted(set(TEXT))
    text = np.array([symbols.index(c) for c in TEXT])
    config = model.Config(order=4, smoothing="witten-bell")
    net = model.Model(text, len(symbols), config, sentences=False)
    theirs = ngram_bits(TEXT, TEXT[::-1], 4, "witten-bell")
    assert -net.log2(text[::-1])[1:].mean() == pytest.approx(theirs, abs=1e-9)


def test_add_one_is_its_formula():
    text, symbols = twins.toy_text(5, 60, 0)
    net = model.Model(text, symbols, model.Config(order=2, smoothing="add-one"))
    after = text[1:][text[:-1] == 4]
    for word in range(1, symbols):
        p = (np.count_nonzero(after == word) + 1) / (len(after) + symbols - 1)
        assert net.distribution(np.array([4]))[word] == pytest.approx(p)


def test_add_one_counts_the_whole_history_where_a_sentence_begins():
    """<s> has nothing before it: of any order the first word is counted after <s>."""
    text = np.array([0, 3, 4, 1, 0, 3, 1, 0, 4, 1])
    for order in (2, 3, 6):
        net = model.Model(text, 6, model.Config(order=order, smoothing="add-one"))
        found = net.distribution(np.array([0]))
        np.testing.assert_allclose(found, np.array([0, 1, 1, 3, 2, 1]) / (3 + 5))
        assert net.log2(np.array([0, 3]))[1] == pytest.approx(np.log2(3 / 8))


def test_add_one_without_sentences_has_a_word_more():
    config = model.Config(order=2, smoothing="add-one")
    net = model.Model(np.array([0, 1, 0, 2]), 3, config, sentences=False)
    np.testing.assert_allclose(net.distribution(np.array([0])), np.array([1, 2, 2]) / (2 + 3))


def test_one_discount_is_that_of_ney():
    counts = np.repeat([1, 2, 3], [6, 3, 9])
    np.testing.assert_allclose(model.discounts(counts, "kneser-ney"), 6 / 12)
    assert model.discounts(np.array([2, 2]), "kneser-ney").tolist() == [0.5] * 3


def test_what_is_no_discount_is_replaced():
    injections.discounts_stay_in_range(model)


def test_sorted_counting_is_counting():
    found = np.random.default_rng(0).integers(0, 9, 100)
    keys, which, counts = model.distinct(found)
    expected = np.unique(found, return_inverse=True, return_counts=True)
    for ours, theirs in zip((keys, which, counts), expected):
        np.testing.assert_array_equal(ours, theirs)


def test_marginals_hold_with_one_discount_and_not_with_three():
    assert measures.marginals().holds
    text, symbols = twins.toy_text(20, 3_000, 0)
    assert measures.marginal_error(text, symbols, [0.5, 1.0, 1.5]) > 1


def test_exact_claims_notice_a_wrong_model(monkeypatch):
    assert measures.equation_26().holds and measures.francisco().holds
    with monkeypatch.context() as patch:
        patch.setattr(model, "discounts", injections.fixed_discount(model)["discounts"])
        assert not measures.equation_26().holds
    replaced = injections.raw_lower_orders(model)["continuations"]
    monkeypatch.setattr(model, "continuations", replaced)
    assert not measures.francisco().holds
