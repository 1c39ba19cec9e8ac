"""The exam of the room: bits per character on Tiny Shakespeare, read in 64 streams.

What a version hands over, and how the text is scored: common/exams/text.py and reading.py.
"""

from common.exams.reading import Streams
from common.exams.text import TextExam
from common.exams.words import Words, word_bits, word_perplexity


class Exam(TextExam):
    """Every token with at least 100 before it; also what becomes of words."""

    def __init__(self, data: str, piece: int = 1, quick: bool = False, words: int = 0):
        """`words`: how many words are tokens beside the characters; 0: none."""
        super().__init__(
            data,
            Streams(most=64, context=100),
            (lambda train, characters: Words(train, characters, words)) if words else None,
            piece=piece,
            measures=[word_perplexity if words else word_bits],
            quick=quick,
        )
