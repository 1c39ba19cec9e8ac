"""Implementations that we did not write, on the same texts: kenlm and nltk; and plain loops.

kenlm's package has no trainer, only what reads and asks a model: it gets version 2's ARPA file.
nltk counts by itself; with one <s> before a sentence, as for bigrams, it means the same.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

import numpy as np

from common.evidence.claims import NOT_MEASURED, Unmeasured
from papers.ngram.task import END, SPECIAL, START, Exam
from papers.ngram.version2 import model

DISCOUNT = 0.75


def part(exam: Exam, lines: int, seed: int = 0) -> np.ndarray:
    """The text (N,) of some training lines, drawn at random."""
    return exam.part(exam.draw(seed, 1.0)[:lines])


def sentences(exam: Exam, text: np.ndarray) -> list[list[str]]:
    """The words of each sentence, without <s> and </s>."""
    cuts = np.flatnonzero(text == START)[1:]
    return [[exam.words[i] for i in each[1:-1]] for each in np.split(text, cuts)]


def read_by_kenlm(net: model.Model, words: list[str]):
    """The kenlm model that reads what version 2 writes."""
    try:
        import kenlm
    except ImportError:
        raise Unmeasured(NOT_MEASURED, "kenlm is not installed; pip compiles it") from None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.arpa"
        path.write_text(model.arpa(net, words), encoding="utf-8")
        config = kenlm.Config()
        config.show_progress = False
        return kenlm.Model(str(path), config)


def kenlm_log10(theirs, lines: list[list[str]]) -> np.ndarray:
    """log10 P of each word and of the end of each line, as kenlm has it."""
    return np.array([p for line in lines for p, _, _ in theirs.full_scores(" ".join(line))])


def own_log10(net: model.Model, text: np.ndarray) -> np.ndarray:
    """The same of version 2, for a text (N,)."""
    return net.log2(text)[text != START] * np.log10(2)


def nltk_log2(train: list[list[str]], test: list[list[str]]) -> np.ndarray:
    """log2 P of each word and of the end of each line, by nltk's bigrams of Kneser and Ney."""
    from nltk.lm import KneserNeyInterpolated
    from nltk.lm.preprocessing import pad_both_ends, padded_everygram_pipeline

    theirs = KneserNeyInterpolated(2, discount=DISCOUNT)
    theirs.fit(*padded_everygram_pipeline(2, train))
    padded = (list(pad_both_ends(line, n=2)) for line in test)
    return np.array([theirs.logscore(b, [a]) for line in padded for a, b in zip(line, line[1:])])


def as_nltk_has_it(text: np.ndarray, symbols: int) -> model.Model:
    """Version 2 with nltk's discounts: one for bigrams, none for unigrams."""
    fixed = np.array([[0.0] * 3, [DISCOUNT] * 3])
    return model.Model(text, symbols, model.Config(order=2), fixed=fixed)


def by_loops(text: np.ndarray, order: int, symbols: int, discounts: np.ndarray):
    """P(word | context) by dictionaries, straight from the formula of Sec. 3: a function of both.

    N-grams of the highest order, and such as begin with <s>, count occurrences; the others, after
    how many different words they occur.
    """
    grams = [set() for _ in range(order + 1)]
    counts: list[Counter] = [Counter() for _ in range(order + 1)]
    for sentence in np.split(text, np.flatnonzero(text == START)[1:]):
        words = tuple(sentence.tolist())
        for end in range(2, len(words) + 1):
            for length in range(1, min(order, end) + 1):
                gram = words[end - length : end]
                if length == order or gram[0] == START:
                    counts[length][gram] += 1
                else:
                    longer = words[end - length - 1 : end]
                    if longer not in grams[length + 1]:
                        grams[length + 1].add(longer)
                        counts[length][gram] += 1

    def probability(context: tuple[int, ...], word: int) -> float:
        length = len(context) + 1
        below = probability(context[1:], word) if context else 1 / (symbols - 1)
        after = [c for gram, c in counts[length].items() if gram[:-1] == context]
        if not after:
            return below
        less = lambda c: discounts[length - 1][min(c, 3) - 1] if c else 0.0  # noqa: E731
        c = counts[length][(*context, word)]
        return (c - less(c) + sum(map(less, after)) * below) / sum(after)

    return probability


def toy_text(words: int, length: int, seed: int) -> tuple[np.ndarray, int]:
    """Random sentences (N,) over so many words, some of them frequent; the vocabulary's size."""
    rng, text = np.random.default_rng(seed), []
    while len(text) < length:
        drawn = np.minimum(rng.geometric(0.25, rng.integers(1, 9)), words) + len(SPECIAL) - 1
        text += [START, *drawn.tolist(), END]
    return np.array(text), words + len(SPECIAL)
