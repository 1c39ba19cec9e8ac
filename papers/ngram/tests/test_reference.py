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


def read_arpa(written):
    """{n-gram: (log10 P, log10 of what it leaves)} of an ARPA file's text."""
    rows = [row.split("\t") for row in written.split("\n") if row.count("\t")]
    return {tuple(row[1].split()): (float(row[0]), float((row + ["0"])[2])) for row in rows}


def backed_off(table, words):
    """log10 P of the last word, as every reader of ARPA files finds it."""
    if words in table:
        return table[words][0]
    return table.get(words[:-1], (0, 0))[1] + backed_off(table, words[1:])


def test_our_file_read_by_the_rule_of_the_format_means_the_same():
    """kenlm is not always there; the rule is short."""
    net = model.Model(TEXT, SYMBOLS, model.Config(order=3))
    table = read_arpa(model.arpa(net, NAMES[:SYMBOLS]))
    other = np.where(OTHER < SYMBOLS, OTHER, 2)
    read = [
        ("<s>", *(NAMES[i] for i in each[1:]))
        for each in np.split(other, np.flatnonzero(other == START)[1:])
    ]
    found = [
        backed_off(table, line[max(0, i - 2) : i + 1]) for line in read for i in range(1, len(line))
    ]
    np.testing.assert_allclose(found, twins.own_log10(net, other), atol=1e-5)


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
