"""Answers from version 2: `papers generate differential_transformer --prompt "<c=5> <c?>"`."""

from papers.differential_transformer.ask import writer
from papers.differential_transformer.task import LENGTH, Exam
from papers.differential_transformer.version2 import model


def load(checkpoint):
    """The trained network as a Writer, with a cache of the last LENGTH tokens."""
    exam = Exam(checkpoint.data)
    make = lambda: model.DiffTransformer(checkpoint.config, exam.symbols)  # noqa: E731
    net = checkpoint.fill(make, "model.")

    def read(tokens, state):
        return net.read(tokens, state, LENGTH)

    return writer(exam, read, lambda tokens: maps(net, tokens))


def maps(net, tokens):
    """Of each layer, by name: both softmaxes and their difference (H, T, T)."""
    hidden = model.barred(tokens.shape[1])
    for scores, weights, _ in net.look(tokens):
        if net.blocks[0].attention.maps == 1:
            yield {"only map": weights[0]}
            continue
        one, two = (scores + hidden).softmax(-1).unflatten(1, (-1, 2)).unbind(2)
        yield {"first map": one[0], "second map": two[0], "difference": weights[0]}
