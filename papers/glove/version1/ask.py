"""Near words by version 1: `papers near glove king --version version1`."""

from common.ask.abilities import Neighbours
from papers.glove.ask import known


def load(checkpoint) -> Neighbours:
    words = known(checkpoint)
    w = checkpoint.tensors({"w": (len(words), checkpoint.config.size)}, "model.")["w"]
    return Neighbours(words, w.numpy())
