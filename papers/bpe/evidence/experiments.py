"""Table 1 on Multi30k: a text in words, characters, character bigrams and byte pair encodings.

The seed draws the training sentences. Learning and segmenting are version 2's; its symbols are
characters here, as in the paper.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache

from common.data.translation import Pairs, load_pairs
from papers.bpe.version2 import model

SENTENCES, MERGES = 8_000, 2_000
END, FINAL, LEARNED = chr(0x7FFFF), 0x80000, 0xF0000  # private symbols, beyond all of the text's
RARE, FREQUENT = 2, 50  # occurrences in the training sentences
Segment = Callable[[str], list]


def words(sentences: Iterable[str]) -> Counter:
    """Runs of letters and digits, and single signs; frequencies."""
    return Counter(w for s in sentences for w in re.findall(r"\w+|[^\w\s]", s))


def attached(word: str) -> str:
    """The last character bears the end of the word, as in subword-nmt since 0.2."""
    return word[:-1] + chr(FINAL + ord(word[-1]))


def apart(word: str) -> str:
    """The end of the word is a symbol of its own, as in Algorithm 1."""
    return word + END


def learn(counted: Counter, spell: Callable[[str], str] = attached) -> Segment:
    """Byte pair encoding learned from words: a function from a word to its units."""
    trainer = model.Trainer({spell(word): n for word, n in counted.items()}, first=LEARNED)
    merges = [m for _ in range(MERGES) if (m := trainer.step())]
    made = [m.made for m in merges]
    ranks: dict[tuple[int, int], int] = {}
    for rank, m in enumerate(merges):
        ranks.setdefault((m.left, m.right), rank)
    return cache(lambda word: model.merge([ord(c) for c in spell(word)], ranks, made))


def bigrams(word: str) -> list[str]:
    """Two characters at a time."""
    word = attached(word)
    return [word[i : i + 2] for i in range(0, len(word), 2)]


def measure(segment: Segment, train: Counter, test: Counter) -> dict[str, float]:
    """The columns of Table 1, for each word of the text: tokens, types, unseen in the test set."""
    units = Counter()
    for word, n in train.items():
        for unit in segment(word):
            units[unit] += n
    unseen = sum(n for word, n in test.items() for unit in segment(word) if unit not in units)
    return {
        "tokens": units.total() / train.total(),
        "types": float(len(units)),
        "unseen": unseen / test.total(),
    }


def units_per_word(segment: Segment, chosen: Counter) -> float:
    return sum(n * len(segment(word)) for word, n in chosen.items()) / chosen.total()


@cache
def sentences() -> Pairs:
    return load_pairs(report=lambda line: None)


def note() -> str:
    """What to say of the data: nothing, or that it is a stand-in."""
    found = sentences()
    return f"on {found.name} in place of {found.stand_in_for}" if found.stand_in_for else ""


@cache
def table(seed: int) -> dict[str, dict[str, float]]:
    """Rows of Table 1 for the German side; `frequent` and `rare` are of the byte pair encoding."""
    pairs = sentences()
    wanted = min(SENTENCES, len(pairs.train))
    drawn = random.Random(seed).sample(pairs.train, wanted)
    english, german = (words(side) for side in zip(*drawn))
    test = words(pair[1] for pair in pairs.test)
    bpe = learn(german)
    rows: dict[str, Segment] = {
        "words": lambda word: [word],
        "characters": lambda word: list(attached(word)),
        "bigrams": bigrams,
        "bpe": bpe,
        "joint": learn(english + german),
        "apart": learn(german, apart),
    }
    found = {name: measure(segment, german, test) for name, segment in rows.items()}
    rare = Counter({w: n for w, n in test.items() if german[w] <= RARE})
    frequent = Counter({w: n for w, n in test.items() if german[w] >= FREQUENT})
    found["rare"] = {"tokens": units_per_word(bpe, rare)}
    found["frequent"] = {"tokens": units_per_word(bpe, frequent)}
    return found
