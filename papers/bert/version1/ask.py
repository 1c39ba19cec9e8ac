"""Gaps and classes from version 1: `papers fill bert "a [MASK] film" --version version1`."""

import torch

from common.ask.abilities import Classifier, Filler
from common.ask.gaps import piece_doors
from papers.bert.task import Exam
from papers.bert.version1 import model


def load(checkpoint) -> tuple[Filler, Classifier]:
    """The trained weights; after fine-tuning the head that fills gaps is still there, if rusty."""
    exam = Exam.of(checkpoint)
    sizes = exam.symbols, len(exam.classes)
    net = checkpoint.fill(lambda: model.BERT(checkpoint.config, *sizes), "model.")

    def scores(row):
        return net.pieces(net.encode(row))[0]

    return piece_doors(exam, net, scores, attend=lambda row: maps(net, row))


def maps(net, tokens):
    """Each layer's attention weights (H, T, T), computed again from what goes into it."""
    x = net.norm(net.tokens[tokens] + net.positions[: tokens.shape[1]] + net.segments[0])
    none = torch.zeros_like(tokens, dtype=torch.bool)
    for layer in net.layers:
        yield layer.attention.looks(x, none)[0]
        x = layer(x, none)
