"""How a user asks either version: what is near a word, and analogies."""

from common.ask.abilities import Neighbours
from common.exams.vectors import learned_words


def neighbours(checkpoint) -> Neighbours:
    """The words of the corpus with the vectors that were learned."""
    rows = [*checkpoint.shapes.get("vectors", ()), 0][0]
    words = learned_words(checkpoint.data, rows)
    shape = len(words), checkpoint.config.size
    return Neighbours(words, checkpoint.tensors({"vectors": shape})["vectors"])
