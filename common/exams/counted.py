"""The simple rival of learned word vectors: count what stands near what, and factor the table.

Positive pointwise mutual information, max(0, log(P(w, c) / (P(w) P(c)))), and its largest singular
values, as in Levy, Goldberg and Dagan 2015, Sec. 3, from which also come the two settings that help
most there: contexts count as their number to the power 0.75, and the singular values to 0.5.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from common.exams.vectors import Corpus

SMOOTHING = 0.75
WEIGHT = 0.5  # the power of the singular values


def together(corpus: Corpus, window: int, fade: bool = True) -> sparse.csr_array:
    """How often word and context stand within `window` words in a line, (V, V).

    With `fade` a pair at distance k counts (window + 1 - k) / window: how often a window that is
    drawn anew for each word, as in word2vec, would hold it.
    """
    size = len(corpus.words)
    line = np.repeat(np.arange(len(corpus.starts) - 1), np.diff(corpus.starts))
    found = sparse.csr_array((size, size))
    for k in range(1, window + 1):
        within = line[k:] == line[:-k]
        pair = corpus.tokens[:-k][within], corpus.tokens[k:][within]
        weight = np.full(within.sum(), (window + 1 - k) / window if fade else 1.0)
        found = found + sparse.coo_array((weight, pair), (size, size)).tocsr()
    return (found + found.T).tocsr()


def mutual_information(
    counts: sparse.csr_array, smoothing: float = SMOOTHING, shift: float = 0.0
) -> sparse.csr_array:
    """max(0, PMI - shift) of the pairs that occur (V, V)."""
    pairs = counts.tocoo()
    word, context = counts.sum(1), counts.sum(0) ** smoothing
    row, column = pairs.coords
    value = np.log(pairs.data * context.sum() / (word[row] * context[column])) - shift
    kept = value > 0
    return sparse.csr_array((value[kept], (row[kept], column[kept])), counts.shape)


def counted_vectors(corpus: Corpus, window: int, size: int, seed: int = 0) -> np.ndarray:
    """Vectors (V, size) of the factored table; the seed is that of the factoring."""
    from sklearn.utils.extmath import randomized_svd

    table = mutual_information(together(corpus, window))
    size = min(size, len(corpus.words) - 1)
    u, s, _ = randomized_svd(sparse.csr_matrix(table), size, random_state=seed)
    return u * s**WEIGHT
