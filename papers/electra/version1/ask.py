"""Gaps and classes from version 1: `papers fill electra "a [MASK] film" --version version1`."""

import torch

from common.ask.abilities import Classifier, Filler
from common.ask.gaps import piece_doors
from papers.electra.task import Exam
from papers.electra.version1 import model


def load(checkpoint) -> tuple[Filler, Classifier]:
    """The generator fills, as it was pre-trained; the discriminator judges and shows its looks."""
    exam = Exam.of(checkpoint)
    sizes = exam.symbols, len(exam.classes)
    net = checkpoint.fill(lambda: model.ELECTRA(checkpoint.config, *sizes), "model.")

    def scores(row):
        return net.generator(row, row >= 0)

    return piece_doors(exam, net, scores, attend=lambda row: maps(net.discriminator, row))


def maps(net, tokens):
    """Each layer's attention weights (H, T, T), computed again from what goes into it."""
    x = net.norm(net.tokens[tokens] + net.positions[: tokens.shape[1]] + net.segments[0])
    none = torch.zeros_like(tokens, dtype=torch.bool)
    for layer in net.layers:
        yield layer.attention.looks(x, none)[0]
        x = layer(x, none)
