"""The versions against torch's parts and literal loops, and what must never change an answer."""

import math

import numpy as np
import pytest
import torch

from common.exams.pairs import PAD, made_pairs
from papers.bahdanau_attention.evidence import measures, twins
from papers.bahdanau_attention.version1 import model as model1
from papers.bahdanau_attention.version2 import model as model2

EXACT = [
    measures.equations_by_loops,
    measures.uniform_at_zero,
    measures.padding_is_nothing,
    measures.keys_once_or_in_every_step,
    measures.halves_know_their_sides,
    measures.comparisons,
]
EQUAL = [
    measures.encoder_is_torchs,
    measures.net_is_of_torchs_parts,
    measures.version1_is_the_tutorial,
]
BOTH = pytest.mark.parametrize("model", [model1, model2], ids=["version1", "version2"])


@pytest.mark.parametrize("measure", EXACT)
def test_exact_claims_hold(measure):
    found = measure()
    assert abs(found.value - found.expected) <= found.tolerance


@pytest.mark.parametrize("measure", EQUAL)
def test_outputs_and_gradients_are_those_of_torch(measure):
    found = measure()
    assert found.worst <= found.tolerance


@pytest.mark.parametrize("name", sorted(n for n, _ in twins.toy(model2).named_parameters()))
def test_the_comparison_notices_a_wrong_weight(name, monkeypatch):
    real = twins.searches

    def spoiled():
        ours, theirs = real()
        with torch.no_grad():
            p = dict(ours.named_parameters())[name]
            p[5 % len(p)] += 3e-2  # the fifth word is in source and target
        return ours, theirs

    monkeypatch.setattr(twins, "searches", spoiled)
    assert measures.net_is_of_torchs_parts().worst > 1e-5


@pytest.mark.parametrize("name", ["w_a", "u_a", "v_a"])
def test_the_loops_notice_a_wrong_formula(name, monkeypatch):
    """A weight that the vectors have and the loops have not."""
    real = model2.Alignment.forward

    def other(self, asked, keys, masked):
        bent = {"w_a": (1.05 * asked, keys), "u_a": (asked, 1.05 * keys), "v_a": (asked, keys)}
        found = real(self, *bent[name], masked)
        return found if name != "v_a" else found.square() / found.square().sum(1, keepdim=True)

    monkeypatch.setattr(model2.Alignment, "forward", other)
    assert measures.equations_by_loops().value > 1e-4


@BOTH
def test_steps_are_teacher_forcing(model):
    net = twins.toy(model)
    cache, whole = net.start(twins.SOURCE), net.scores(twins.SOURCE, twins.TARGET)
    for t in range(twins.TARGET.shape[1]):
        step = net.step(cache, twins.TARGET[:, : t + 1])
        torch.testing.assert_close(step, whole[:, t], atol=1e-5, rtol=1e-5)


@BOTH
def test_weights_sum_to_one_where_there_is_room(model):
    net = twins.toy(model)
    weights = net.write(twins.SOURCE, twins.TARGET)[1]
    assert weights.shape == (*twins.TARGET.shape, twins.SOURCE.shape[1])
    total = weights.sum(2)
    if model is model2:
        torch.testing.assert_close(total, torch.ones_like(total))
    else:  # one of the eight places lies behind the longest sentence
        assert (total < 1).all()


def test_version1_has_no_place_for_the_end_of_a_long_sentence():
    net = twins.toy(model1)
    source = torch.randint(3, twins.SYMBOLS, (1, twins.PLACES + 3))
    weights = net.write(source, twins.TARGET[:1])[1]
    assert weights[..., twins.PLACES :].max() == 0
    torch.testing.assert_close(weights.sum(2), torch.ones(1, twins.TARGET.shape[1]))


def test_version1_looks_at_the_same_places_whatever_stands_there():
    """Given the same state: its slip."""
    net = twins.toy(model1)
    cache, other = net.start(twins.SOURCE[:1]), net.start(twins.SOURCE[:1].flip(1))
    other["state"] = cache["state"]
    found = [net.advance(c, torch.tensor([1]))[1] for c in (cache, other)]
    assert torch.equal(*found)


def test_version1_reads_padding():
    net, (source, target) = twins.toy(model1), (twins.SOURCE[1:2], twins.TARGET[1:2])
    padded, alone = net.scores(source, target), net.scores(source[:, :4], target)
    assert not torch.allclose(padded, alone, atol=1e-3)


def test_a_state_does_not_move_over_padding():
    """In either direction: behind a sentence it stays as it was, before it it is zero."""
    encoder = twins.toy(model2).encoder
    annotations, last = encoder(twins.SOURCE)
    ahead, back = annotations.chunk(2, 2)
    for row, n in enumerate((twins.SOURCE != PAD).sum(1).tolist()):
        behind = ahead[row, n - 1 :]
        assert torch.equal(behind, behind[:1].expand_as(behind))
        assert torch.equal(back[row, n:], torch.zeros_like(back[row, n:]))
        assert torch.equal(back[row, 0], last[row])


def test_maxout_takes_the_larger_of_each_two():
    """t_ij = max(t~_i,2j-1, t~_i,2j) (App. A.2.2)."""
    net = twins.toy(model2)
    s, x, c = (torch.randn(1, 1, n) for n in (twins.H, twins.E, 2 * twins.H))
    t = (torch.cat([s, x, c], 2) @ net.w_t)[0, 0].tolist()
    largest = [max(t[2 * j], t[2 * j + 1]) for j in range(twins.M)]
    wanted = torch.tensor(largest) @ net.w_o + net.b_o
    torch.testing.assert_close(net.readout(s, x, c)[0, 0], wanted)


def test_a_gradient_goes_back_through_the_whole_search():
    """By finite differences of the largest component of each matrix, in float64."""
    net = twins.toy(model2).double()

    def value():
        return model2.loss(net.write(twins.SOURCE, twins.TARGET[:, :-1])[0], twins.TARGET[:, 1:])

    log_p = net.scores(twins.SOURCE, twins.TARGET[:, :-1]).log_softmax(-1)
    wanted = twins.TARGET[:, 1:, None]
    chosen = log_p.gather(2, wanted)[..., 0][wanted[..., 0] != PAD]
    torch.testing.assert_close(value().double(), -chosen.mean(), atol=1e-6, rtol=1e-6)
    chosen.square().sum().backward()
    for name, p in net.named_parameters():
        at = int(p.grad.abs().argmax())
        kept, found = p.view(-1)[at].item(), []
        with torch.no_grad():
            for delta in (1e-6, -1e-6):
                p.view(-1)[at] = kept + delta
                log_p = net.scores(twins.SOURCE, twins.TARGET[:, :-1]).log_softmax(-1)
                part = log_p.gather(2, wanted)[..., 0][wanted[..., 0] != PAD]
                found.append(part.square().sum().item())
            p.view(-1)[at] = kept
        slope = (found[0] - found[1]) / 2e-6
        assert slope == pytest.approx(p.grad.view(-1)[at].item(), rel=1e-4), name


def test_the_cell_is_version_1s():
    """One step of the GRU, written twice: gates r, z and n stand in the same order."""
    torch.manual_seed(0)
    cell, net = model1.GRU(twins.E + 2 * twins.H, twins.H), twins.toy(model2)
    with torch.no_grad():
        net.gru.load(cell.w.t(), cell.u.t(), cell.b_x, cell.b_h)
    x, s = torch.randn(4, twins.E + 2 * twins.H), torch.randn(4, twins.H)
    found = net.updated(x @ net.gru.w + net.gru.b, s @ net.gru.u, s)
    torch.testing.assert_close(found, cell.step(x, s), atol=1e-6, rtol=1e-5)


def test_a_new_alignment_model_prefers_no_word_and_both_directions_differ():
    """App. B.1, and that no two layers begin alike."""
    torch.manual_seed(0)
    net = model2.Search(model2.Config(**twins.SIZES[model2]), twins.SYMBOLS)
    assert (net.alignment.v_a == 0).all()
    assert not torch.equal(net.encoder.forwards.u, net.encoder.backwards.u)


def test_dropout_acts_in_training_alone():
    net = twins.toy(model2, dropout=0.5)
    given = twins.SOURCE, twins.TARGET
    assert not torch.equal(net.scores(*given), net.scores(*given))
    net.eval()
    assert torch.equal(net.scores(*given), net.scores(*given))


def test_reversed_pairs_are_what_the_experiments_take_them_for():
    source, target = made_pairs("reverse", 5, range(3, 9), 20, np.random.default_rng(0))
    for row, wanted in zip(source, target):
        words = row[row != PAD].tolist()
        assert [w for w in wanted.tolist() if w > 2] == words[::-1]
    assert math.isfinite(measures.equations_by_loops().value)
