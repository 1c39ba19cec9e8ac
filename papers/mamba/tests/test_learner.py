"""How the versions begin, learn and go on from step to step."""

import pytest
import torch
import torch.nn.functional as F

from common.run.engine import Masters
from papers.mamba.evidence import twins
from papers.mamba.version1 import model as model1
from papers.mamba.version2 import model as model2
from papers.mamba.version3 import model as model3

EVERY = pytest.mark.parametrize("model", [model1, model2, model3], ids=["v1", "v2", "v3"])
LATER = pytest.mark.parametrize("model", [model2, model3], ids=["v2", "v3"])


@pytest.fixture(autouse=True)
def as_trained():
    with twins.as_trained():
        yield


def small(model, **changes):
    torch.manual_seed(0)
    given = {"d_model": 16, "layers": 2, "states": 4, "sequence": 8, "batch": 2, "steps": 9}
    config = model.Config(**given | changes)
    return model.Mamba(config, 7), config


def learner_of(model, **changes):
    net, config = small(model, **changes)
    return model.Learner(config, net, Masters(net.parameters()))


@EVERY
def test_reading_in_pieces_is_reading_the_whole(model):
    net, _ = small(model)
    with torch.no_grad():
        for p in net.parameters():
            p.add_(0.2 * torch.randn_like(p))  # version 1 begins so small that little goes on
    tokens = torch.randint(7, (2, 23), generator=torch.Generator().manual_seed(1))
    whole, state, parts = net(tokens)[0], None, []
    for piece in tokens.split([9, 1, 1, 2, 10], 1):
        scores, state = net(piece, state)
        parts.append(scores)
    assert torch.allclose(torch.cat(parts, 1), whole, atol=1e-5)
    assert not torch.allclose(net(tokens[:, 13:])[0], parts[-1], atol=1e-3)


@EVERY
def test_the_future_changes_nothing_before_it(model):
    net, _ = small(model)
    tokens = torch.randint(7, (1, 12), generator=torch.Generator().manual_seed(2))
    changed = tokens.clone()
    changed[0, 7:] = (changed[0, 7:] + 1) % 7
    a, b = net(tokens)[0], net(changed)[0]
    assert torch.allclose(a[:, :7], b[:, :7], atol=1e-6) and not torch.allclose(a[:, 7:], b[:, 7:])


@EVERY
def test_a_version_learns_one_chunk_by_heart(model):
    changes = {} if model is model1 else {"warmup": 5}
    learner = learner_of(model, d_model=32, learning_rate=1e-2, steps=400, **changes)
    tokens = torch.randint(7, (2 * 9,), generator=torch.Generator().manual_seed(0))
    losses = [learner.step(tokens, i).item() for i in range(300)]
    assert losses[0] > 1.8 and losses[-1] < 0.1


@EVERY
def test_chunks_are_contiguous_and_begin_anew_at_the_end(model):
    _, config = small(model)
    tokens = torch.arange(60)
    for i in range(6):
        inputs, targets, anew = model.chunk(tokens, config, i)
        start = 8 * (i % 3)
        assert inputs.tolist() == [list(range(s, s + 8)) for s in (start, 30 + start)]
        assert torch.equal(targets, inputs + 1) and anew == (i in (0, 3))


@EVERY
def test_the_state_goes_on_and_is_cut_from_its_graph(model):
    learner, seen = learner_of(model), []
    real = learner.net.forward
    learner.net.forward = lambda tokens, state=None: seen.append(state) or real(tokens, state)
    for i in range(4):
        learner.step(torch.arange(60) % 7, i)
    assert seen[0] is None and seen[3] is None
    for state in seen[1:3]:
        tensors = state.values() if isinstance(state, dict) else [state]
        assert all(t.abs().sum() > 0 and not t.requires_grad for t in tensors)


def moved(model):
    """Which parameters a step of the optimizer moves that have no gradient."""
    learner = learner_of(model, weight_decay=0.5, learning_rate=0.1)
    before = {name: p.detach().clone() for name, p in learner.net.named_parameters()}
    for p in learner.net.parameters():
        p.grad = torch.zeros_like(p)
    for group in learner.optimizer.param_groups:
        group["lr"] = 0.1
    learner.optimizer.step()
    named = dict(learner.net.named_parameters())
    return {name for name, p in named.items() if not torch.equal(p, before[name])}


@LATER
def test_matrices_decay_and_neither_dynamics_nor_vectors(model):
    net, _ = small(model)
    wanted = {name for name, p in net.named_parameters() if p.dim() > 1 and "A_log" not in name}
    assert moved(model) == wanted


def test_in_version1_all_decay():
    assert {"blocks.0.ssm.log_a", "blocks.0.ssm.d", "norm.gain"} <= moved(model1)


@LATER
def test_dynamics_begin_as_the_paper_says(model):
    net, config = small(model, d_model=64)
    for block in net.layers:
        delta, a = F.softplus(block.mixer.dt_proj.bias), -block.mixer.A_log.exp()
        assert delta.min() >= 0.00099 and delta.max() <= 0.101
        assert delta.log().std() > 0.5  # spread over the interval, by its logarithm
        assert torch.allclose(a, -torch.arange(1.0, 5).expand_as(a))
        assert block.mixer.D.eq(1).all()


def test_in_version1_delta_begins_where_a_zero_bias_puts_it():
    net, _ = small(model1)
    assert model1.softplus(net.blocks[0].ssm.b_delta).allclose(torch.tensor(0.6931), atol=1e-3)


def test_selection_follows_the_input():
    mixer = small(model3)[0].layers[0].mixer
    one, other = (mixer.select(torch.randn(1, 3, 32)) for _ in range(2))
    assert not any(torch.allclose(a, b) for a, b in zip(one, other, strict=True))
