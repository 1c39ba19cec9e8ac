"""How a user searches the articles, whichever version weighs the words."""

import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from common.ask.abilities import Hit
from papers.tfidf.task import Exam


def searching(
    exam: Exam, scores, rarity: Mapping[str, float]
) -> Callable[[str, int], Sequence[Hit]]:
    """`search(query, count)` where `scores(queries)` compares queries with the exam's documents.

    A document is shown by the paragraph whose share of the query's words is the rarest.
    """

    def search(query: str, count: int) -> list[Hit]:
        found = np.asarray(scores([query]))[0]
        best = np.argsort(-found, kind="stable")[:count]
        words = set(re.findall(r"\w+", query.lower()))

        def shared(paragraph: str) -> float:
            both = words.intersection(re.findall(r"\w+", paragraph.lower()))
            return sum(rarity.get(word, 0.0) for word in both)

        return [
            Hit(exam.titles[i], max(exam.kept[i], key=shared), float(found[i]))
            for i in best
            if found[i] > 0
        ]

    return search
