"""The exam of the room: bits per character on Tiny Shakespeare, read in 64 streams.

What a version hands over, and how the text is scored: common/exams/text.py and reading.py.
"""

from common.exams.reading import Streams
from common.exams.text import TextExam
from common.exams.words import Words, word_bits, word_perplexity


class Exam(TextExam):
    """Every character with at least 100 before it; also what becomes of words."""

    def __init__(self, data: str, piece: int = 1, quick: bool = False):
        rule = Streams(most=64, context=100)
        super().__init__(data, rule, piece=piece, measures=[word_bits], quick=quick)


class WordExam(TextExam):
    """The same for a version whose tokens are words, and characters where it lacks the word."""

    def __init__(self, data: str, piece: int = 1, quick: bool = False, words: int = 1_000):
        super().__init__(
            data,
            Streams(most=64, context=100),
            lambda train, characters: Words(train, characters, words),
            piece=piece,
            measures=[word_perplexity],
            quick=quick,
        )


def exam_of(data: str, words: int, piece: int = 1, quick: bool = False) -> TextExam:
    """The exam of words, or for none of them that of characters."""
    return WordExam(data, piece, quick, words) if words else Exam(data, piece, quick)
