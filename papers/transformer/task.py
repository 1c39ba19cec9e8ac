"""The exam of the room: translate the captions of Multi30k from English into German.

common/exams/translation.py has it, for all rooms that translate. Tokens are byte pairs of one
vocabulary for both languages (Sec. 5.1), learned by papers/bpe; with a vocabulary of bytes no word
is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable

from common.exams.translation import TranslationExam, by_length, parameters
from papers.bpe.version2 import model as bpe

SIZE = 2_000  # of the vocabulary, without the special tokens; chosen on the validation split


class Exam(TranslationExam):
    """Pairs, vocabulary, scoring and samples for one set of sentence pairs."""

    def __init__(self, data: str):
        super().__init__(data, byte_pairs, measures=[by_length, parameters])


def byte_pairs(texts: Iterable[str]) -> bpe.Tokenizer:
    return bpe.train(texts, SIZE)
