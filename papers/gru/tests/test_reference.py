"""The networks against implementations that we did not write, and against each other."""

import numpy as np
import pytest
import torch

from papers.gru.evidence import measures, twins
from papers.gru.version1 import model as model1
from papers.gru.version2 import model as model2


def literal(layer, x, h):
    """torch's documented equations, one step after the other, for autograd: (B, T, H)."""
    states = []
    for x_t in x.unbind(1):
        a_r, a_z, a_n = (x_t @ layer.w + layer.b).chunk(3, 1)
        s_r, s_z, s_n = (h @ layer.u).chunk(3, 1)
        r, z = (a_r + s_r).sigmoid(), (a_z + s_z).sigmoid()
        n = (a_n + r * (s_n + layer.b_n)).tanh()
        h = (1 - z) * n + z * h
        states.append(h)
    return torch.stack(states, 1), h


def layer_of(inputs=3, hidden=5):
    torch.manual_seed(0)
    layer = model2.Layer(inputs, hidden, 1.0)
    torch.nn.init.normal_(layer.b), torch.nn.init.normal_(layer.b_n)
    return layer, torch.randn(2, 9, inputs), torch.rand(2, hidden) * 2 - 1


def test_outputs_and_gradients_are_those_of_torch():
    assert twins.worst() <= 1e-5


@pytest.mark.parametrize("name", ["w", "u", "b", "b_n"])
def test_the_comparison_notices_a_wrong_weight(name, monkeypatch):
    real = twins.pair

    def spoiled():
        ours, theirs = real()
        with torch.no_grad():
            getattr(ours.layers[1], name).view(-1)[-1] += 1e-2
        return ours, theirs

    monkeypatch.setattr(twins, "pair", spoiled)
    assert twins.worst() > 1e-5


def test_a_layer_is_the_literal_loop_and_so_are_its_derivatives():
    layer, x, h = layer_of()
    found = []
    for compute in (layer, lambda x, h: literal(layer, x, h)):
        inputs = [v.clone().requires_grad_() for v in (x, h)]
        states, last = compute(*inputs)
        value = (states * torch.linspace(-1, 1, 9)[:, None]).sum() + last.pow(2).sum()
        found.append([states, last, *torch.autograd.grad(value, [*inputs, *layer.parameters()])])
    for ours, theirs in zip(*found, strict=True):
        assert torch.allclose(ours, theirs, atol=1e-5)


def test_derivatives_by_hand_agree_with_finite_differences():
    torch.manual_seed(0)
    shapes = [(4, 2, 9), (3, 9), (3,), (2, 3)]
    given = [torch.randn(*s, dtype=torch.float64, requires_grad=True) for s in shapes]

    def walk(a, *others):
        return model2.Recurrence.apply(a.clone(), *others)  # it writes over `a`

    assert torch.autograd.gradcheck(walk, given)


def test_hand_written_gradients_of_version1_agree_with_finite_differences():
    assert measures.worst_gradient_error(np.random.default_rng(3)) < 1e-6


@pytest.mark.parametrize("lost", ["u", "u_r", "u_z"])
def test_gradient_check_notices_an_error_that_does_not_go_back(lost, monkeypatch):
    real = model1.loss_and_gradients

    def truncated(weights, inputs, targets, h):
        cut = {**weights, lost: weights[lost] * 0.999}
        loss, _, last = real(weights, inputs, targets, h)
        return loss, real(cut, inputs, targets, h)[1], last

    monkeypatch.setattr(model1, "loss_and_gradients", truncated)
    assert measures.worst_gradient_error(np.random.default_rng(3)) > 1e-6


def test_the_two_forms_are_one_where_nothing_is_mixed():
    assert measures.forms_agree_on_a_diagonal().worst <= 1e-5


def test_the_two_forms_differ_where_units_are_mixed():
    """The same weights by version 1, which resets before the product, and by version 2."""
    config = model1.Config(hidden=9, weight_scale=0.5)
    weights = model1.initialise(config, 7, np.random.default_rng(0))
    worst = max(float(np.abs(np.asarray(a.detach()) - b).max())
                for a, b in measures.both_versions(weights))  # fmt: skip
    assert worst > 0.01


def test_gates_say_the_same_with_the_other_sign():
    assert measures.mirrored().value <= 1e-6


@pytest.mark.parametrize("batch", [1, 3])
def test_version1_predicts_as_it_learns(batch):
    rng = np.random.default_rng(0)
    weights = model1.initialise(model1.Config(hidden=8, weight_scale=0.4), 6, rng)
    tokens = rng.integers(6, size=(batch, 10))
    log_p, states = model1.predict(weights, tokens[:, :-1], None)
    for row, state, text in zip(log_p, states, tokens, strict=True):
        loss, _, last = model1.loss_and_gradients(weights, text[:-1], text[1:], np.zeros(8))
        assert loss == pytest.approx(-row[np.arange(9), text[1:]].sum(), rel=1e-12)
        assert np.allclose(last, state, atol=1e-12)


def test_recurrences_begin_orthogonal_in_both_versions():
    weights = model1.initialise(model1.Config(hidden=16), 5, np.random.default_rng(0))
    layer = model2.Layer(5, 16)
    for u in (weights["u_r"], weights["u_z"], weights["u"], *layer.u.detach().chunk(3, 1)):
        assert np.allclose(u.T @ u, np.eye(16), atol=1e-5)


def test_state_carries_across_pieces_and_the_future_changes_nothing():
    torch.manual_seed(0)
    net = model2.GRU(model2.Config(hidden=8, layers=2, input_std=1.0), 5)
    tokens = torch.randint(5, (2, 12))
    whole, last = net(tokens)
    first, state = net(tokens[:, :7])
    second, end = net(tokens[:, 7:], state)
    assert torch.allclose(whole, torch.cat([first, second], 1), atol=1e-6)
    assert torch.allclose(last, end, atol=1e-6)
    changed = tokens.clone()
    changed[:, 7:] = (changed[:, 7:] + 1) % 5
    other, _ = net(changed)
    assert torch.allclose(whole[:, :7], other[:, :7], atol=1e-6)
    assert not torch.allclose(whole[:, 7:], other[:, 7:])


def test_dropout_is_for_training_alone_and_another_in_each_step():
    torch.manual_seed(0)
    net = model2.GRU(model2.Config(hidden=8, layers=2, dropout=0.5), 5)
    tokens = torch.randint(5, (2, 12))
    assert not torch.equal(net(tokens)[0], net(tokens)[0])
    net.eval()
    assert torch.equal(net(tokens)[0], net(tokens)[0])


def test_adadelta_steps_as_torchs_does():
    rng, config = np.random.default_rng(0), model1.Config()
    weights = {"w": rng.standard_normal((3, 4))}
    memory = {f"{kind}.w": np.zeros((3, 4)) for kind in ("squares", "lengths")}
    theirs = torch.nn.Parameter(torch.as_tensor(weights["w"].copy()))
    optimizer = torch.optim.Adadelta([theirs], lr=1.0, rho=config.rho, eps=config.epsilon)
    for _ in range(20):
        g = rng.standard_normal((3, 4))
        theirs.grad = torch.as_tensor(g.copy())
        optimizer.step()
        model1.adadelta(weights, {"w": g}, memory, config)
    assert np.allclose(weights["w"], theirs.detach().numpy(), atol=1e-12)
