"""Version 2: what is drawn, how it learns, with C++ and without; the comparisons can fail."""

import numpy as np
import pytest

from common.exams.vectors import corpus_of
from common.run.compiled import compiled
from papers.word2vec.evidence import experiments, measures, twins
from papers.word2vec.version2 import kernel, model

KINDS = [(a, o) for a in ("skipgram", "cbow") for o in ("negative", "hierarchical")]
BY_KIND = pytest.mark.parametrize(("architecture", "objective"), KINDS)
LINES = [[f"w{i * j % 23}" for j in range(1, 12)] for i in range(1, 40)]


@pytest.fixture(autouse=True)
def loops(monkeypatch):
    """Plain loops, unless a test asks for more."""
    monkeypatch.setattr(model, "FUSED", None)


def learner(architecture="skipgram", objective="negative", **changes):
    settings = {"size": 9, "negatives": 3, "subsample": 0.0, "rate": 0.2, "epochs": 9, "steps": 9}
    config = model.Config(architecture, objective, **{**settings, **changes})
    return model.Learner(config, corpus_of(LINES), 0)


@BY_KIND
def test_each_kind_learns(architecture, objective):
    """gensim's CBOW with negative sampling once did nothing, unseen (its pull request 386)."""
    own = learner(architecture, objective)
    losses = [own.step(i) for i in range(9)]
    assert np.mean(losses[-3:]) < 0.98 * losses[0]


@BY_KIND
def test_steps_are_those_of_autograd(architecture, objective):
    own = learner(architecture, objective)
    own.outer += np.random.default_rng(1).normal(size=own.outer.shape).astype(np.float32)
    batch = own.batch(0)
    *theirs, loss = twins.torch_step(own.vectors, own.outer, batch, 0.1)
    found = model.learn(own.vectors, own.outer, batch, 0.1)
    assert found == pytest.approx(loss, rel=1e-5)
    np.testing.assert_allclose(own.vectors, theirs[0], atol=1e-5)
    np.testing.assert_allclose(own.outer, theirs[1], atol=1e-5)
    assert abs(own.vectors - learner(architecture, objective).vectors).max() > 1e-2


@BY_KIND
def test_compiled_it_computes_the_same(architecture, objective, monkeypatch):
    built = compiled(kernel.CPP, *kernel.FLAGS)
    if built is None:
        pytest.skip("no C++ compiler here")
    plain, fast = learner(architecture, objective), learner(architecture, objective)
    losses = [plain.step(i) for i in range(3)]
    monkeypatch.setattr(model, "FUSED", kernel.learn(built))
    assert [fast.step(i) for i in range(3)] == pytest.approx(losses, rel=1e-5)
    np.testing.assert_allclose(fast.vectors, plain.vectors, atol=1e-5)
    np.testing.assert_allclose(fast.outer, plain.outer, atol=1e-5)


def test_pairs_are_those_of_a_plain_loop():
    rng = np.random.default_rng(0)
    tokens, line = rng.integers(9, size=40), np.sort(rng.integers(5, size=40))
    far = rng.integers(1, 4, size=40)
    expected = [
        (i, tokens[i], tokens[j])
        for i in range(40)
        for j in range(40)
        if i != j and abs(i - j) <= far[i] and line[i] == line[j]
    ]
    found = model.pairs(tokens, line, far)
    assert list(zip(*found)) == expected
    none = model.pairs(tokens[:0], line[:0], far[:0])
    assert len(none.word) == 0


def test_a_huffman_tree_by_hand():
    nodes, turns = model.huffman([5, 2, 1, 1])
    assert [len(way) for way in nodes] == [1, 2, 3, 3]
    codes = ["".join(map(str, turn)) for turn in turns]
    assert len(set(codes)) == 4
    assert not any(a != b and b.startswith(a) for a in codes for b in codes)
    assert {way[0] for way in nodes} == {2}  # the root is the last node that was made


def test_of_a_word_no_one_says_no_to_itself():
    asking = model.Negatives(np.array([99, 1]), 8, 0.75)
    outputs, labels, starts = asking.ask(np.random.default_rng(0), np.zeros(50, dtype=np.int32))
    assert (labels.reshape(50, 9)[:, 0] == 1).all()
    others = labels.reshape(50, 9)[:, 1:]
    assert ((others == -1) == (outputs.reshape(50, 9)[:, 1:] == 0)).all()
    assert set(np.unique(others)) == {-1, 0} and starts[-1] == 450


def test_the_text_is_read_so_many_times_in_equal_parts():
    own = learner(epochs=3, steps=7)
    read = np.concatenate([own.part(i, np.random.default_rng(0))[0] for i in range(7)])
    np.testing.assert_array_equal(read, np.tile(own.tokens, 3))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"architecture": "glove"}, "skipgram or cbow"),
        ({"objective": "softmax"}, "negative or hierarchical"),
        ({"negatives": 0}, "negatives must be at least 1"),
        ({"rate": 0.0}, "rate must be positive"),
    ],
)
def test_a_wrong_config_is_refused(changes, says):
    with pytest.raises(ValueError, match=says):
        model.Config(**changes)


def test_gensim_takes_the_same_steps():
    assert twins.gensim_step(measures.level()) < 2e-3
    assert twins.gensim_step(measures.level(), model.sigmoid) > 1e-2


def test_gensim_draws_from_the_same_distribution():
    corpus = corpus_of(LINES)
    assert twins.gensim_noise(corpus) < 1e-8
    assert abs(model.noise(corpus.counts, 0.75) - model.noise(corpus.counts, 1.0)).max() > 1e-3


def test_costs_are_those_of_the_paper():
    for claim in (measures.cost_of_cbow, measures.cost_of_skipgram):
        found = claim()
        assert found.value == pytest.approx(found.expected)


@pytest.mark.slow
def test_the_made_language_is_learned():
    assert experiments.analogies(0) > 0.9
