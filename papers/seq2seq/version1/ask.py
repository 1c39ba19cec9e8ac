"""Text from version 1: `papers translate seq2seq --version version1`."""

from common.ask.translating import translator
from common.ask.writer import Translator
from common.exams.translation import Evaluated
from papers.seq2seq.task import Exam
from papers.seq2seq.version1 import model


def load(checkpoint) -> Translator:
    """The trained network, to translate with."""
    exam = Exam(checkpoint.data)
    net = checkpoint.fill(lambda: model.Seq2Seq(checkpoint.config, exam.symbols), "model.")
    return translator(exam, Evaluated(net))
