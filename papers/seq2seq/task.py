"""The exam of the room: translate the captions of Multi30k from English into German.

common/exams/translation.py has it, for all rooms that translate. Tokens are byte pairs of one
vocabulary for both languages, learned by papers/bpe, where the paper had 160,000 and 80,000 words
and one token for all others (Sec. 3.1): so the rooms can be compared, and no word is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable

from common.exams.pairs import by_likeness, trimmed
from common.exams.search import translate
from common.exams.translation import Translated, TranslationExam, bleu, by_length, parameters
from papers.bpe.version2 import model as bpe

SIZE = 2_000  # of the vocabulary, without the special tokens; as in papers/transformer
BEAMS = 1, 2, 12  # Table 1
PART = 250  # sentences of the test split that are searched with them


class Exam(TranslationExam):
    """Pairs, vocabulary, scoring and samples for one set of sentence pairs."""

    def __init__(self, data: str):
        super().__init__(data, byte_pairs, measures=[by_length, parameters, by_beam])


def byte_pairs(texts: Iterable[str]) -> bpe.Tokenizer:
    return bpe.train(texts, SIZE)


def by_beam(exam: TranslationExam, translated: Translated) -> dict[str, float]:
    """A measure: BLEU of the first PART sentences with the beams of Table 1. On all of them a beam
    of 12 would take longer than the rest of the exam."""
    sources = exam.pairs["test"][0][:PART]
    references = [german for _, german in translated.pairs[:PART]]

    def translations(beam: int) -> list[str]:
        found = {}
        for rows in by_likeness(sources):
            found |= zip(rows.tolist(), translate(translated.net, trimmed(sources[rows]), beam))
        return [exam.decode(found[row]) for row in range(len(sources))]

    return {f"bleu_beam{beam}": bleu(translations(beam), references) for beam in BEAMS}
