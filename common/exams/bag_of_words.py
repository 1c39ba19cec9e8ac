"""The rival of models that judge sentences: which words a sentence has, in no order, and a weight
for each of them. Logistic regression of scikit-learn over words and pairs of neighbouring words,
weighted by tf-idf."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from common.exams.sentiment import known, labelled

STRENGTH = 30.0  # 1 over the penalty, C; of 1, 3, 10, 30 the best on the validation split


def bag_of_words(train, strength: float = STRENGTH, pairs: bool = True):
    """A classifier of texts, from (text, label) examples."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    weights = TfidfVectorizer(token_pattern=r"\S+", ngram_range=(1, 1 + pairs), sublinear_tf=True)
    made = make_pipeline(weights, LogisticRegression(C=strength, max_iter=1_000))
    return made.fit(*map(list, zip(*train, strict=True)))


@cache
def bag_of_words_error(
    data: str,
    labels: int | None = None,
    seed: int = 0,
    split: str = "test",
    strength: float = STRENGTH,
    pairs: bool = True,
) -> float:
    """The percentage of wrong sentences of a split, learned from the sentences that a version with
    that seed has `labels` of."""
    parts, _ = labelled(data)
    rows = known([label for _, label in parts["train"]], labels, seed)
    model = bag_of_words([parts["train"][i] for i in rows], strength, pairs)
    texts, wanted = map(list, zip(*parts[split], strict=True))
    return 100 * (1 - model.score(texts, wanted))


def mean_error(data: str, labels: int | None, seeds: Iterable[int]) -> float:
    """The mean over the subsets that these seeds draw."""
    found = [bag_of_words_error(data, labels, seed) for seed in seeds]
    return sum(found) / len(found)
