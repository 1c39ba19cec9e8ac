"""A bag of words: which words a sentence has, in no order, and a weight for each of them.

Logistic regression of scikit-learn over all words of the training split. The strength of its
penalty, C = 1 of 0.1, 0.3, 1 and 3, was chosen on the validation split; pairs of neighbouring words
as well were no better there.
"""

from __future__ import annotations

from functools import cache

from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from common.data.labelled import load_labelled

C = 1.0


def bag_of_words(train, strength: float = C):
    """A classifier of texts, from (text, label) examples."""
    counts = CountVectorizer(token_pattern=r"\S+", binary=True)
    made = make_pipeline(counts, LogisticRegression(C=strength, max_iter=1_000))
    return made.fit(*map(list, zip(*train, strict=True)))


@cache
def wrong(data: str, split: str = "test") -> float:
    """The percentage of wrong sentences of a split."""
    labelled = load_labelled(data, report=lambda line: None)
    texts, labels = map(list, zip(*labelled.splits()[split], strict=True))
    return 100 * (1 - bag_of_words(labelled.train).score(texts, labels))
