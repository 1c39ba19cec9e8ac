"""The exam of the room: does a sentence of a film review speak for the film or against it?

SST-2 after pre-training on text without labels, in pieces of words: common/exams/sentiment.py and
rows.py say how.
"""

from common.exams.rows import PiecesExam
from papers.bpe.version2.model import Trainer


class Exam(PiecesExam):
    trainer = Trainer
