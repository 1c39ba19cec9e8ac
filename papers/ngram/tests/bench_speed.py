"""Speed of version 2 beside kenlm and nltk, interleaved on one machine; medians.

`python -m papers.ngram.tests.bench_speed`: trigrams of words on the Wikipedia sample, every fourth
article held out. kenlm's package asks and does not train: it reads version 2's ARPA file. nltk
counts and asks a part, since all would take hours; times are per word.
"""

from __future__ import annotations

import sys
import time
from functools import partial
from statistics import median

import numpy as np

from papers.ngram.evidence import experiments, twins
from papers.ngram.task import SPECIAL, START
from papers.ngram.version2 import model

ROUNDS, COUNTED, ASKED = 5, 5_000, 30  # words for nltk


def timed(function):
    """(what the function returns, seconds)."""
    start = time.perf_counter()
    found = function()
    return found, time.perf_counter() - start


def lines_of(text: np.ndarray) -> list[list[str]]:
    """Sentences of names, w3 and so on, without <s> and </s>."""
    cuts = np.flatnonzero(text == START)[1:]
    names = [*SPECIAL, *(f"w{i}" for i in range(len(SPECIAL), text.max() + 1))]
    return [[names[i] for i in each[1:-1]] for each in np.split(text, cuts)]


def nltk_of(lines: list[list[str]]):
    from nltk.lm import KneserNeyInterpolated
    from nltk.lm.preprocessing import padded_everygram_pipeline

    made = KneserNeyInterpolated(3, discount=0.75)
    made.fit(*padded_everygram_pipeline(3, lines))
    return made


def nltk_scores(made, lines: list[list[str]]) -> list[float]:
    from nltk.lm.preprocessing import pad_both_ends
    from nltk.util import ngrams

    padded = (ngrams(pad_both_ends(line, n=3), 3) for line in lines)
    return [made.logscore(c, [a, b]) for line in padded for a, b, c in line]


def main(rounds: int = ROUNDS) -> None:
    """Print the median over the rounds of each ratio and time per word."""
    text, held, symbols = experiments.texts("words")
    asked = np.concatenate(list(held.values()))
    names = [*SPECIAL, *(f"w{i}" for i in range(len(SPECIAL), symbols))]
    numbers = {name: i for i, name in enumerate(names)}
    net = model.Model(text, symbols, model.Config())
    theirs = twins.read_by_kenlm(net, names)
    sentences = [" ".join(line) for line in lines_of(asked)]
    few = lines_of(text[:COUNTED])
    some = [line[:ASKED] for line in few[:3]]  # nltk goes through all it counted for each word
    words = int((asked != START).sum())

    def from_text() -> np.ndarray:
        """As kenlm does it: from sentences of words to their sums."""
        ids: list[int] = []
        for sentence in sentences:
            ids += [START, *map(numbers.__getitem__, sentence.split()), 1]
        row = np.array(ids)
        p = net.log2(row)
        starts = np.flatnonzero(row == START)
        p[starts] = 0
        return np.add.reduceat(p, starts) * np.log10(2)

    found: list[dict[str, float]] = []
    for _ in range(rounds):
        by_kenlm, kenlm = timed(lambda: [theirs.score(each) for each in sentences])
        ours, own = timed(from_text)
        _, own_ids = timed(lambda: net.log2(asked))
        _, count = timed(lambda: model.Model(text, symbols, model.Config()))
        made, nltk_count = timed(lambda: nltk_of(few))
        _, nltk_ask = timed(partial(nltk_scores, made, some))
        np.testing.assert_allclose(ours, by_kenlm, rtol=1e-4)
        per = {"count": count / len(text), "ask": own / words, "ids": own_ids / words}
        nltk_per = nltk_ask / sum(len(line) + 1 for line in some)
        found.append(
            {
                "ask: version 2 / kenlm, from text": own / kenlm,
                "ask: version 2 / kenlm, from numbers": own_ids / kenlm,
                "count: nltk / version 2, per word": nltk_count / COUNTED / per["count"],
                "ask: nltk / version 2, per word": nltk_per / per["ask"],
                "microseconds per word: count, version 2": 1e6 * per["count"],
                "microseconds per word: ask, version 2": 1e6 * per["ask"],
                "microseconds per word: ask, kenlm": 1e6 * kenlm / words,
            }
        )
    for name in found[0]:
        values = [row[name] for row in found]
        print(f"{name:42} {median(values):9.3f}   [{min(values):.3f}, {max(values):.3f}]")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
