"""Text from version 2: `papers generate gru`."""

from common.ask.text import text_writer
from common.exams.text import predictor
from papers.gru.task import Exam
from papers.gru.version2 import model


def load(checkpoint):
    """The trained network as a Writer."""
    exam = Exam(checkpoint.data)
    net = checkpoint.fill(lambda: model.GRU(checkpoint.config, exam.symbols), "model.")
    return text_writer(exam, predictor(net))
