"""The exam of the room: bits per character on Tiny Shakespeare, read in windows.

What a version hands over, and how the text is scored: common/exams/text.py and reading.py.
"""

from common.exams.reading import Windows, fresh_windows
from common.exams.text import TextExam


class Exam(TextExam):
    """Windows of the version's own context, tokens of its own vocabulary, or else characters."""

    def __init__(self, data: str, config, vocabulary=None, quick: bool = False):
        """`vocabulary(training text, characters, config)` makes a version's own."""
        super().__init__(
            data,
            Windows(config.context),
            vocabulary and (lambda *text: vocabulary(*text, config)),
            piece=config.context + 1,
            curve=2_048,
            measures=[fresh_windows],
            quick=quick,
        )
