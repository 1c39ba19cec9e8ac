"""How a user asks either version: what is near a word, and analogies."""

from common.ask.abilities import Neighbours
from papers.word2vec.task import Exam


def neighbours(checkpoint) -> Neighbours:
    """The words of the corpus with the vectors that were learned."""
    words = Exam(checkpoint.data).corpus.words
    shape = len(words), checkpoint.config.size
    return Neighbours(words, checkpoint.tensors({"vectors": shape})["vectors"])
