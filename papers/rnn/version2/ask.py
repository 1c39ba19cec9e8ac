"""Text from version 2: `papers generate rnn --version version2`."""

from papers.rnn.ask import writer
from papers.rnn.task import Exam, predictor
from papers.rnn.version2 import model


def load(checkpoint):
    """The trained network as a Writer."""
    exam = Exam(checkpoint.data)
    net = checkpoint.fill(lambda: model.RNN(checkpoint.config, exam.symbols), "model.")
    return writer(exam, predictor(net))
