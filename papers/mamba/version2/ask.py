"""Text from version 2: `papers generate mamba --version version2`."""

from common.ask.text import text_writer
from common.exams.text import predictor
from papers.mamba.task import Exam
from papers.mamba.version2 import model


def load(checkpoint):
    """The trained network as a Writer."""
    exam = Exam(checkpoint.data)
    net = checkpoint.fill(lambda: model.Mamba(checkpoint.config, exam.symbols), "model.")
    return text_writer(exam, predictor(net))
