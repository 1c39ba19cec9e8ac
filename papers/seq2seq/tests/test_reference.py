"""The nets against torch's, against each other, and against literal loops."""

import numpy as np
import pytest
import torch

from common.exams.pairs import made_pairs
from papers.seq2seq.evidence import measures, twins
from papers.seq2seq.version1 import model as model1
from papers.seq2seq.version2 import model as model2


def test_scores_states_and_gradients_are_those_of_torch():
    assert twins.worst() <= 1e-5


@pytest.mark.parametrize("side", ["encoder", "decoder"])
@pytest.mark.parametrize("name", ["w_x", "w_h", "b"])
def test_the_comparison_notices_a_wrong_weight(side, name, monkeypatch):
    real = twins.pair

    def spoiled():
        ours, theirs = real()
        with torch.no_grad():
            getattr(getattr(ours, side).layers[1], name).view(-1)[-1] += 1e-2
        return ours, theirs

    monkeypatch.setattr(twins, "pair", spoiled)
    assert twins.worst() > 1e-5


def test_without_padding_the_versions_are_one_network():
    assert twins.worst_of_versions() <= 1e-5


def test_with_padding_they_are_not():
    """Version 1 reads it: its slip."""
    second = twins.toy(model2)
    first = twins.as_version1(second)
    a, b = (net.scores(twins.SOURCE, twins.TARGET[:, :-1]) for net in (first, second))
    assert torch.allclose(a[0], b[0], atol=1e-5)  # the longest has none
    assert not torch.allclose(a[1], b[1], atol=1e-3)


def test_version1_is_torchs_lstm_read_to_the_end_of_the_padding():
    net = twins.toy(model1)
    encoder = net.encoder
    theirs = torch.nn.LSTM(7, 9, 2, batch_first=True)
    with torch.no_grad():
        for n, layer in enumerate(encoder.layers):
            for name, w in layer.named_parameters():
                i, f, o, g = w.t().chunk(4)
                wanted = torch.cat([i, f, g, o])
                kind = {"w_x": "weight_ih", "w_h": "weight_hh", "b": "bias_ih"}[name]
                getattr(theirs, f"{kind}_l{n}").copy_(wanted)
            getattr(theirs, f"bias_hh_l{n}").zero_()
        rows = [torch.cat([row[row != 0].flip(0), row[row == 0]]) for row in twins.SOURCE]
        _, last = theirs(encoder.embedding[torch.stack(rows)])
        assert torch.allclose(torch.stack(last, 2).transpose(0, 1), net.encode(twins.SOURCE))


def test_the_gradient_goes_back_through_every_layer_of_the_encoder():
    """By finite differences of one weight of each matrix, in float64."""
    net = twins.toy(model2).double()
    net.encoder(twins.SOURCE)[1].square().sum().backward()
    for name, p in net.encoder.named_parameters():
        place = tuple(divmod(int(p.grad.abs().argmax()), p.shape[-1])) if p.dim() == 2 else (3,)
        kept, found = p[place].item(), []
        with torch.no_grad():
            for delta in (1e-5, -1e-5):
                p[place] = kept + delta
                found.append(net.encoder(twins.SOURCE)[1].square().sum().item())
            p[place] = kept
        assert (found[0] - found[1]) / 2e-5 == pytest.approx(p.grad[place].item(), rel=1e-4), name


def test_reading_order_is_each_sentence_backwards():
    source, _ = made_pairs_of(7)
    found = model2.reading_order(source)
    for row, theirs in zip(source, found, strict=True):
        words = row[row != 0].tolist()
        assert theirs.tolist() == [0] * (len(row) - len(words)) + words[::-1]


def test_version1_reverses_words_and_leaves_padding_behind():
    source, _ = made_pairs_of(7)
    for row, theirs in zip(source, model1.backwards(source), strict=True):
        words = row[row != 0].tolist()
        assert theirs.tolist() == words[::-1] + [0] * (len(row) - len(words))


def made_pairs_of(count):
    rng = np.random.default_rng(0)
    return map(torch.as_tensor, made_pairs("copy", count, range(2, 9), 20, rng))


def test_losses_are_literal_sums():
    scores, targets = torch.randn(2, 3, 7), torch.tensor([[4, 5, 2], [6, 2, 0]])
    log_p = scores.log_softmax(-1)
    words = [-log_p[b, t, targets[b, t]] for b in range(2) for t in range(3)]
    assert torch.isclose(model2.loss(scores, targets), torch.stack(words[:5]).mean())
    assert torch.isclose(model1.loss(scores, targets), torch.stack(words).sum() / 2)


def test_halving_begins_after_five_of_seven_and_a_half_passes():
    config = model1.Config(steps=75)
    rates = [model1.learning_rate(step, config) for step in range(1, 76)]
    assert rates[:50] == [0.7] * 50
    assert rates[50::5] == [0.7 / 2**n for n in range(1, 6)]
    assert rates[54] == 0.35


def test_weights_begin_as_the_paper_says():
    torch.manual_seed(0)
    net = model1.Seq2Seq(model1.Config(hidden=20, layers=2, width=20), 50)
    for p in net.parameters():
        assert 0.06 < p.abs().max() <= 0.08


@pytest.mark.parametrize("model", [model1, model2], ids=["version1", "version2"])
def test_layers_and_sides_start_unlike(model):
    torch.manual_seed(0)
    net = model.Seq2Seq(model.Config(hidden=8, layers=3, width=8), 13)
    sides = (net.encoder.layers, net.decoder.layers)
    firsts = [layer.w_h for layers in sides for layer in layers]
    assert not any(torch.equal(firsts[0], other) for other in firsts[1:])


@pytest.mark.parametrize("claim", [measures.padding_is_nothing, measures.steps_are_teacher_forcing])
def test_exact_claims_hold(claim):
    found = claim()
    assert abs(found.value - found.expected) <= found.tolerance


@pytest.mark.parametrize("open_by", [0.0, -5.0])
def test_the_padding_claim_notices_gates_that_are_not_shut(open_by, monkeypatch):
    monkeypatch.setattr(model2, "SHUT", open_by)
    assert measures.padding_is_nothing().value > 1e-4


def test_a_straight_source_has_the_same_lag_everywhere():
    assert measures.lags(lambda source: source) == [9] * 9
    assert measures.lags(model2.reading_order) == [1, 3, 5, 7, 9, 11, 13, 15, 17]
