"""The exam of the room: does a sentence of a film review speak for the film or against it?

SST-2 after pre-training on text without labels, in pieces of words: common/exams/sentiment.py and
rows.py say how. Here stand pairs of segments, half of them swapped, on which order is judged.
"""

from __future__ import annotations

from common.exams.rows import PiecesExam, Stretch
from common.exams.sentiment import BATCH
from papers.bpe.version2.model import Trainer

Pair = tuple[list[int], list[int], int]  # first, second, whether they were swapped


class Exam(PiecesExam):
    trainer = Trainer
    BESIDE = 3  # [CLS], and [SEP] twice
    HELD_OUT = 32

    def reading_parts(self, i: int, size: int) -> list[Stretch]:
        """The i-th batch to pre-train on."""
        return [part for _, part in self.reading(i, size)]

    def held_out(self) -> list[list[Pair]]:
        """Batches of pairs on which pre-training is measured: cut between two sentences, or in the
        middle of a lone one; every second pair is swapped."""
        pairs = []
        for n, part in enumerate(self.held_out_stretches()):
            middle, whole = len(part) // 2, sum(part, [])
            at = sum(map(len, part[:middle])) or len(whole) // 2
            first, second = whole[:at], whole[at:]
            pairs.append((second, first, 1) if n % 2 else (first, second, 0))
        return [pairs[i : i + BATCH] for i in range(0, len(pairs), BATCH)]
