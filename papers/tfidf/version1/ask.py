"""Search by version 1: `papers search tfidf "the moons of Mars" --version version1`."""

from common.ask.abilities import Searcher
from papers.tfidf.ask import searching
from papers.tfidf.task import Exam
from papers.tfidf.version1 import model


def load(checkpoint) -> Searcher:
    """The index of the articles with the idf that was learned."""
    exam = Exam(checkpoint.data, checkpoint.seed)
    counts = [model.count(text) for text in exam.texts]
    terms = list(model.idf(counts))
    learned = checkpoint.tensors({"idf": (len(terms),)})["idf"].double().tolist()
    index = model.Index(())
    index.rarity = dict(zip(terms, learned))
    index.vectors = [model.weigh(c, index.rarity) for c in counts]
    return Searcher(searching(exam, index.scores, index.rarity))
