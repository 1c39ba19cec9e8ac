"""Version 1 is tf-idf as it is first written, mistakes and all."""

import math

import pytest

from papers.tfidf.version1 import model

DOCUMENTS = ["the cat sat on the mat", "the dog ran", "vitamin C, vitamin D"]


def test_weights_by_hand():
    rarity = model.idf([model.count(text) for text in DOCUMENTS])
    assert rarity["the"] == pytest.approx(math.log10(3 / 2) + 1)
    assert rarity["cat"] == pytest.approx(math.log10(3) + 1)
    vector = model.weigh(model.count("the the dog"), rarity)
    length = math.hypot(2 * rarity["the"], rarity["dog"])
    assert vector == pytest.approx(
        {"the": 2 * rarity["the"] / length, "dog": rarity["dog"] / length}
    )


def test_each_document_finds_itself():
    scores = model.Index(DOCUMENTS).scores(DOCUMENTS)
    assert [row.index(max(row)) for row in scores] == [0, 1, 2]
    assert [scores[i][i] for i in range(3)] == pytest.approx([1, 1, 1])


def test_letters_are_lost():
    """scikit-learn/scikit-learn#8587."""
    assert model.count(DOCUMENTS[2]) == {"vitamin": 2}


def test_a_query_depends_on_its_company():
    """fit_transform on the queries: scikit-learn/scikit-learn, pull request 18426."""
    index = model.Index(DOCUMENTS)
    alone = index.scores(["the cat"])[0]
    among = index.scores(["the cat", "the dog", "the mat"])[0]
    assert alone != pytest.approx(among)


def test_alone_a_query_is_counted_only():
    scores = model.Index(["the", "cat"]).scores(["the cat"])[0]
    assert scores[0] == pytest.approx(scores[1])


def test_nothing_is_found_by_nothing():
    assert model.Index(["the cat"]).scores(["", "x", "zebra"]) == [[0], [0], [0]]
