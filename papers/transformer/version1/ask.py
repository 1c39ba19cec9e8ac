"""Text from version 1: `papers generate transformer --version version1`."""

import numpy as np

from common.ask.translating import translator
from common.ask.writer import Translator
from papers.transformer.task import Exam
from papers.transformer.version1 import model


def load(checkpoint) -> Translator:
    """The trained weights, to translate with."""
    exam, config = Exam(checkpoint.data), checkpoint.config
    last = f"decoder.{config.layers - 1}.feed.w_1"  # if it fits, so much may be built
    sizes = {"embedding": (exam.symbols, config.d_model), last: (config.d_model, config.d_ff)}
    checkpoint.tensors(sizes, "weights.")
    net = model.Transformer(config, exam.symbols, np.random.default_rng(0))
    shapes = {name: w.shape for name, w in net.weights.items()}
    net.weights = {n: w.numpy() for n, w in checkpoint.tensors(shapes, "weights.").items()}

    def maps(source, inputs):
        watched = Watched(net)
        watched.scores(source, inputs)
        return watched.maps

    return translator(exam, net, attend=maps)


class Watched(model.Transformer):
    """The same network, which notes its attention weights."""

    def __init__(self, net):
        self.config, self.weights, self.maps = net.config, net.weights, []

    def attention(self, name, x, memory, hidden):
        q, k = (
            self.split(side @ self.weights[f"{name}.{w}"])
            for side, w in ((x, "w_q"), (memory, "w_k"))
        )
        scores = q @ k.swapaxes(-2, -1) / np.sqrt(q.shape[-1]) + hidden[:, None]
        self.maps.append((*described(name), model.softmax(scores)[0]))  # Eq. 1
        return super().attention(name, x, memory, hidden)


def described(name):
    """'decoder.0.cross' -> the map's name, the side of its queries and that of its keys."""
    side, n, kind = name.split(".")
    layer = f"layer {int(n) + 1}"
    if kind == "cross":
        return f"decoder to encoder, {layer}", "target", "source"
    return (f"{side}, {layer}", *(("source",) * 2 if side == "encoder" else ("target",) * 2))
