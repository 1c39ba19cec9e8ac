"""The exam of the room: bits per character on Tiny Shakespeare, read in windows, as in papers/gpt2.

What a version hands over, and how the text is scored: common/exams/text.py and reading.py. Two
more questions are asked here: is the text read from a cache the same text, and what happens in
windows longer than those of training?
"""

import numpy as np

from common.exams.reading import Windows, fresh_windows
from common.exams.text import TextExam, mean

MOST = 8_192  # tokens of the test split for the two questions


class Exam(TextExam):
    """Windows of the version's own context, tokens of its own vocabulary, or else characters."""

    def __init__(self, data: str, config, vocabulary=None, quick: bool = False):
        """`vocabulary(training text, characters, config)` makes a version's own."""
        super().__init__(
            data,
            Windows(config.context),
            vocabulary and (lambda *text: vocabulary(*text, config)),
            piece=config.context + 1,
            curve=1_024,
            measures=[fresh_windows, from_cache],
            quick=quick,
        )

    def finish(self, predict, seed, unbounded=None):
        """`unbounded` predicts as `predict` does, in windows of any length."""
        metrics, samples = super().finish(predict, seed)
        if unbounded:
            tokens = self.encode(self.parts.test[: self.most])[:MOST]
            metrics |= beyond(self.rule, predict, unbounded, tokens)
        return metrics, samples


def from_cache(exam, sat):
    """Bits per token in the second half of windows from nothing: the window read at once, and in
    two pieces, the second from the state that the first left."""
    context, tokens = exam.rule.context, sat.tokens[:MOST]
    half = context // 2

    def in_pieces(rows, _):
        first, state = sat.predict(rows[:, :half], None)
        second, state = sat.predict(rows[:, half:], state)
        return np.concatenate([first, second], axis=1), state

    whole, pieces = (exam.rule.fresh_bits(p, tokens) for p in (sat.predict, in_pieces))
    return {"at_once_bits": mean(whole[:, half:]), "from_cache_bits": mean(pieces[:, half:])}


def beyond(rule, predict, unbounded, tokens):
    """Bits per token of the second half of windows twice as long as those of training, and of the
    same tokens in windows of training's length, where each has at least half a window before it."""
    context = rule.context
    there = Windows(2 * context).fresh_bits(unbounded, tokens)
    here = rule.bits(predict, tokens)[: there.size].reshape(there.shape)
    return {"beyond_bits": mean(there[:, context:]), "within_bits": mean(here[:, context:])}
