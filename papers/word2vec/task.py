"""The exam of the room: WordSim-353, SimLex-999 and analogies, as common/exams/vectors.py has them.

The corpus is small, some 450,000 words, so it knows a part of each test only: `*_share` says which.
"""

from common.exams.vectors import VectorsExam
from papers.word2vec import PAPER


class Exam(VectorsExam):
    def __init__(self, data: str, quick: bool = False):
        super().__init__(data, PAPER.more_data["tests"], quick=quick)
