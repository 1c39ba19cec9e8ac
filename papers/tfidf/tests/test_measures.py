"""The pairs of the claims: queries of one article are one observation."""

import pytest

from papers.tfidf.evidence import experiments

FOUND = {"The Moon 0.0": 1.0, "The Moon 0.1": 0.5, "The Moon 1.0": 0.5, "Mars 0.2": 0.25}


def test_articles_count_by_their_queries():
    """Two articles with two queries in the mean: the mean over articles is that over queries."""
    found = experiments.by_article(FOUND)
    assert found == {"The Moon": 1.0, "Mars": 0.125}
    assert sum(found.values()) / 2 == pytest.approx(sum(FOUND.values()) / 4)


def test_or_alike():
    found = experiments.by_article(FOUND, alike=True)
    assert found == pytest.approx({"The Moon": 2 / 3, "Mars": 0.25})
