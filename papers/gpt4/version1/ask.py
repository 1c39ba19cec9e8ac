"""Text and questions from version 1: `papers generate gpt4 --version version1`."""

from common.ask.text import text_writer
from common.exams.text import predictor
from papers.gpt4.task import Exam
from papers.gpt4.version1 import model


def load(checkpoint):
    """The network as it was before tuning, as a Writer."""
    exam = Exam(checkpoint.data, checkpoint.config)
    net = checkpoint.fill(lambda: model.GPT(checkpoint.config, exam.symbols), "before.model.")
    return text_writer(exam, predictor(net, net.read))
