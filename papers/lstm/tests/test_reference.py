# Decide here: what must be true of this paper's models alone?
"""The networks against implementations that we did not write, and against each other."""

import numpy as np
import pytest
import torch

from papers.lstm.evidence import measures, twins
from papers.lstm.version1 import model as model1
from papers.lstm.version2 import model as model2


def test_outputs_and_gradients_are_those_of_torch():
    assert twins.worst() <= 1e-5


def test_the_comparison_notices_a_wrong_network():
    ours, theirs, _ = twins.pair(symbols=7, hidden=9)
    tokens = torch.randint(7, (2, 5))
    with torch.no_grad():
        ours.w_hh += 1e-3
    scores, last = ours(tokens)
    _, their_last = theirs(torch.nn.functional.one_hot(tokens, 7).float())
    assert (last - their_last[0]).abs().max() > 1e-5


def test_hand_written_gradients_agree_with_finite_differences():
    assert measures.worst_gradient_error(np.random.default_rng(3)) < 1e-6


def test_gradient_check_notices_a_missing_term(monkeypatch):
    """Without the error that flows back through the recurrence, the check must fail."""
    real = model1.loss_and_gradients

    def truncated(weights, inputs, targets, h):
        cut = {**weights, "w_hh": weights["w_hh"] * 0.999}
        loss, _, last = real(weights, inputs, targets, h)
        return loss, real(cut, inputs, targets, h)[1], last

    monkeypatch.setattr(model1, "loss_and_gradients", truncated)
    assert measures.worst_gradient_error(np.random.default_rng(3)) > 1e-6


def test_versions_agree_on_loss_and_gradients():
    assert measures.version1_equals_version2().worst <= 1e-5


@pytest.mark.parametrize("batch", [1, 3])
def test_versions_predict_the_same(batch):
    rng = np.random.default_rng(0)
    weights = model1.initialise(model1.Config(hidden=8, weight_scale=0.4), 6, rng)
    tokens = rng.integers(6, size=(batch, 10))
    ours, h = model1.predict(weights, tokens, None)
    scores, theirs_h = measures.as_version2(weights)(torch.as_tensor(tokens))
    assert np.allclose(ours, scores.log_softmax(-1).detach(), atol=1e-5)
    assert np.allclose(h, theirs_h.detach(), atol=1e-5)


def test_version1_predicts_what_it_trains_on():
    rng = np.random.default_rng(0)
    weights = model1.initialise(model1.Config(hidden=8, weight_scale=0.4), 6, rng)
    text = rng.integers(6, size=9)
    loss, _, _ = model1.loss_and_gradients(weights, text[:-1], text[1:], np.zeros(8))
    log_p, _ = model1.predict(weights, text[None, :-1], None)
    assert loss == pytest.approx(-log_p[0, np.arange(8), text[1:]].sum(), rel=1e-12)


def test_state_carries_across_pieces():
    torch.manual_seed(0)
    net = model2.RNN(model2.Config(hidden=8), 5)
    tokens = torch.randint(5, (2, 12))
    whole, last = net(tokens)
    first, h = net(tokens[:, :7])
    second, end = net(tokens[:, 7:], h)
    assert torch.allclose(whole, torch.cat([first, second], 1), atol=1e-6)
    assert torch.allclose(last, end, atol=1e-6)


def test_the_future_changes_nothing_before_it():
    torch.manual_seed(0)
    net = model2.RNN(model2.Config(hidden=8), 5)
    tokens = torch.randint(5, (1, 10))
    changed = tokens.clone()
    changed[0, 6:] = (changed[0, 6:] + 1) % 5
    a, b = net(tokens)[0], net(changed)[0]
    assert torch.equal(a[:, :6], b[:, :6])
    assert not torch.allclose(a[:, 6:], b[:, 6:])
