"""The speedrun: its optimizer, its look-ups, and that it is still a language model."""

import math

import pytest
import torch

from papers.gpt2.speedrun import ask, model
from tests.exams import run_of, train, verse

SYMBOLS = 11
SIZES = {"context": 12, "d_model": 32, "heads": 4, "layers": 2, "buckets": 512, "batch": 8}


def net_of(randomised=True, **changes):
    """A small net, by default with random values wherever training would put some."""
    torch.manual_seed(0)
    net = model.Speedrun(model.Config(**{**SIZES, **changes}), SYMBOLS).eval()
    with torch.no_grad():
        for p in net.parameters() if randomised else ():
            p.copy_(torch.randn(p.shape) * p.shape[-1] ** -0.5)
    return net


def some_tokens(batch=3, length=12):
    return torch.randint(SYMBOLS, (batch, length), generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("shape", [(3, 32, 32), (2, 2, 64, 16), (2, 16, 64)])
def test_orthogonal_brings_every_singular_value_near_one(shape):
    torch.manual_seed(0)
    u, sizes, vt = torch.linalg.svd(torch.randn(shape), full_matrices=False)
    matrices = u * torch.linspace(1, 0.05, sizes.shape[-1]) @ vt
    after = torch.linalg.svdvals(model.orthogonal(matrices, 5))
    assert after.min() > 0.5 and after.max() < 1.3
    assert (torch.linalg.svdvals(model.orthogonal(matrices, 1)) < 0.5).any()  # the test can fail


def test_orthogonal_keeps_the_singular_vectors():
    torch.manual_seed(0)
    u, _, vt = torch.linalg.svd(torch.randn(24, 24))
    sizes = torch.linspace(0.3, 1, 24)
    found = u.T @ model.orthogonal((u * sizes @ vt)[None], 5)[0] @ vt.T
    assert (found - torch.diag(found.diagonal())).abs().max() < 0.1
    assert found.diagonal().min() > 0.5


def test_muon_steps_by_its_rate_whatever_the_gradient():
    net = net_of()
    optimizer = model.Optimizer(net.config, net)
    sizes = []
    for scale in (1e-4, 1.0, 1e4):
        before = net.attention.detach().clone()
        net.attention.grad = scale * torch.randn(net.attention.shape)
        optimizer.state.clear()
        with torch.no_grad():
            optimizer.muon(net.attention, 0.1, 0.9)
        sizes.append(torch.linalg.matrix_norm(net.attention - before, 2).max().item())
    assert sizes == pytest.approx([0.1] * 3, rel=0.25)


def test_untrained_scores_are_uniform():
    net, tokens = net_of(randomised=False), some_tokens()
    assert model.loss(net(tokens), tokens).item() == pytest.approx(math.log(SYMBOLS), abs=1e-6)


def test_look_ups_see_so_many_characters_and_none_that_follows():
    """A changed character changes what is looked up at its own and the next five places."""
    net, tokens = net_of(shifts=3, grams=6), some_tokens()
    changed = tokens.clone()
    changed[:, 4] = (changed[:, 4] + 1) % SYMBOLS
    moved = (net.look_up(tokens) != net.look_up(changed)).any(-1)
    assert moved.tolist() == [[4 <= t < 4 + 6 for t in range(12)]] * 3


def test_runs_of_each_length_have_rows_of_their_own():
    net = net_of(randomised=False, grams=4, shifts=0)
    net.look_up(torch.tensor([[1, 2, 3]])).float().sum().backward()
    rows = net.grams.grad.coalesce().indices()[0]
    buckets = net.config.buckets
    assert len(rows) == 9 and {int(r) // buckets for r in rows} == {0, 1, 2}


def test_the_future_changes_nothing():
    net, tokens = net_of(), some_tokens()
    changed = tokens.clone()
    changed[:, 7:] = (changed[:, 7:] + 3) % SYMBOLS
    one, other = net(tokens), net(changed)
    assert torch.equal(one[:, :7], other[:, :7])
    assert (one[:, 7:] != other[:, 7:]).any()


def test_reading_on_equals_reading_at_once():
    net, tokens = net_of(), some_tokens(length=40)
    whole, _ = net.read(tokens)
    state, found = None, []
    for piece in tokens.split([1, 5, 20, 1, 13], dim=1):
        scores, state = net.read(piece, state)
        found.append(scores)
    assert torch.allclose(torch.cat(found, 1), whole, atol=1e-5)
    assert torch.allclose(whole[:, :12], net(tokens[:, :12]), atol=1e-5)
    assert torch.allclose(whole[:, 12:18], net(tokens[:, 6:18])[:, 6:], atol=1e-5)


def test_maps_are_causal_and_sum_to_one():
    layers = list(ask.maps(net_of(), some_tokens(batch=1, length=9)))
    assert [layer.shape for layer in layers] == [(4, 9, 9)] * 2
    for weights in layers:
        assert torch.allclose(weights.sum(-1), torch.ones(4, 9), atol=2e-2)
        assert (weights.triu(1) == 0).all()


def test_forgetting_is_of_training_alone_and_takes_the_longest_runs():
    net, rows = net_of(forget=1.0, grams=6), torch.zeros(2000, 5, dtype=torch.long)
    assert net.known(rows) is None
    known = net.train().known(rows)
    assert set(known.sum(-1).tolist()) == {0.0, 1.0, 2.0, 3.0, 4.0}
    assert (known.diff(dim=-1) <= 0).all()  # a run is known only if the shorter ones are


def test_only_rows_that_were_read_move():
    net = net_of()
    before = net.grams.detach().clone()
    learner = model.Learner(net.config, net, 0)
    learner.step(torch.tensor([1, 2] * 100), 0)
    moved = (net.grams != before).any(-1)
    assert 0 < moved.sum() <= 3 * 6  # lengths; two runs of each, and those at a window's start


def test_it_learns_a_text_that_repeats(tmp_path):
    result = train("gpt2", "speedrun", run_of("gpt2", "speedrun", verse(tmp_path), steps=60))
    assert result.metrics["bits_per_character"] < 1.0  # guessing costs 4.8
