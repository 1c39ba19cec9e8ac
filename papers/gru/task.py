"""The exam of the room: bits per character on Tiny Shakespeare, read in 64 streams.

The same as that of papers/rnn and papers/lstm, so that all three can be compared. How the text is
scored: common/exams/text.py and reading.py.
"""

from common.exams.reading import Streams
from common.exams.text import TextExam


class Exam(TextExam):
    """Every character with at least 100 before it."""

    def __init__(self, data: str, piece: int = 1, quick: bool = False):
        super().__init__(data, Streams(most=64, context=100), piece=piece, quick=quick)
