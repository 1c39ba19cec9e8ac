"""Judgements of version 1: `papers classify bidirectional_rnn "a fine film" --version version1`."""

from common.ask.abilities import Classifier
from papers.bidirectional_rnn.ask import classifier
from papers.bidirectional_rnn.task import Exam
from papers.bidirectional_rnn.version1 import model


def load(checkpoint) -> Classifier:
    """The trained network; a sentence that is asked alone has no padding."""
    exam = Exam(checkpoint.data)
    net = checkpoint.fill(lambda: model.BRNN(checkpoint.config, exam.symbols), "model.")
    return classifier(exam, lambda tokens, lengths: net(tokens))
