"""What both versions are asked: to translate an English sentence."""

from __future__ import annotations

from common.ask.translating import translator
from common.ask.writer import Translator
from common.exams.translation import Evaluated
from papers.seq2seq.task import Exam


def trained(checkpoint, model) -> Translator:
    """The trained network of a version, whose `model` is given, to translate with."""
    exam = Exam(checkpoint.data)
    net = checkpoint.fill(lambda: model.Seq2Seq(checkpoint.config, exam.symbols), "model.")
    return translator(exam, Evaluated(net))
