"""Gaps and classes from version 1: `papers fill electra "a [MASK] film" --version version1`."""

from common.ask.abilities import Classifier, Filler
from papers.bert.ask import doors, exam_of
from papers.bert.version1.ask import maps
from papers.electra.version1 import model


def load(checkpoint) -> tuple[Filler, Classifier]:
    """The generator fills, as it was pre-trained; the discriminator judges and shows its looks."""
    exam = exam_of(checkpoint)
    net = checkpoint.fill(lambda: model.ELECTRA(checkpoint.config, exam.symbols), "model.")

    def scores(row):
        return net.generator(row)[0]

    return doors(exam, net, scores, lambda row: maps(net.discriminator, row))
