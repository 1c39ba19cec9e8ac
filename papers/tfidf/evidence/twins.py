"""Implementations that we did not write: scikit-learn, rank_bm25 and gensim."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from scipy import sparse

from common.evidence.claims import NOT_MEASURED, Unmeasured
from papers.tfidf.evidence.experiments import matrix
from papers.tfidf.version2 import model

SCIKIT: dict[str, dict[str, Any]] = {  # weighting -> what scikit-learn calls it
    "tsc": {},
    "tkc": {"smooth_idf": False},
    "lsc": {"sublinear_tf": True},
    "lkc": {"sublinear_tf": True, "smooth_idf": False},
    "txc": {"use_idf": False},
    "bsc": {"binary": True},
    "tsx": {"norm": None},
}


def scikit(weighting: str, texts: Sequence[str], held_out: Sequence[str]) -> Iterator[float]:
    """The largest differences from TfidfVectorizer, in the texts and in held-out ones."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    theirs = TfidfVectorizer(token_pattern=r"\w+", **SCIKIT[weighting])
    ours = model.Index(texts, model.Config(weighting, weighting))
    fitted = theirs.fit_transform(texts)
    place = [theirs.vocabulary_[term] for term in ours.numbers]
    if len(place) != len(theirs.vocabulary_):
        raise ValueError("the vocabularies differ")
    pairs = ((ours.vectors, fitted), (ours.query(held_out), theirs.transform(held_out)))
    for own, other in pairs:
        yield float(abs(matrix(own, ours.terms) - sparse.csr_array(other)[:, place]).max())


def okapi(texts: Sequence[str], config: model.Config):
    """rank_bm25's BM25Okapi over the same words, with idf of its own."""
    try:
        from rank_bm25 import BM25Okapi
    except ImportError:
        raise Unmeasured(NOT_MEASURED, "needs the package rank-bm25") from None
    return BM25Okapi([model.terms(text) for text in texts], k1=config.k1, b=config.b)


def rank_bm25(texts: Sequence[str], queries: Sequence[str], own_idf: bool = False) -> np.ndarray:
    """Our scores less those of rank_bm25, into which our idf goes unless it keeps its own."""
    config = model.Config(model.BM25, "txx")
    theirs, ours = okapi(texts, config), model.Index(texts, config)
    if not own_idf:
        theirs.idf = dict(zip(ours.numbers, model.bm25_rarity(ours.df, ours.documents)))
    scores = [theirs.get_scores(model.terms(query)) for query in queries]
    return ours.scores(queries) - np.array(scores)


def gensim(texts: Sequence[str], whole: bool = True) -> float:
    """The largest difference from gensim's LuceneBM25Model, which leaves out the factor k1 + 1.

    Fitted on a dictionary, or (not `whole`) on the counted texts, as its examples also do.
    """
    from gensim.corpora import Dictionary
    from gensim.models import LuceneBM25Model

    config = model.Config(model.BM25, "txx")
    ours, words = model.Index(texts, config), [model.terms(text) for text in texts]
    dictionary = Dictionary(words)
    counted = [dictionary.doc2bow(w) for w in words]
    fitted = {"dictionary": dictionary} if whole else {"corpus": counted}
    theirs = LuceneBM25Model(**fitted, k1=config.k1, b=config.b)
    place = {dictionary.token2id[term]: i for term, i in ours.numbers.items()}
    rows = [(i, place[t], w) for i, bow in enumerate(counted) for t, w in theirs[bow]]
    row, term, weight = map(np.array, zip(*rows))
    other = model.Texts(row, term, weight * (config.k1 + 1), len(texts))
    return float(abs(matrix(ours.vectors, ours.terms) - matrix(other, ours.terms)).max())
