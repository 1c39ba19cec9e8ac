"""The nets against implementations that we did not write, and by hand against automatically."""

import numpy as np
import pytest
import torch

from papers.transformer.evidence import measures, twins
from papers.transformer.version1 import model as model1
from papers.transformer.version2 import model as model2
from papers.transformer.version3 import model as model3


@pytest.mark.parametrize(
    ("model", "pairs", "pre_norm"),
    [(model2, twins.pairs_of_version2, False), (model3, twins.pairs_of_version3, True)],
    ids=["version2", "version3"],
)
def test_outputs_and_gradients_are_those_of_torch(model, pairs, pre_norm):
    assert twins.worst_against_torch(model, pairs, pre_norm) <= 1e-5


def test_the_comparison_notices_a_wrong_scale(monkeypatch):
    monkeypatch.setattr(model3, "score_scale", lambda d_k: d_k**-0.51)
    assert twins.worst_against_torch(model3, twins.pairs_of_version3, True) > 1e-4


def test_gradients_by_hand_are_those_of_autograd():
    assert twins.worst_by_hand() <= 1e-5


def test_gradients_by_hand_agree_with_finite_differences():
    assert worst_difference() < 1e-5


def test_the_gradient_check_notices_a_missing_term(monkeypatch):
    """Without the way through the mean in the norm's gradient, the check must fail."""
    real = model1.Transformer.norm

    def partial(self, name, x, epsilon=1e-6):
        y, back = real(self, name, x, epsilon)
        return y, lambda dy: back(dy) * (1 + 1e-3)

    monkeypatch.setattr(model1.Transformer, "norm", partial)
    assert worst_difference() > 1e-5


def worst_difference(delta=1e-5):
    """Over a few components of every weight, in float64."""
    rng = np.random.default_rng(0)
    net = model1.Transformer(model1.Config(d_model=8, d_ff=12, heads=2, layers=2), 13, rng)
    net.weights = {k: w + 0.1 * rng.standard_normal(w.shape) for k, w in net.weights.items()}
    net.gradients = {k: np.zeros_like(w) for k, w in net.weights.items()}
    _, found = net.loss_and_gradients(twins.SOURCE, twins.TARGET)
    exact = {k: g.copy() for k, g in found.items()}
    worst = 0.0
    for name, w in net.weights.items():
        i = tuple(rng.integers(n) for n in w.shape)
        kept, losses = w[i], []
        for sign in (1, -1):
            w[i] = kept + sign * delta
            losses.append(net.loss_and_gradients(twins.SOURCE, twins.TARGET)[0])
        w[i] = kept
        numeric = (losses[0] - losses[1]) / (2 * delta)
        worst = max(worst, abs(numeric - exact[name][i]) / max(abs(numeric), 1e-3))
    return worst


def test_label_smoothing_is_a_cross_entropy_with_soft_targets():
    """Version 2's loss from a literal loop over words, padding left out."""
    rng = torch.Generator().manual_seed(0)
    scores, targets = torch.randn(2, 3, 7, generator=rng), torch.tensor([[4, 2, 0], [5, 6, 2]])
    total, count = 0.0, 0
    for row, wanted in zip(scores.flatten(0, 1), targets.flatten()):
        if wanted:
            soft = torch.full((7,), 0.1 / 5)
            soft[0], soft[wanted] = 0, 0.9
            total, count = total - (soft * row.log_softmax(0)).sum(), count + 1
    assert torch.isclose(model2.loss(scores, targets, 0.1), total / count)


def test_adam_is_torchs():
    torch.manual_seed(0)
    ours, theirs = (torch.nn.Parameter(torch.ones(5)) for _ in range(2))
    mine = model2.Adam([ours])
    other = torch.optim.Adam([theirs], lr=0.01, betas=(0.9, 0.98), eps=1e-9)
    for t in range(1, 30):
        gradient = torch.randn(5)
        ours.grad, theirs.grad = gradient.clone(), gradient.clone()
        mine.step(t, 0.01), other.step()
    assert torch.allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize("heads", [1, 8])
@pytest.mark.parametrize("causal", [True, False])
def test_fused_attention_is_the_plain_one(heads, causal, monkeypatch):
    q, k, v = torch.randn(3, 2, heads, 6, 8)
    hidden = model3.bar_future(6, "cpu") if causal else torch.zeros(1, 1, 1, 6)
    plain = model3.attend(q, k, v, hidden)
    monkeypatch.setattr(model3, "FUSED_FROM", 0)
    assert torch.allclose(model3.attend(q, k, v, hidden), plain, atol=1e-6)


def test_the_closed_form_counts_a_small_net():
    row = measures.Row(0, layers=2, d_model=16, d_ff=24, heads=4, d_k=4, d_v=4)
    net = twins.toy(model2)
    assert sum(p.numel() for p in net.parameters()) == row.total(twins.SYMBOLS)


@pytest.mark.parametrize("model", [model2, model3], ids=["version2", "version3"])
def test_layers_start_unlike(model):
    torch.manual_seed(0)
    net = model.Transformer(model.Config(**twins.SIZES), twins.SYMBOLS)
    firsts = [dict(layer.named_parameters()) for layer in net.encoder]
    assert not any(torch.equal(w, firsts[1][k]) for k, w in firsts[0].items() if w.dim() == 2)
