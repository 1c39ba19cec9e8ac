"""Text from version 1: `papers generate mamba --version version1`."""

from common.ask.text import text_writer
from common.exams.text import predictor
from papers.mamba.task import Exam
from papers.mamba.version1 import model


def load(checkpoint):
    """The trained network as a Writer."""
    exam = Exam(checkpoint.data)
    net = checkpoint.fill(lambda: model.Mamba(checkpoint.config, exam.symbols), "model.")
    return text_writer(exam, predictor(net))
