"""How the claims of claims.py are measured."""

from __future__ import annotations

import numpy as np

from common.evidence.claims import Equal, Exact
from common.evidence.measuring import equal
from papers.ngram import PAPER
from papers.ngram.evidence import twins
from papers.ngram.task import START, Exam
from papers.ngram.version2 import model

LINES, SOME = 4_000, 300  # training lines that are counted here, and test contexts
SMOOTHINGS = ("modified", "kneser-ney", "witten-bell", "add-one")


# -- exact --------------------------------------------------------------------------------------


def equation_26() -> Exact:
    """The discounts of counts that occur 8, 4, 2 and 1 times: Y is 1/2."""
    found = model.discounts(np.repeat([1, 2, 3, 4, 9], [8, 4, 2, 1, 3]))
    return Exact(", ".join(f"{d:.12g}" for d in found), "0.5, 1.25, 2")


def sums() -> Exact:
    """Contexts of the test, by any of four smoothings, after which P does not sum to 1."""
    exam = Exam(PAPER.dataset)
    text, wrong = twins.part(exam, LINES), 0
    places = np.flatnonzero(exam.test != START)
    places = places[:: len(places) // SOME][:SOME]
    for smoothing in SMOOTHINGS:
        net = model.Model(text, exam.symbols, model.Config(order=4, smoothing=smoothing))
        for place in places:
            start = place - 1 - int((exam.test[place - 1 :: -1] == START).argmax())
            total = net.distribution(exam.test[start:place]).sum()
            wrong += abs(total - 1) > 1e-9
    return Exact(int(wrong), 0, note=f"{len(SMOOTHINGS) * len(places):,} sums")


def marginals() -> Exact:
    """The largest error, in occurrences, of what bigrams with one discount expect of a word."""
    text, symbols = twins.toy_text(20, 3_000, 0)
    return Exact(marginal_error(text, symbols, [0.75] * 3), 0.0, tolerance=1e-9)


def marginal_error(text: np.ndarray, symbols: int, discounts) -> float:
    """| sum over contexts v of c(v) P(w | v) - c(w) |, the largest over words w.

    The unigrams are the counts of different words before a word, without a discount of their own.
    """
    fixed = np.array([[0.0] * 3, discounts])
    net = model.Model(text, symbols, model.Config(order=2), fixed=fixed)
    before = np.bincount(text[:-1][text[1:] != START], minlength=symbols)
    expected = sum(n * net.distribution(np.array([v])) for v, n in enumerate(before) if n)
    return float(np.abs(expected - np.bincount(text[text != START], minlength=symbols)).max())


def francisco() -> Exact:
    """How often Francisco counts as a unigram, in a text that has it after San alone."""
    text = np.array([START, *[3, 4] * 6, 1])
    levels = model.count(text, 2, 5)
    found = model.continuations(levels)[0][4]
    return Exact(int(found), 1, note=f"it occurs {levels[0].counts[4]} times")


def distinct() -> Exact:
    """N-grams up to five words that are stored, beside a set of tuples."""
    exam = Exam(PAPER.dataset)
    text = twins.part(exam, LINES)
    found: set[tuple[int, ...]] = set()
    for sentence in np.split(text, np.flatnonzero(text == START)[1:]):
        words = sentence.tolist()
        for length in range(1, 6):
            found |= {tuple(words[i : i + length]) for i in range(len(words) - length + 1)}
    net = model.Model(text, exam.symbols, model.Config(order=5))
    return Exact(len(net), len(found - {(START,)}))


# -- equivalence --------------------------------------------------------------------------------


def same_as_kenlm() -> Equal:
    """log10 P of each word of the test, of order 4, by kenlm from our file."""
    exam = Exam(PAPER.dataset)
    net = model.Model(twins.part(exam, LINES), exam.symbols, model.Config(order=4))
    theirs = twins.kenlm_log10(
        twins.read_by_kenlm(net, exam.words), twins.sentences(exam, exam.test)
    )
    ours = twins.own_log10(net, exam.test)
    return equal([(ours, theirs)], 1e-5, f"{len(ours):,} words")


def same_as_nltk() -> Equal:
    """log2 P of each word by bigrams with one discount, counted by nltk itself."""
    exam = Exam(PAPER.dataset)
    text = twins.part(exam, 600)
    lines = twins.sentences(exam, text)
    asked = lines[:150]  # words that were counted: nltk's unigrams give others nothing
    encoded = exam.encode(" ".join(line) for line in asked)
    ours = twins.as_nltk_has_it(text, exam.symbols).log2(encoded)[encoded != START]
    return equal([(ours, twins.nltk_log2(lines, asked))], 1e-9, f"{len(ours):,} words")
