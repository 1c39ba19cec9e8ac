"""Text from version 2: `papers translate seq2seq --version version2`."""

from common.ask.translating import translator
from common.ask.writer import Translator
from common.exams.translation import Evaluated
from papers.seq2seq.task import Exam
from papers.seq2seq.version2 import model


def load(checkpoint) -> Translator:
    """The trained network, to translate with."""
    exam = Exam(checkpoint.data)
    net = checkpoint.fill(lambda: model.Seq2Seq(checkpoint.config, exam.symbols), "model.")
    return translator(exam, Evaluated(net))
