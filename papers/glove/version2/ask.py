"""Near words by version 2: `papers near glove king`, or `--analogy man king woman`."""

from common.ask.abilities import Neighbours
from papers.glove.ask import known
from papers.glove.version2 import model


def load(checkpoint) -> Neighbours:
    words = known(checkpoint)
    net = checkpoint.fill(lambda: model.GloVe(checkpoint.config, len(words)), "model.")
    return Neighbours(words, model.vectors(net))
