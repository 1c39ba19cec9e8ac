"""Text from version 1: `papers translate luong_attention --version version1`."""

from common.ask.translating import translator
from common.ask.writer import Translator
from common.exams.translation import Evaluated
from papers.luong_attention.task import Exam
from papers.luong_attention.version1 import model


def load(checkpoint) -> Translator:
    """The trained network, to translate with."""
    exam = Exam(checkpoint.data)
    net = checkpoint.fill(lambda: model.Luong(checkpoint.config, exam.symbols), "model.")
    return translator(exam, Evaluated(net))
