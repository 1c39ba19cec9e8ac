"""Words in the exam over running text: a vocabulary of them, and measures for common/exams/text.py.

A model whose tokens are words sits the same exam as one that reads characters, in bits per
character. There is no token that stands for every rare word and costs little: what is not in the
vocabulary is spelled, and every letter is paid for.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from functools import lru_cache, partial

import numpy as np

from common.data.text import Characters
from common.errors import UserError
from common.exams.text import Sat, TextExam, mean

WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
PIECE = re.compile(f" ?{WORD.pattern}|.", re.S)  # a word, or else one character


class Words:
    """Characters, and the words that occur most often in a text, at least twice.

    A word is a run of letters, apostrophes inside it included, and takes a blank before it along:
    " the" is one token, "the" at a line's beginning another. A word that the vocabulary lacks is
    spelled in its characters, beginning with the blank; so is all that is no word. Any text of
    these characters is encoded in one way, and decoded to itself. The model predicts each
    token, so bits per character compare with a character model's: a text costs them at most more
    than by right, because other spellings of it get probability too.
    """

    def __init__(self, text: str, characters: Characters, most: int):
        self.characters = characters
        counts = Counter(piece for piece in PIECE.findall(text) if len(piece) > 1)
        often = sorted((word for word in counts if counts[word] > 1), key=lambda w: (-counts[w], w))
        self.symbols = [*characters.symbols, *often[:most]]
        self._numbers = {word: len(characters) + i for i, word in enumerate(often[:most])}

    def __len__(self) -> int:
        return len(self.symbols)

    def encode(self, text: str) -> np.ndarray:
        """Numbers, int64. UserError for a character that the training text lacked."""
        ids: list[int] = []
        spelled = self.characters.encode(text)
        for found in PIECE.finditer(text):
            number = self._numbers.get(found[0])
            ids += spelled[found.start() : found.end()].tolist() if number is None else [number]
        return np.array(ids, dtype=np.int64)

    def decode(self, ids: Iterable[int]) -> str:
        """The text of a sequence of numbers. UserError for a number outside the vocabulary."""
        numbers = [int(i) for i in ids]
        for number in numbers:
            if not 0 <= number < len(self):
                raise UserError(f"{number} is not in the vocabulary: it has {len(self)} tokens.")
        return "".join(self.symbols[number] for number in numbers)

    def unknown(self, text: str) -> float:
        """The share of the words of a text that are spelled; one letter is a character anyway."""
        found = _words_of(text)
        spelled = sum(len(word) > 1 and word not in self._numbers for word in found)
        return spelled / max(1, len(found))

    def rows(self) -> dict[str, int]:
        """Word -> the number of its token: as it is within a line, else as it begins one."""
        return {
            word.strip(): number
            for word, number in sorted(self._numbers.items(), key=lambda item: item[0][0] == " ")
        }


def frequent(words: int) -> Callable[[str, Characters], Words] | None:
    """The vocabulary of a TextExam with so many words; for 0 None, that of characters alone."""
    return partial(Words, most=words) if words else None


def word_perplexity(exam: TextExam, sat: Sat) -> dict[str, float]:
    """A measure: perplexity per word, 2^(bits / words), in which all bits count, those of
    punctuation too; real words in the sample; where the vocabulary is Words, also the share of
    those that are spelled. As with bits per character, it does not matter what the tokens are.
    """
    text, vocabulary = exam.vocabulary.decode(sat.tokens[1:]), exam.vocabulary
    spelled = {"unknown_share": vocabulary.unknown(text)} if isinstance(vocabulary, Words) else {}
    return {
        "word_perplexity": float(np.exp2(sat.bits.sum() / max(1, len(_words_of(text))))),
        **spelled,
        "real_words": real_words(exam.parts.train, sat.sample),
    }


def _words_of(text: str) -> list[str]:
    return [piece for piece in PIECE.findall(text) if WORD.fullmatch(piece.strip())]


def word_bits(exam: TextExam, sat: Sat) -> dict[str, float]:
    """Bits of first letters of words and of letters inside them; real words in the sample.

    The exam's tokens must be characters.
    """
    letter = np.array([c.isalpha() for c in exam.vocabulary.decode(sat.tokens)])
    return {
        "word_start_bits": mean(sat.bits[letter[1:] & ~letter[:-1]]),
        "word_inside_bits": mean(sat.bits[letter[1:] & letter[:-1]]),
        "real_words": real_words(exam.parts.train, sat.sample),
    }


def real_words(train: str, sample: str) -> float:
    """The share of the sample's words, but for the cut last, that the training text has."""
    known, found = _known(train), words(sample)[:-1]
    return sum(word in known for word in found) / max(1, len(found))


def words(text: str) -> list[str]:
    """Runs of letters, lower-cased."""
    return re.findall(r"[a-z]+", text.lower())


@lru_cache(maxsize=2)
def _known(text: str) -> frozenset[str]:
    return frozenset(words(text))
