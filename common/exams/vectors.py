"""The exam of word vectors: do they say of words what people say?

A version learns from a Corpus, lines of numbered words, and hands over a matrix (V, D), a row for
each word. Nearness is the cosine. Three tests, of which only what the corpus knows is asked:

    WordSim-353    how related two words are: Spearman's correlation with people's ratings
    SimLex-999     how alike they are: likewise
    analogies      a is to b as c is to d: the word nearest to b - a + c (3CosAdd of Levy and
                   Goldberg 2014, Linguistic Regularities), these three left out, must be d;
                   semantic and syntactic apart

Every third item of each test, counted before it is known which are asked, is for validation. What
a small corpus does not know is told: `*_share` is the share of a test's items that were asked.

Mikolov et al. 2013a, Sec. 4.1, count a question as right only if the nearest word is d; `*_rank`,
the mean of 1 / rank of d, tells more where few are right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from common.data.text import load_text
from common.data.word_tests import Question, Rated, WordTests, load_word_tests
from common.errors import UserError
from common.exams.words import WORD

LEAST = 5  # a rarer word has no vector: Mikolov et al. 2013b, Sec. 3
QUICK = 200_000  # characters of the corpus in the smoke profile
FEWEST = 100  # words of a corpus
SHARE = 3  # of so many items of a test one is for validation
AT_ONCE = 512  # questions: what is in memory at a time grows with it
SHOWN = ("king", "war", "france", "city", "music")
NEAREST = 6


@dataclass(frozen=True)
class Corpus:
    """Lines of words by number, the most frequent word first. Rarer words were left out."""

    words: list[str]
    counts: np.ndarray  # how often each word is there
    tokens: np.ndarray  # all lines, one after the other
    starts: np.ndarray  # where each line begins, and at last where the last one ends
    read: int  # words of the text, the rare ones too
    numbers: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "numbers", {word: i for i, word in enumerate(self.words)})

    def lines(self) -> list[np.ndarray]:
        return np.split(self.tokens, self.starts[1:-1])


def corpus_of(lines: Iterable[Sequence[str]], least: int = LEAST) -> Corpus:
    """The corpus of lines of words. UserError where there is too little of it."""
    lines = list(lines)
    counts = Counter(word for line in lines for word in line)
    kept = sorted((w for w in counts if counts[w] >= least), key=lambda w: (-counts[w], w))
    numbers = {word: i for i, word in enumerate(kept)}
    rows = [[numbers[word] for word in line if word in numbers] for line in lines]
    rows = [row for row in rows if row]
    starts = np.cumsum([0, *map(len, rows)])
    if starts[-1] < FEWEST:
        raise UserError(
            f"This text has {starts[-1]} words that occur {least} times or more; at least {FEWEST}"
            " are needed."
        )
    tokens = np.array([token for row in rows for token in row], dtype=np.int64)
    return Corpus(kept, np.bincount(tokens), tokens, starts, counts.total())


def read_corpus(data: str, least: int = LEAST, most: int | None = None) -> Corpus:
    """The corpus of a text: words in lower case, a line for each of its lines.

    `data` is a dataset's name or the path of a user's own text; `most` characters of it are read.
    """
    text = load_text(data, report=lambda line: None).text[:most].lower()
    return corpus_of((WORD.findall(line) for line in text.splitlines()), least)


def learned_words(data: str, rows: int, least: int = LEAST) -> list[str]:
    """The words that so many vectors were learned of: those of the text, or, as in the smoke
    profile, of its first part. Where neither has so many, the text's.
    """
    words = read_corpus(data, least).words
    first = words if len(words) == rows else read_corpus(data, least, QUICK).words
    return first if len(first) == rows else words


@dataclass(frozen=True)
class Results:
    """Each item that was asked, by name, and what it got; a test's result is the mean.

    A pair's value is its share of Spearman's correlation: the product of both standardised ranks. A
    question has 1 / rank of the right word, and is right where that is 1.
    """

    related: dict[str, float]
    alike: dict[str, float]
    semantic: dict[str, float]
    syntactic: dict[str, float]

    @property
    def questions(self) -> dict[str, float]:
        return self.semantic | self.syntactic

    @property
    def right(self) -> dict[str, float]:
        return {name: float(value == 1) for name, value in self.questions.items()}


class VectorsExam:
    """A corpus to learn from, and the tests. `least`: how often a word must occur."""

    def __init__(self, data: str, tests: str, least: int = LEAST, quick: bool = False):
        self.corpus = read_corpus(data, least, QUICK if quick else None)
        self.tests = load_word_tests(tests, report=lambda line: None)

    def validate(self, vectors: np.ndarray) -> float:
        """Spearman's correlation on the validation pairs of WordSim-353, for the curve."""
        asked = part(self.tests, validation=True)
        return mean(rated(self.corpus, unit(vectors), asked.related))

    def results(self, vectors: np.ndarray, validation: bool = False) -> Results:
        """What each item of the test (or of the validation part) got."""
        return results(self.corpus, vectors, part(self.tests, validation))

    def finish(self, vectors: np.ndarray) -> tuple[dict[str, float], list[str]]:
        """The final metrics, and the nearest words of some."""
        tested, held = self.results(vectors), self.results(vectors, validation=True)
        asked = part(self.tests, validation=False)
        metrics = {
            "wordsim": mean(tested.related),
            "simlex": mean(tested.alike),
            "analogies": mean(tested.right),
            "semantic": mean({name: tested.right[name] for name in tested.semantic}),
            "syntactic": mean({name: tested.right[name] for name in tested.syntactic}),
            "analogies_rank": mean(tested.questions),
            "wordsim_share": len(tested.related) / max(1, len(asked.related)),
            "simlex_share": len(tested.alike) / max(1, len(asked.alike)),
            "analogies_share": len(tested.questions) / max(1, len(asked.questions)),
            "validation_wordsim": mean(held.related),
            "validation_simlex": mean(held.alike),
            "validation_analogies_rank": mean(held.questions),
        }
        return metrics, [self.sample(vectors)]

    def sample(self, vectors: np.ndarray) -> str:
        """The nearest words of some words that the corpus has."""
        known = [word for word in SHOWN if word in self.corpus.numbers] or self.corpus.words[:3]
        directions, lines = unit(vectors), []
        for word in known:
            i = self.corpus.numbers[word]
            order = np.argsort(-(directions @ directions[i]), kind="stable")
            near = [self.corpus.words[j] for j in order if j != i][:NEAREST]
            lines.append(f"{word}: {', '.join(near)}")
        return "\n".join(lines)


def part(tests: WordTests, validation: bool) -> WordTests:
    """Every third item of each test, or all others."""

    def chosen(items: tuple) -> tuple:
        return tuple(x for i, x in enumerate(items) if (i % SHARE == SHARE - 1) == validation)

    sides = chosen(tests.related), chosen(tests.alike), chosen(tests.questions)
    return WordTests(tests.name, tests.sha256, *sides)


def results(corpus: Corpus, vectors: np.ndarray, tests: WordTests) -> Results:
    """What each known item of the tests got from vectors (V, D)."""
    if vectors.ndim != 2 or len(vectors) != len(corpus.words):
        raise ValueError(f"{vectors.shape} is no table of {len(corpus.words)} words")
    directions = unit(vectors)
    semantic = [q for q in tests.questions if not q.syntactic]
    syntactic = [q for q in tests.questions if q.syntactic]
    return Results(
        rated(corpus, directions, tests.related),
        rated(corpus, directions, tests.alike),
        answered(corpus, directions, semantic),
        answered(corpus, directions, syntactic),
    )


def rated(corpus: Corpus, directions: np.ndarray, pairs: Iterable[Rated]) -> dict[str, float]:
    """Pair -> its share of the rank correlation between cosines and ratings."""
    known = [p for p in pairs if p.one in corpus.numbers and p.other in corpus.numbers]
    if len(known) < 2:
        return {}
    one = directions[[corpus.numbers[p.one] for p in known]]
    other = directions[[corpus.numbers[p.other] for p in known]]
    ours, theirs = ranks((one * other).sum(1)), ranks(np.array([p.rating for p in known]))
    return {f"{p.one} {p.other}": float(x) for p, x in zip(known, ours * theirs)}


def ranks(values: np.ndarray) -> np.ndarray:
    """Ranks with mean 0 and variance 1, those of equal values shared; 0 where all are equal."""
    from scipy.stats import rankdata

    centred = rankdata(values) - (len(values) + 1) / 2
    return centred / max(centred.std(), 1e-12)


def answered(
    corpus: Corpus, directions: np.ndarray, questions: Iterable[Question]
) -> dict[str, float]:
    """Question -> 1 / rank of the right word. Before it stands all that is no farther."""
    known = [q for q in questions if all(word in corpus.numbers for word in q[1:])]
    found: dict[str, float] = {}
    directions = directions.astype(np.float32)  # twice as fast, over millions of products
    for first in range(0, len(known), AT_ONCE):
        asked = known[first : first + AT_ONCE]
        a, b, c, d = np.array([[corpus.numbers[word] for word in q[1:]] for q in asked]).T
        near = (directions[b] - directions[a] + directions[c]) @ directions.T
        row = np.arange(len(asked))
        right = near[row, d]
        for given in (a, b, c):
            near[row, given] = -np.inf
        rank = (near > right[:, None]).sum(1) + (near == right[:, None]).sum(1)
        rank = np.where(np.isfinite(near[row, d]), rank, len(directions))  # d is one of the three
        found |= {" ".join(q): 1 / int(r) for q, r in zip(asked, rank)}
    return found


def unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors of length 1; one of length 0 stays."""
    vectors = np.asarray(vectors, dtype=np.float64)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def mean(values: dict[str, float]) -> float:
    """0 where nothing was asked: nothing was found."""
    return sum(values.values()) / max(1, len(values))
