"""Search, cache and masks: what must not depend on how it is computed."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from common.exams import search
from common.exams.pairs import BEGIN, END, PAD
from common.exams.translation import Evaluated
from papers.transformer.evidence import twins
from papers.transformer.version1 import model as model1
from papers.transformer.version2 import model as model2
from papers.transformer.version3 import model as model3


def nets():
    """A toy net of each version, ready for the exam."""
    first = model1.Transformer(
        model1.Config(**twins.SIZES), twins.SYMBOLS, np.random.default_rng(0)
    )
    return [first, *(Evaluated(twins.toy(model)) for model in (model2, model3))]


NETS = pytest.mark.parametrize("net", nets(), ids=["version1", "version2", "version3"])


class Table:
    """A net whose next word depends on the word before alone: log-probabilities (V, V)."""

    def __init__(self, log_p):
        self.log_p = log_p

    def start(self, source):
        return {"source": source}

    def step(self, cache, prefix):
        return self.log_p[prefix[:, -1]]


@NETS
def test_steps_give_what_teacher_forcing_gives(net):
    cache = net.start(twins.SOURCE)
    whole = torch.as_tensor(net.scores(twins.SOURCE, twins.TARGET))
    for t in range(1, twins.TARGET.shape[1] + 1):
        step = torch.as_tensor(net.step(cache, twins.TARGET[:, :t]))
        assert torch.allclose(step, whole[:, t - 1], atol=1e-4)


@NETS
def test_padding_and_neighbours_change_nothing(net):
    together = torch.as_tensor(net.scores(twins.SOURCE, twins.TARGET))
    for i, (source, target) in enumerate(zip(twins.SOURCE, twins.TARGET)):
        alone = net.scores(source[None, source != 0], target[None])
        assert torch.allclose(torch.as_tensor(alone)[0], together[i], atol=1e-4)


@NETS
def test_the_future_changes_nothing_before_it(net):
    changed = twins.TARGET.copy()
    changed[:, 3:] = (changed[:, 3:] + 3) % twins.SYMBOLS
    a, b = (torch.as_tensor(net.scores(twins.SOURCE, t)) for t in (twins.TARGET, changed))
    assert torch.allclose(a[:, :3], b[:, :3], atol=1e-6)
    assert not torch.allclose(a[:, 3:], b[:, 3:], atol=1e-3)


@NETS
def test_a_beam_of_one_is_the_greedy_loop(net):
    for source, ours in zip(twins.SOURCE, search.translate(net, twins.SOURCE)):
        words = [BEGIN]
        for _ in range((source != PAD).sum() + search.EXTRA):
            scores = torch.as_tensor(net.scores(source[None], np.array([words])))[0, -1]
            scores[[PAD, BEGIN]] = -torch.inf
            words.append(int(scores.argmax()))
            if words[-1] == END:
                break
        assert ours == [w for w in words[1:] if w != END]


@NETS
def test_a_batch_is_searched_as_its_sentences_are(net):
    together = search.translate(net, twins.SOURCE, beam=3)
    assert together == [search.translate(net, row[None], beam=3)[0] for row in twins.SOURCE]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.6, 1.0]))
def test_a_beam_as_wide_as_the_tree_finds_the_best(seed, alpha):
    """Against all sentences of two words at most."""
    monkey = pytest.MonkeyPatch()
    with monkey.context() as patch:
        patch.setattr(search, "EXTRA", 2)
        log_p = np.log(np.random.default_rng(seed).dirichlet(np.ones(5), size=5))
        log_p[:, [PAD, BEGIN]] = -np.inf
        log_p = torch.as_tensor(log_p).log_softmax(-1)
        (found,) = search.translate(Table(log_p), np.array([[4]]), beam=12, alpha=alpha)

    def worth(words):
        steps = itertools.pairwise([BEGIN, *words])
        total = sum(log_p[a, b].item() for a, b in steps)
        return total / ((5 + len(words)) / 6) ** alpha

    ended = [[*w, END] for n in range(3) for w in itertools.product((3, 4), repeat=n)]
    cut = [list(w) for w in itertools.product((3, 4), repeat=3)]
    best = max(ended + cut, key=worth)
    assert found == [w for w in best if w != END]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.6, 1.0]), st.integers(1, 4))
def test_ending_a_search_early_changes_nothing(seed, alpha, beam):
    """What is decided stays so: a search that goes on to the longest length finds the same."""
    log_p = np.log(np.random.default_rng(seed).dirichlet(np.full(6, 0.5), size=6))
    net, sources = Table(torch.as_tensor(log_p)), np.array([[4, 5, 3, 0], [4, 0, 0, 0]])
    early = search.translate(net, sources, beam, alpha)
    with pytest.MonkeyPatch.context() as patch:
        never = lambda worth, ceiling, done: torch.zeros(len(done), dtype=torch.bool)  # noqa: E731
        patch.setattr(search, "_decided", never)
        assert search.translate(net, sources, beam, alpha) == early


def test_a_search_ends_as_soon_as_nothing_can_change():
    """A net that is sure of END after the first word is asked twice, not to the longest length."""
    log_p = torch.full((6, 6), -20.0)
    log_p[BEGIN, 4], log_p[4, END] = 0.0, 0.0
    asked = []

    class Counted(Table):
        def step(self, cache, prefix):
            asked.append(len(prefix))
            return super().step(cache, prefix)

    assert search.translate(Counted(log_p), np.array([[4], [5]]), beam=4) == [[4], [4]]
    assert asked == [8, 8]


def test_the_penalty_favours_long_translations():
    lengths = torch.arange(1.0, 20)
    assert search.penalty(torch.ones(1), 0.6).item() == 1
    assert (search.penalty(lengths, 0.6).diff() > 0).all()
    assert torch.equal(search.penalty(lengths, 0.0), torch.ones(19))


def test_an_evaluated_net_is_left_in_its_mode():
    net = twins.toy(model3).train()
    Evaluated(net).scores(twins.SOURCE, twins.TARGET)
    assert net.training
