"""Judgements of version 2: `papers classify bidirectional_rnn "a fine film"`."""

from common.ask.abilities import Classifier
from papers.bidirectional_rnn.ask import classifier
from papers.bidirectional_rnn.task import Exam
from papers.bidirectional_rnn.version2 import model


def load(checkpoint) -> Classifier:
    """The trained network."""
    exam = Exam(checkpoint.data)
    net = checkpoint.fill(lambda: model.BRNN(checkpoint.config, exam.symbols), "model.")
    return classifier(exam, net.eval())
