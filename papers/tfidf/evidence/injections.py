"""How each deviation is put back into version 2, and what then no longer holds."""

from __future__ import annotations

import re

import numpy as np

DOCUMENTS = ["the cat sat", "the dog sat", "the dog ran", "a dog and a dog"]


def index(model, documents=DOCUMENTS, weighting=("tfc", "tfx")):
    return model.Index(documents, model.Config(*weighting))


# -- queries weighted by their own df -------------------------------------------------------------


def fitted_on_queries(model):
    def query(self, texts):
        counted = model.count(texts, self.numbers)
        df = np.maximum(model.document_frequency(counted, len(self.numbers)), 1)
        return model.weigh(self.config.queries, counted, df, counted.rows)

    return {"Index.query": query}


def a_query_weighs_the_same_in_any_company(model):
    own = index(model)
    alone, among = own.query(["the dog"]), own.query(["the dog", "the cat", "a dog"])
    np.testing.assert_allclose(alone.weight, among.weight[among.row == 0])
    assert (alone.weight > 0).any()


# -- words of one letter dropped ------------------------------------------------------------------


def one_letter_dropped(model):
    return {"WORD": re.compile(r"\b\w\w+\b")}


def words_of_one_letter_are_words(model):
    assert model.terms("Vitamin C, 7 of 9") == ["vitamin", "c", "7", "of", "9"]


# -- a logarithm to base 10, with 1 added ---------------------------------------------------------


def log10_plus_one(model):
    plain = model.rarity

    def rarity(letter, df, documents):
        return np.log10(documents / df) + 1 if letter == "f" else plain(letter, df, documents)

    return {"rarity": rarity}


def what_all_documents_have_weighs_nothing(model):
    np.testing.assert_allclose(model.rarity("f", np.array([8, 4, 2]), 8) / np.log(2), [0, 1, 2])


# -- occurrences counted for documents ------------------------------------------------------------


def occurrences_for_documents(model):
    def document_frequency(texts, terms):
        return np.bincount(texts.term, texts.weight, terms)

    return {"document_frequency": document_frequency}


def a_document_counts_once(model):
    own = index(model)
    assert own.df[own.numbers["dog"]] == 3
    assert own.df.max() <= own.documents


# -- documents not brought to length 1 ------------------------------------------------------------


def no_unit_length(model):
    return {"normalised": lambda letter, texts: texts}


def a_document_and_its_double_are_one(model):
    own = index(model, ["the cat", "a dog ran", "a dog ran a dog ran"])
    first, second = own.scores(["dog"])[0, 1:]
    assert first > 0
    np.testing.assert_allclose(first, second)


# -- counts as they are ---------------------------------------------------------------------------


def raw_counts(model):
    plain = model.frequency
    return {"frequency": lambda letter, texts: plain("t" if letter == "l" else letter, texts)}


def the_tenth_time_tells_less(model):
    own = index(model, ["dog " * 10, "dog", "cat"], ("lfx", "lfx"))
    ten, one, _ = own.scores(["dog"])[0]
    np.testing.assert_allclose(ten / one, 1 + np.log(10))


# -- smoothed as in scikit-learn ------------------------------------------------------------------


def smoothed_idf(model):
    plain = model.rarity
    return {"rarity": lambda letter, df, n: plain("s" if letter == "f" else letter, df, n)}


# -- without a rung: they are of BM25 -------------------------------------------------------------


def negative_weights(model):
    return {"bm25_rarity": lambda df, n: np.log((n - df + 0.5) / (df + 0.5))}


def a_match_is_never_against_a_document(model):
    assert (model.bm25_rarity(np.arange(1, 101), 100) > 0).all()


def floor_of_the_mean(model):
    def bm25_rarity(df, documents):
        idf = np.log((documents - df + 0.5) / (df + 0.5))
        return np.where(idf < 0, 0.25 * idf.mean(), idf)

    return {"bm25_rarity": bm25_rarity}


def the_rarer_term_weighs_more(model):
    """In half of the documents, and in one document more."""
    half, more, _, _ = model.bm25_rarity(np.array([50, 51, 1, 1]), 100)
    assert half > more > 0


def distinct_words_for_length(model):
    def bm25(texts, df, k1, b):
        length = np.bincount(texts.row, texts.weight, texts.rows)
        mean = len(texts.row) / texts.rows
        slack = k1 * (1 - b + b * length / mean)
        tf = texts.weight * (k1 + 1) / (texts.weight + slack[texts.row])
        return texts._replace(weight=tf * model.bm25_rarity(df, texts.rows)[texts.term])

    return {"bm25": bm25}


def a_document_of_mean_length_is_not_held_back(model):
    own = index(model, ["dog dog cat", "a a the"], (model.BM25, "txx"))
    idf = model.bm25_rarity(own.df, own.documents)[own.numbers["cat"]]
    np.testing.assert_allclose(own.scores(["cat"])[0, 0], idf)
