"""Version 2 against kenlm and nltk."""

import numpy as np
import pytest

from papers.ngram.evidence import injections, twins
from papers.ngram.task import SPECIAL, START
from papers.ngram.version2 import model

TEXT, SYMBOLS = twins.toy_text(25, 900, 3)
OTHER, _ = twins.toy_text(30, 300, 4)  # with words that the first text lacks
NAMES = SPECIAL + [f"w{i}" for i in range(40)]


def lines(text):
    cuts = np.flatnonzero(text == START)[1:]
    return [[NAMES[i] for i in each[1:-1]] for each in np.split(text, cuts)]


@pytest.mark.parametrize("order", [2, 3, 5])
def test_kenlm_reads_our_file_and_means_the_same(order):
    pytest.importorskip("kenlm")
    net = model.Model(TEXT, SYMBOLS, model.Config(order=order))
    other = np.where(OTHER < SYMBOLS, OTHER, 2)
    theirs = twins.kenlm_log10(twins.read_by_kenlm(net, NAMES[:SYMBOLS]), lines(OTHER))
    np.testing.assert_allclose(twins.own_log10(net, other), theirs, atol=1e-5)


def test_nltk_counts_the_same():
    pytest.importorskip("nltk")
    theirs = twins.nltk_log2(lines(TEXT), lines(TEXT)[:20])
    part = TEXT[: np.flatnonzero(TEXT == START)[20]]
    ours = twins.as_nltk_has_it(TEXT, SYMBOLS).log2(part)[part != START]
    np.testing.assert_allclose(ours, theirs, atol=1e-9)


def test_the_comparison_notices_counted_occurrences(monkeypatch):
    pytest.importorskip("nltk")
    replaced = injections.raw_lower_orders(model)["continuations"]
    monkeypatch.setattr(model, "continuations", replaced)
    with pytest.raises(AssertionError):
        test_nltk_counts_the_same()
