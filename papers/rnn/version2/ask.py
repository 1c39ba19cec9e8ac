"""Text from version 2, and its hidden units: `papers generate rnn --version version2`."""

from common.ask.abilities import Units
from common.ask.text import text_units, text_writer
from common.ask.writer import Writer
from common.exams.text import predictor
from papers.rnn.task import Exam
from papers.rnn.version2 import model


def load(checkpoint) -> tuple[Writer, Units]:
    """The trained network as what writes, and what is inside."""
    exam = Exam(checkpoint.data)
    net = checkpoint.fill(lambda: model.RNN(checkpoint.config, exam.symbols), "model.")
    predict = predictor(net)
    return text_writer(exam, predict), text_units(exam, predict, lambda h: {"hidden": h})
