"""Version 2 against plain loops over the words, letter by letter of the weighting."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from papers.tfidf.version2 import model

WORD = st.sampled_from(["a", "cat", "dog", "7", "the", "The", "Ölfass"])
TEXT = st.lists(WORD, max_size=9).map(" ".join)
TEXTS = st.lists(TEXT, min_size=1, max_size=6)
WEIGHTINGS = [t + f + c for t in "btln" for f in "xfks" for c in "xc"]


def tf(letter, word, text):
    n = text.count(word)
    most = max(map(text.count, text))
    return {"b": 1, "t": n, "l": 1 + math.log(n), "n": 0.5 + 0.5 * n / most}[letter]


def idf(letter, word, texts):
    n, df = len(texts), sum(word in text for text in texts)
    smooth = math.log((n + 1) / (df + 1)) + 1
    return {"x": 1, "f": math.log(n / df), "k": math.log(n / df) + 1, "s": smooth}[letter]


def literal(weighting, text, texts):
    t, f, c = weighting
    known = {word for text in texts for word in text}
    text = [word for word in text if word in known]
    found = {word: tf(t, word, text) * idf(f, word, texts) for word in set(text)}
    length = math.sqrt(sum(x * x for x in found.values())) if c == "c" else 1
    return {word: x / (length or 1) for word, x in found.items()}


def products(query, document):
    return sum(x * document.get(word, 0) for word, x in query.items())


@settings(deadline=None, max_examples=50)
@given(TEXTS, TEXTS, st.sampled_from(WEIGHTINGS), st.sampled_from(WEIGHTINGS))
def test_scores_are_those_of_plain_loops(documents, queries, one, other):
    split = [text.lower().split() for text in documents]
    scores = model.Index(documents, model.Config(one, other)).scores(queries)
    assert scores.shape == (len(queries), len(documents))
    for query, row in zip(queries, scores):
        asked = literal(other, query.lower().split(), split)
        for text, score in zip(split, row):
            assert score == pytest.approx(products(asked, literal(one, text, split)), abs=1e-12)


@settings(deadline=None, max_examples=50)
@given(TEXTS, TEXTS, st.sampled_from([0.0, 0.5, 1.2, 9.0]), st.sampled_from([0.0, 0.75, 1.0]))
def test_bm25_is_its_formula(documents, queries, k1, b):
    split = [text.lower().split() for text in documents]
    mean = sum(map(len, split)) / len(split)
    index = model.Index(documents, model.Config("bm25", "txx", k1, b))
    for query, row in zip(queries, index.scores(queries)):
        for text, score in zip(split, row):
            expected = 0.0
            for word in query.lower().split():
                n, df = text.count(word), sum(word in text for text in split)
                if n:
                    rare = math.log((len(split) - df + 0.5) / (df + 0.5) + 1)
                    expected += rare * n * (k1 + 1) / (n + k1 * (1 - b + b * len(text) / mean))
            assert score == pytest.approx(expected, abs=1e-12)


def test_probabilistic_idf_is_negative_beyond_the_half():
    found = model.rarity("p", np.array([1, 5, 9, 10]), 10)
    assert found == pytest.approx([math.log(9), 0.0, -math.log(9), -math.inf])


def test_a_query_alone_is_the_query_among_others():
    documents = ["the cat sat", "the dog ran", "a cat"]
    index = model.Index(documents, model.Config("lfc", "lfx"))
    alone = [index.scores([query])[0] for query in documents]
    np.testing.assert_array_equal(index.scores(documents), alone)


def test_many_queries_are_those_of_several_parts(monkeypatch):
    documents = [f"word{i} word{i % 7} the" for i in range(30)]
    index = model.Index(documents, model.Config())
    whole = index.scores(documents)
    monkeypatch.setattr(model, "AT_ONCE", 4)
    np.testing.assert_array_equal(index.scores(documents), whole)


def test_other_weights_over_the_same_counts_are_those_of_a_new_index():
    documents = ["the cat sat", "the dog ran ran", "a cat"]
    first = model.Index(documents, model.Config("txc", "txx"))
    before = first.scores(documents)
    other = first.weighted(model.Config("bm25", "bfx"))
    fresh = model.Index(documents, model.Config("bm25", "bfx"))
    np.testing.assert_array_equal(other.scores(documents), fresh.scores(documents))
    np.testing.assert_array_equal(first.scores(documents), before)


def test_words_that_no_document_has_find_nothing():
    index = model.Index(["the cat", "a dog"], model.Config())
    assert index.scores(["zebra", "", "cat zebra"])[:2].tolist() == [[0, 0], [0, 0]]
    assert index.scores(["cat zebra"])[0, 0] > 0


def test_one_posting_for_each_word_of_each_document():
    index = model.Index(["the the cat", "", "the dog"], model.Config())
    assert (index.postings, index.terms, index.documents) == (4, 3, 3)


@pytest.mark.parametrize(
    "change",
    [{"documents": "tf"}, {"queries": "tzx"}, {"queries": "bm25"}, {"k1": -1.0}, {"b": 1.5}],
)
def test_what_is_no_weighting_is_refused(change):
    with pytest.raises(ValueError, match="is no weighting|k1 must not be negative"):
        model.Config(**change)


@pytest.mark.parametrize(("n", "weight"), [(1, 8), (2, 7), (3, 6), (4, 6), (5, 5), (100, 1)])
def test_the_first_weights(n, weight):
    """f(100) is 7: between 64 and 128."""
    assert model.specificity(n, 100) == weight
