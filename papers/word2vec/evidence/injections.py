"""How each deviation is put back into version 2, and what then no longer holds."""

from __future__ import annotations

import numpy as np

from common.exams.vectors import corpus_of

LINES = [f"the w{i} saw a w{i % 3} and the w{i % 5} of w{i % 7}".split() for i in range(12)] * 6
COUNTS = np.array([50, 20, 20, 9, 1])


def learner(model, **changes):
    settings = {"size": 6, "negatives": 2, "subsample": 0.0, "rate": 0.1, "epochs": 2, "steps": 8}
    return model.Learner(model.Config(**{**settings, **changes}), corpus_of(LINES), 0)


# -- one table for both sides ---------------------------------------------------------------------


def one_table(model):
    class Tied(model.Learner):
        def __init__(self, config, corpus, seed):
            super().__init__(config, corpus, seed)
            self.outer = self.vectors

    return {"Learner": Tied}


def a_word_going_in_is_not_the_word_asked(model):
    own = learner(model)
    own.step(0)
    assert not np.shares_memory(own.vectors, own.outer)


# -- windows --------------------------------------------------------------------------------------


def fixed_window(model):
    return {"reach": lambda rng, places, window: np.full(places, window)}


def nearer_words_are_seen_more_often(model):
    """At distance k a pair is there in (C + 1 - k) / C of all windows."""
    tokens, rng = np.arange(20_000), np.random.default_rng(0)
    found = model.pairs(tokens, np.zeros(20_000), model.reach(rng, 20_000, 5))
    distance = np.bincount(abs(found.context - found.word))[1:] / 40_000
    np.testing.assert_allclose(distance, [1, 0.8, 0.6, 0.4, 0.2], atol=0.02)


def right_end_missed(model):
    plain = model.pairs

    def pairs(tokens, line, far):
        """The last word of the right half is left out, as by a range that ends before it."""
        found = plain(tokens, line, far)
        numbered = plain(np.arange(len(tokens)), line, far)
        kept = numbered.context - numbered.word < far[numbered.place]
        return model.Pairs(*(part[kept] for part in found))

    return {"pairs": pairs}


def contexts_stand_on_both_sides(model):
    found = model.pairs(np.arange(9), np.zeros(9), np.full(9, 2))
    assert found.context[found.place == 4].tolist() == [2, 3, 5, 6]
    assert found.context[found.place == 0].tolist() == [1, 2]


def across_lines(model):
    def part(self, i, rng):
        tokens, line = plain(self, i, rng)
        return tokens, np.zeros_like(line)

    plain = model.Learner.part
    return {"Learner.part": part}


def no_context_is_of_another_line(model):
    """Each line of this corpus has a word of its own on both ends."""
    lines = [[f"a{i}", "x", f"a{i}"] for i in range(9)] * 6
    config = model.Config(size=2, subsample=0.0, epochs=1, steps=1)
    own = model.Learner(config, corpus_of(lines), 0)
    tokens, line = own.part(0, np.random.default_rng(0))
    found = model.pairs(tokens, line, np.full(len(tokens), 2))
    middle = np.bincount(tokens).argmax()
    ends = (found.word != middle) & (found.context != middle)
    assert ends.any() and (found.word[ends] == found.context[ends]).all()


# -- negatives and subsampling --------------------------------------------------------------------


def uniform_negatives(model):
    return {"noise": lambda counts, power: np.full(len(counts), 1 / len(counts))}


def negatives_follow_the_counts(model):
    asking = model.Negatives(COUNTS, 5, 0.75)
    drawn = np.bincount(asking.draw(np.random.default_rng(0), 100_000), minlength=5) / 100_000
    np.testing.assert_allclose(drawn, COUNTS**0.75 / (COUNTS**0.75).sum(), atol=0.01)


def every_word_read(model):
    return {"kept": lambda counts, threshold: np.ones(len(counts))}


def released_formula(model):
    def kept(counts, threshold):
        ratio = threshold * counts.sum() / counts
        return np.minimum(1, np.sqrt(ratio) + ratio)

    return {"kept": kept}


def counts_for_frequencies(model):
    return {"kept": lambda counts, threshold: np.minimum(1, np.sqrt(threshold / counts))}


def words_are_dropped_by_their_frequency(model):
    """1 - P(w) = sqrt(t / f(w)), and 1 where f(w) is below t (2013b, Eq. 5)."""
    found = model.kept(np.array([900, 90, 9, 1]), 0.01)
    np.testing.assert_allclose(found, [np.sqrt(1 / 90), 1 / 3, 1, 1])


# -- the rate -------------------------------------------------------------------------------------


def rate_restarts(model):
    def rate(self, i):
        steps = self.config.steps / self.config.epochs
        return self.config.rate * (1 - (i % steps) / steps)

    return {"Learner.rate": rate}


def the_rate_falls_once(model):
    own = learner(model)
    rates = [own.rate(i) for i in range(8)]
    assert all(a > b > 0 for a, b in zip(rates, rates[1:]))


# -- CBOW: without a rung, since version 2 is a skip-gram ------------------------------------------


def undivided_gradient(model):
    plain = model.learn

    def learn(vectors, outer, batch, rate):
        """Each word of the context moves by the whole gradient of their mean."""
        before, kernel = vectors.copy(), model.FUSED
        sizes = np.diff(batch.input_starts)
        assert len(sizes) == 1, "one example at a time"
        model.FUSED = None
        loss = plain(vectors, outer, batch, rate)
        model.FUSED = kernel
        vectors[:] = before + (vectors - before) * sizes[0]
        return loss

    return {"learn": learn}


def summed_contexts(model):
    def learn(vectors, outer, batch, rate):
        words, rows = batch.inputs, batch.outputs
        h = vectors[words].sum(0)
        says = model.sigmoid(outer[rows] @ h)
        g = (rate * (batch.labels - says)).astype(np.float32)
        back = g @ outer[rows]
        np.add.at(outer, rows, g[:, None] * h)
        np.add.at(vectors, words, back)
        return float(-np.log(np.where(batch.labels > 0, says, 1 - says)).sum())

    return {"learn": learn}


def one_cbow_example(model, vectors, outer):
    starts = np.array([0, 3]), np.array([0, 2])
    inputs, outputs = np.array([0, 1, 2], dtype=np.int32), np.array([3, 4], dtype=np.int32)
    labels = np.array([1, 0], dtype=np.float32)
    batch = model.Examples(inputs, starts[0], outputs, labels, starts[1])
    return model.learn(vectors, outer, batch, 1e-3)


def the_step_is_the_gradient_of_the_loss(model):
    """By finite differences of the loss that the same function returns."""
    rng = np.random.default_rng(0)
    vectors, outer = (rng.normal(size=(5, 4)).astype(np.float32) for _ in range(2))
    moved, ignored = vectors.copy(), outer.copy()
    one_cbow_example(model, moved, ignored)
    for word, column in ((0, 1), (2, 3)):
        sides = []
        for sign in (1, -1):
            shifted = vectors.copy()
            shifted[word, column] += sign * 1e-2
            sides.append(one_cbow_example(model, shifted, outer.copy()))
        slope = (sides[0] - sides[1]) / 2e-2
        found = (moved - vectors)[word, column] / -1e-3
        np.testing.assert_allclose(found, slope, rtol=0.02, atol=1e-3)


def the_context_is_a_mean(model):
    """Twice the same word around is that word."""
    vectors, outer = np.ones((5, 4), dtype=np.float32), np.ones((5, 4), dtype=np.float32)
    vectors[1:3] = vectors[0]
    loss = one_cbow_example(model, vectors, outer.copy())
    score = 4.0
    expected = np.log1p(np.exp(-score)) + np.log1p(np.exp(score))
    np.testing.assert_allclose(loss, expected, rtol=1e-4)
