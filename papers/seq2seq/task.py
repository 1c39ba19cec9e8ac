"""The exam of the room: translate the captions of Multi30k from English into German.

common/exams/translation.py has it, for all rooms that translate. Tokens are byte pairs of one
vocabulary for both languages, learned by papers/bpe, where the paper had 160,000 and 80,000 words
and one token for all others (Sec. 3.1): so the rooms can be compared, and no word is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable

from common.exams.translation import Translated, TranslationExam, bleu, by_length, parameters
from papers.bpe.version2 import model as bpe

SIZE = 2_000  # of the vocabulary, without the special tokens; as in papers/transformer
BEAMS = 2, 12  # Table 1


class Exam(TranslationExam):
    """Pairs, vocabulary, scoring and samples for one set of sentence pairs."""

    def __init__(self, data: str):
        super().__init__(data, byte_pairs, measures=[by_length, parameters, by_beam])


def byte_pairs(texts: Iterable[str]) -> bpe.Tokenizer:
    return bpe.train(texts, SIZE)


def by_beam(exam: TranslationExam, translated: Translated) -> dict[str, float]:
    """A measure: BLEU with the beams of Table 1, beside the exam's own."""
    references = [german for _, german in translated.pairs]
    return {f"bleu_beam{n}": bleu(exam.translations(translated.net, n), references) for n in BEAMS}
