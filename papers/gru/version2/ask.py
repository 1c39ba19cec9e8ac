# Decide here: what would a user ask of such a model? docs/what-a-room-calls.md has the kinds of
#   answers.
"""Text from version 2: `papers generate gru --version version2`."""

from common.ask.text import text_writer
from common.exams.text import predictor
from papers.gru.task import Exam
from papers.gru.version2 import model


def load(checkpoint):
    """The trained network as a Writer."""
    exam = Exam(checkpoint.data)
    net = checkpoint.fill(lambda: model.RNN(checkpoint.config, exam.symbols), "model.")
    return text_writer(exam, predictor(net))
