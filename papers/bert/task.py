"""The exam of the room: does a sentence of a film review speak for the film or against it?

SST-2 after pre-training on text without labels, in pieces of words: common/exams/sentiment.py and
rows.py say how.
"""

from common.exams.rows import PiecesExam, Stretch
from common.exams.sentiment import BATCH
from papers.bpe.version2.model import Trainer


class Exam(PiecesExam):
    trainer = Trainer

    def held_out(self) -> list[list[tuple[int, Stretch]]]:
        """Batches on which the loss of pre-training is measured, each stretch with its number."""
        numbered = list(enumerate(self.held_out_stretches()))
        return [numbered[i : i + BATCH] for i in range(0, len(numbered), BATCH)]
