"""Word for word: the lexical translation of IBM model 1, which the networks must beat."""

from __future__ import annotations

from collections import Counter

import numpy as np

from papers.transformer import task

ROUNDS = 10  # of expectation maximisation; with more, rare words collect too much
NULL = 0  # an English word that stands before each sentence and gives words without a source


def lexicon(sources: np.ndarray, targets: np.ndarray, symbols: int) -> np.ndarray:
    """t(german | english) (V, V) by expectation maximisation (Brown et al. 1993, Eq. 14-17).

    `sources` (N, S) and `targets` (N, T) are padded word numbers as the exam gives them.
    """
    english = np.pad(sources, ((0, 0), (1, 0)), constant_values=NULL)  # PAD's number serves NULL
    real = np.pad(sources != task.PAD, ((0, 0), (1, 0)), constant_values=True)
    german = targets[:, 1:]
    words = german > task.END
    both = real[:, :, None] & words[:, None, :]  # pairs that may be aligned
    e, g = (np.broadcast_to(a, both.shape) for a in (english[:, :, None], german[:, None, :]))
    t = np.full((symbols, symbols), 1 / symbols)
    for _ in range(ROUNDS):
        share = np.where(both, t[e, g], 0)
        share /= np.maximum(share.sum(1, keepdims=True), 1e-12)  # over the English words
        counts = np.bincount((e * symbols + g)[both], weights=share[both], minlength=symbols**2)
        counts = counts.reshape(symbols, symbols)
        t = counts / np.maximum(counts.sum(1, keepdims=True), 1e-12)
    return t


def translations(exam: task.Exam) -> list[str]:
    """The test sentences, each English word replaced by its likeliest German word, in its order."""
    t = lexicon(*exam.pairs["train"], exam.symbols)
    t[:, : len(task.SPECIAL)] = 0
    best = t.argmax(1)
    rows = exam.pairs["test"][0]
    return [exam.decode([best[w] for w in row if w > task.UNKNOWN]) for row in rows]


def word_for_word_bleu(data: str) -> float:
    """BLEU of the test sentences translated word for word."""
    exam = task.Exam(data)
    references = [german for _, german in exam.test_sentences()]
    return task.bleu(translations(exam), references)


def unigram_nats(data: str) -> float:
    """Nats per target word of guessing by frequency alone, with one added to each count."""
    exam = task.Exam(data)
    train, test = (exam.pairs[s][1][:, 1:] for s in ("train", "test"))
    counts = Counter(train[train != task.PAD].tolist())
    total = sum(counts.values()) + exam.symbols
    known = test[test != task.PAD]
    return float(-np.mean([np.log((counts[w] + 1) / total) for w in known.tolist()]))
