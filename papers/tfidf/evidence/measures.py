"""How the claims of claims.py are measured."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from common.evidence.claims import Equal, Exact, Pair, View
from common.evidence.measuring import equal
from papers.tfidf import PAPER
from papers.tfidf.evidence import baseline, experiments, twins
from papers.tfidf.version1 import model as model1
from papers.tfidf.version2 import model as model2

HELD_OUT = 100  # test sentences, as texts that the weights were not fitted on
FITTED = 40  # articles, for scikit-learn's seven settings
ASKED = 20  # queries for rank_bm25, which takes its time


# -- exact --------------------------------------------------------------------------------------


def first_weight() -> Exact:
    """The largest difference of Sparck Jones' whole numbers from log2(N/n) + 1."""
    documents = len(experiments.exam().texts)
    pairs = [(model2.specificity(n, documents), n) for n in range(1, documents + 1)]
    worst = max(abs(weight - math.log2(documents / n) - 1) for weight, n in pairs)
    return Exact(worst, 0.0, tolerance=1.0, note=f"{documents} documents, all n")


def base_is_nothing() -> Exact:
    """Test queries to which the base of the logarithm makes a difference."""
    other = experiments.moved(plus=1.0)
    return Exact(experiments.moved(plus=0.0), 0, note=f"with 1 added to the logarithm: {other}")


def postings() -> Exact:
    """Weights kept, beside the distinct words of each article counted by plain sets."""
    index = experiments.index("lfc", "lfx")
    plain = sum(len(set(model2.terms(text))) for text in experiments.exam().texts)
    share = index.postings / (index.terms * index.documents)
    return Exact(index.postings, plain, note=f"{share:.1%} of a dense table")


def half_the_documents() -> Exact:
    """BM25's idf of a term in exactly half of the documents."""
    weight = model2.bm25_rarity(np.array([500]), 1_000)[0]
    return Exact(float(weight), math.log(2), tolerance=1e-12)


def bm25_limits() -> Exact:
    """With k1 = 0 the score is the sum of the idf of the query's terms that are there."""
    texts = experiments.exam().texts
    queries = [query.sentence for query in experiments.exam().test[:ASKED]]
    index = model2.Index(texts, model2.Config(model2.BM25, "bxx", k1=0.0))
    idf = model2.bm25_rarity(index.df, index.documents)
    numbers, words = index.numbers, [set(model2.terms(text)) for text in texts]
    plain = [
        [sum(idf[numbers[t]] for t in set(model2.terms(query)) & has) for has in words]
        for query in queries
    ]
    return Exact(float(abs(index.scores(queries) - plain).max()), 0.0, tolerance=1e-9)


# -- equivalence --------------------------------------------------------------------------------


def scikit_learn() -> Equal:
    """Every weight that TfidfVectorizer gives, in seven of its settings."""
    exam = experiments.exam()
    held_out = [query.sentence for query in exam.test[:HELD_OUT]]
    worst = [max(twins.scikit(w, exam.texts[:FITTED], held_out)) for w in twins.SCIKIT]
    return Equal(max(worst), 1e-12, note=f"{len(worst)} settings")


def rank_bm25() -> Equal:
    exam = experiments.exam()
    queries = [query.sentence for query in exam.test[:ASKED]]
    return Equal(float(abs(twins.rank_bm25(exam.texts, queries)).max()), 1e-9)


def lucene() -> Equal:
    return Equal(twins.gensim(experiments.exam().texts), 1e-9)


def version1_equals_version2() -> Equal:
    """Version 1's idf and document vectors as version 2 gives them, letter by letter."""
    texts = experiments.exam().texts
    rarity, vectors = model1.fit(texts)
    index = model2.Index(texts, model2.Config("txx", "txx"))
    known = {term: i for term, i in index.numbers.items() if len(term) > 1}
    logarithm = model2.rarity("f", index.df, index.documents) / math.log(10)
    ours = np.array([logarithm[i] + 1 for i in known.values()])
    kept = np.isin(index.vectors.term, list(known.values()))
    counted = model2.Texts(*(part[kept] for part in index.vectors[:3]), index.documents)
    idf = np.zeros(index.terms)
    idf[list(known.values())] = ours
    weighed = counted._replace(weight=counted.weight * idf[counted.term])
    two = experiments.matrix(model2.normalised("c", weighed), index.terms)
    rows = [(i, known[t], w) for i, vector in enumerate(vectors) for t, w in vector.items()]
    row, term, weight = map(np.array, zip(*rows))
    one = experiments.matrix(model2.Texts(row, term, weight, len(texts)), index.terms)
    return equal([([rarity[t] for t in known], ours), (abs(one - two).max(), 0.0)], 1e-12)


# -- directions ---------------------------------------------------------------------------------


def over_articles(
    better: tuple[str, str],
    worse: tuple[str, str],
    unit: str = "article",
    whole: bool = False,
    alike: bool = False,
) -> Callable[[View], Pair]:
    """Two weightings, each (documents, queries), over the same queries, article by article.

    Queries of one article are relatives, and no observations of their own.
    """

    def measure(view: View) -> Pair:
        found = (experiments.found(*side, unit, whole) for side in (better, worse))
        return Pair(*(experiments.by_article(values, alike) for values in found), sign=+1)

    return measure


def over_sentences(better: str, worse: str) -> Callable[[View], Pair]:
    """The share of SST-2's test sentences that a linear classifier gets right."""

    def measure(view: View) -> Pair:
        sides = (experiments.judged(weighting) for weighting in (better, worse))
        return Pair(*sides, sign=+1, note=experiments.note())

    return measure


def beats_counts(view: View) -> Pair:
    ours = view.values(PAPER.newest)
    return Pair(ours, {seed: baseline.raw_counts(seed) for seed in ours}, sign=+1)
