"""The exam: do the vectors say of words what people say? All of it is common/exams/vectors.py."""

from common.exams.vectors import VectorsExam


class Exam(VectorsExam):
    """A corpus, whose words that occur `least` times have vectors, and the tests by people."""
