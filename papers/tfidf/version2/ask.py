"""Search by version 2: `papers search tfidf "the first man on the Moon"`."""

from common.ask.abilities import Searcher
from papers.tfidf.ask import searching
from papers.tfidf.task import Exam
from papers.tfidf.version2 import model


def load(checkpoint) -> Searcher:
    """The index of the articles; how many have each word is as it was counted in training."""
    exam = Exam(checkpoint.data, checkpoint.seed)
    index = model.Index(exam.texts, checkpoint.config)
    learned = checkpoint.tensors({"df": index.df.shape})["df"]
    if learned.tolist() != index.df.tolist():
        raise ValueError("these weights were counted in other documents")
    rarity = model.rarity("f", index.df, index.documents)
    return Searcher(searching(exam, index.scores, dict(zip(index.numbers, rarity))))
