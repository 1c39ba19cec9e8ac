"""Gaps and classes from version 2: `papers fill albert "a [MASK] film" --version version2`."""

from common.ask.abilities import Classifier, Filler
from common.ask.gaps import piece_doors
from papers.albert.task import Exam
from papers.albert.version2 import model
from papers.bert.version2 import model as bert


def load(checkpoint) -> tuple[Filler, Classifier]:
    """The trained weights; after fine-tuning the head that fills gaps is still there, if rusty."""
    exam = Exam.of(checkpoint)
    sizes = exam.symbols, len(exam.classes)
    net = checkpoint.fill(lambda: model.ALBERT(checkpoint.config, *sizes), "model.")

    def scores(row):
        return net.pieces(net.encode(row)[0])

    return piece_doors(exam, net, scores, attend=lambda row: maps(net, row), by="depth")


def maps(net, tokens):
    """Attention weights (H, T, T) at each depth, computed again from what goes into it."""
    x = net.embed(tokens)
    hidden = bert.barred(x, tokens == net.pad)
    for depth in range(net.config.layers):
        layer = net.layer(depth)
        attention = layer.attention
        parts = attention.qkv(x).unflatten(-1, (3, attention.heads, -1))
        q, k, _ = parts.permute(2, 0, 3, 1, 4)
        yield (q @ k.transpose(-2, -1) * q.shape[-1] ** -0.5 + hidden).softmax(-1)[0]
        x = layer(x, hidden)
