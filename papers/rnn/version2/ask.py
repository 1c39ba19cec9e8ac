"""Text from version 2, its hidden units, and the vectors of its tokens: `papers generate rnn`."""

from common.ask.abilities import Neighbours, Units
from common.ask.text import text_neighbours, text_units, text_writer
from common.ask.writer import Writer
from common.exams.text import predictor
from papers.rnn.task import Exam
from papers.rnn.version2 import model


def load(checkpoint) -> tuple[Writer, Units, Neighbours]:
    """The trained network as what writes, what is inside, and what it takes tokens for."""
    exam = Exam(checkpoint.data, words=checkpoint.config.words)
    net = checkpoint.fill(lambda: model.RNN(checkpoint.config, exam.symbols), "model.")
    predict = predictor(net)
    return (
        text_writer(exam, predict),
        text_units(exam, predict, lambda h: {"hidden": h}),
        # How a token is predicted tells what it is like. The rows of W_xh begin so large, with the
        # input_std of params.yaml, that training hardly turns them: theirs stay at random.
        text_neighbours(exam, net.w_hy.T),
    )
