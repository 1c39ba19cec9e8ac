"""The exam of the room: bits per character on Tiny Shakespeare, read in 64 streams.

The same as that of papers/rnn and papers/lstm, so that all three can be compared. How the text is
scored: common/exams/text.py and reading.py.
"""

from common.exams.reading import Streams
from common.exams.text import TextExam
from common.exams.words import frequent, word_perplexity


class Exam(TextExam):
    """Every token with at least 100 before it.

    `words`: how many of them are tokens beside the characters; 0: characters alone.
    """

    def __init__(self, data: str, piece: int = 1, quick: bool = False, words: int = 0):
        rule, measures = Streams(most=64, context=100), [word_perplexity] if words else []
        super().__init__(data, rule, frequent(words), piece=piece, measures=measures, quick=quick)
