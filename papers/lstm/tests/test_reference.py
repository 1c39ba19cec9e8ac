"""The networks against implementations that we did not write, and against plain loops."""

import numpy as np
import pytest
import torch

from papers.lstm.evidence import measures, twins
from papers.lstm.version1 import model as model1
from papers.lstm.version2 import model as model2


def test_scores_state_and_gradients_are_those_of_torch():
    assert twins.worst() <= 1e-5


@pytest.mark.parametrize("name", ["w_x", "w_h", "b"])
def test_the_comparison_notices_a_wrong_weight(name, monkeypatch):
    given = model2.from_torch

    def from_torch(*arguments):
        layer = given(*arguments)
        with torch.no_grad():
            getattr(layer, name).add_(1e-3)
        return layer

    monkeypatch.setattr(model2, "from_torch", from_torch)
    assert twins.worst() > 1e-5


def test_the_cell_of_1997_is_torchs_with_open_forget_gates(monkeypatch):
    assert twins.worst_of_1997() <= 1e-5
    monkeypatch.setattr(twins, "OPEN", 5.0)  # nearly open is not open
    assert twins.worst_of_1997() > 1e-5


@pytest.mark.parametrize(("size", "blocks"), [(1, 3), (2, 2), (3, 1)])
def test_traces_are_the_truncated_gradient(size, blocks):
    assert twins.worst_of_traces(size, blocks) <= 1e-10


def test_a_missing_trace_is_noticed(monkeypatch):
    monkeypatch.setattr(model1, "spread", lambda y, size: np.repeat(y, size, axis=-1) * 1.001)
    assert twins.worst_of_traces() > 1e-10


def test_gradients_by_hand_agree_with_finite_differences():
    torch.manual_seed(0)
    layer = model2.Layer(3, 4).double()
    x, h, c = (torch.randn(*s, dtype=torch.double) for s in ((5, 3, 2), (4, 2), (4, 2)))
    given = [p.detach().requires_grad_() for p in (x, *layer.parameters(), h, c)]
    assert torch.autograd.gradcheck(model2.Recurrence.apply, given)


def test_gradients_by_hand_without_one_for_the_input():
    torch.manual_seed(0)
    layer, x = model2.Layer(3, 4), torch.randn(2, 5, 3)
    slopes = []
    for needed in (False, True):
        outputs, _ = layer(x.clone().requires_grad_(needed))
        slopes.append(torch.autograd.grad(outputs.square().sum(), list(layer.parameters())))
    assert all(torch.equal(a, b) for a, b in zip(*slopes, strict=True))


def test_nine_networks_have_the_papers_number_of_weights():
    assert [measures.weights(*row[1:6]) for row in measures.COUNTS] == [
        r[6] for r in measures.COUNTS
    ]


def test_error_stays_in_a_cell_or_fades_by_its_gate():
    found = measures.carousel()
    assert abs(found.value) <= found.tolerance


def test_version1_predicts_what_it_trains_on():
    rng = np.random.default_rng(0)
    weights = model1.initialise(model1.Config(weight_scale=0.5), 6, 6, rng)
    text = rng.integers(6, size=9)
    loss, _ = model1.loss_and_gradients(weights, text[:-1], text[1:], model1.Memory(weights))
    log_p, _ = model1.predict(weights, text[None, :-1], None)
    assert loss == pytest.approx(-log_p[0, np.arange(8), text[1:]].sum(), rel=1e-12)


def read1(tokens, state=None):
    weights = model1.initialise(
        model1.Config(weight_scale=0.8, input_bias=0.0), 5, 5, np.random.default_rng(0)
    )
    return model1.predict(weights, tokens.numpy(), state)


def read2(tokens, state=None):
    torch.manual_seed(0)
    scores, state = model2.LSTM(model2.Config(hidden=8), 5)(tokens, state)
    return scores.detach().numpy(), state


@pytest.mark.parametrize("read", [read1, read2])
def test_state_carries_across_pieces(read):
    tokens = torch.randint(5, (2, 12), generator=torch.Generator().manual_seed(1))
    whole, _ = read(tokens)
    first, state = read(tokens[:, :7])
    second, _ = read(tokens[:, 7:], state)
    assert np.allclose(whole, np.concatenate([first, second], 1), atol=1e-6)
    assert not np.allclose(second, read(tokens[:, 7:])[0], atol=1e-3)


@pytest.mark.parametrize("read", [read1, read2])
def test_the_future_changes_nothing_before_it(read):
    tokens = torch.randint(5, (1, 10), generator=torch.Generator().manual_seed(2))
    changed = tokens.clone()
    changed[0, 6:] = (changed[0, 6:] + 1) % 5
    a, b = read(tokens)[0], read(changed)[0]
    assert np.array_equal(a[:, :6], b[:, :6])
    assert not np.allclose(a[:, 6:], b[:, 6:])


def test_the_truncated_gradient_gives_the_same_outputs():
    """Deviation truncated_gradient changes what is learned, not what is computed."""
    from papers.lstm.evidence import injections

    torch.manual_seed(0)
    layer, x = model2.Layer(3, 5), torch.randn(2, 7, 3)
    outputs, state = layer(x)
    forward = injections.truncated_gradient(model2)["Layer.forward"]
    theirs, last = forward(layer, x)
    assert torch.allclose(outputs, theirs, atol=1e-6) and torch.allclose(state, last, atol=1e-6)
    ours, cut = (
        torch.autograd.grad(found.square().sum(), layer.w_h)[0] for found in (outputs, theirs)
    )
    assert not torch.allclose(ours, cut, atol=1e-3)
    assert torch.allclose(cut, _detached(layer, x), atol=1e-5)


def _detached(layer, x):
    """The same gradient of w_h, by autograd over a plain loop with detached outputs."""
    h = c = x.new_zeros(5, len(x))
    total = x.new_zeros(())
    for x_t in x.unbind(1):
        z = layer.w_x @ x_t.t() + layer.w_h @ h.detach() + layer.b[:, None]
        o, i, f, g = z.chunk(4)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        total = total + h.square().sum()
    return torch.autograd.grad(total, layer.w_h)[0]
