"""Gaps and classes from version 2: `papers fill electra "a [MASK] film" --version version2`."""

from common.ask.abilities import Classifier, Filler
from common.ask.gaps import piece_doors
from papers.electra.task import Exam
from papers.electra.version2 import model


def load(checkpoint) -> tuple[Filler, Classifier]:
    """The generator fills, on embeddings that fine-tuning has moved; the discriminator judges."""
    exam = Exam.of(checkpoint)
    sizes = exam.symbols, len(exam.classes)
    net = checkpoint.fill(lambda: model.ELECTRA(checkpoint.config, *sizes), "model.")

    def scores(row):
        return net.foretold(row, row >= 0)

    return piece_doors(exam, net, scores, attend=lambda row: maps(net.discriminator, row))


def maps(net, tokens):
    """Each layer's attention weights (H, T, T), computed again from what goes into it."""
    x = net.body.project(net.embed(tokens))
    hidden = model.barred(x, tokens == model.ELECTRA.pad)
    for layer in net.body.layers:
        attention = layer.attention
        parts = attention.qkv(x).unflatten(-1, (3, attention.heads, -1))
        q, k, _ = parts.permute(2, 0, 3, 1, 4)
        yield (q @ k.transpose(-2, -1) * q.shape[-1] ** -0.5 + hidden).softmax(-1)[0]
        x = layer(x, hidden)
