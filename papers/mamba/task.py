"""The exam of the room: bits per character on Tiny Shakespeare, read in 64 streams.

What a version hands over, and how the text is scored: common/exams/text.py and reading.py.
"""

from common.exams.reading import Streams
from common.exams.text import TextExam
from common.exams.words import word_bits


class Exam(TextExam):
    """Every character with at least 100 before it; also what becomes of words."""

    def __init__(self, data: str, piece: int = 1, quick: bool = False):
        rule = Streams(most=64, context=100)
        super().__init__(data, rule, piece=piece, measures=[word_bits], quick=quick)
