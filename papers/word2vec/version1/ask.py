"""What version 1 takes for near: `papers near word2vec king`."""

from common.ask.abilities import Neighbours
from papers.word2vec.ask import neighbours


def load(checkpoint) -> Neighbours:
    """The words of the corpus with their vectors."""
    return neighbours(checkpoint)
