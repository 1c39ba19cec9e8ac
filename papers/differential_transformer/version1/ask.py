"""Answers from version 1: `papers generate differential_transformer --prompt "<c=5> <c?>"`."""

import torch

from papers.differential_transformer.ask import writer
from papers.differential_transformer.task import LENGTH, Exam
from papers.differential_transformer.version1 import model


def load(checkpoint):
    """The trained network as a Writer; it reads the last LENGTH tokens anew each time."""
    exam = Exam(checkpoint.data)
    make = lambda: model.DiffTransformer(checkpoint.config, exam.symbols)  # noqa: E731
    net = checkpoint.fill(make, "model.")

    def read(tokens, seen):
        seen = tokens if seen is None else torch.cat([seen, tokens], 1)
        seen = seen[:, -LENGTH:]
        return net(seen), seen

    return writer(exam, read, lambda tokens: maps(net, tokens))


def maps(net, tokens):
    """Of each layer, by name: both softmaxes and their difference (H, T, T)."""
    for scores, difference, _ in net.look(tokens):
        one, two = model.softmax(scores).chunk(2, 1)
        yield {"first map": one[0], "second map": two[0], "difference": difference[0]}
