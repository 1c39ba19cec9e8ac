"""Gaps and classes from version 1: `papers fill roberta "a [MASK] film" --version version1`."""

from common.ask.abilities import Classifier, Filler
from papers.roberta.ask import doors, exam_of
from papers.roberta.version1 import model


def load(checkpoint) -> tuple[Filler, Classifier]:
    """The trained weights; after fine-tuning the head that fills gaps is still there, if rusty."""
    exam = exam_of(checkpoint, model.spaced)
    sizes = exam.symbols, len(exam.classes)
    net = checkpoint.fill(lambda: model.RoBERTa(checkpoint.config, *sizes), "model.")
    return doors(exam, net, lambda row: net.pieces(net.encode(row))[0])
