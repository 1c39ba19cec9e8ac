# Decide here: what must be true of this paper's models alone?
"""AdamW as an optimizer: groups, missing gradients, saved states, blocks, refusals."""

import math

import pytest
import torch

from papers.irnn.version2 import model


def parameter(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape))).requires_grad_()


def give_gradients(parameters, seed):
    rng = torch.Generator().manual_seed(seed)
    for p in parameters:
        p.grad = torch.randn(p.shape, generator=rng)


def run(optimizer, parameters, steps):
    for seed in steps:
        give_gradients(parameters, seed)
        optimizer.step()


def test_groups_spare_vectors_and_frozen_parameters():
    net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.LayerNorm(4), torch.nn.Linear(4, 2))
    net[2].weight.requires_grad_(False)
    decaying, spared = model.groups(net.named_parameters(), 0.1)
    assert decaying["weight_decay"] == 0.1
    assert spared["weight_decay"] == 0
    assert decaying["params"] == [net[0].weight]
    assert len(spared["params"]) == 4


def test_decay_shrinks_matrices_only():
    named = {"w": parameter(3, 4), "b": parameter(4)}
    before = {name: p.detach().clone() for name, p in named.items()}
    optimizer = model.AdamW(model.groups(named.items(), 0.5), lr=0.1)
    for p in named.values():
        p.grad = torch.zeros_like(p)
    optimizer.step()
    assert torch.allclose(named["w"], before["w"] * 0.95)
    assert torch.equal(named["b"], before["b"])


def test_a_group_keeps_its_own_settings():
    slow, fast = parameter(2), parameter(3)
    groups = [{"params": [slow], "lr": 1e-4}, {"params": [fast]}]
    optimizer = model.AdamW(groups, lr=1e-1, weight_decay=0.0)
    before = slow.detach().clone(), fast.detach().clone()
    slow.grad, fast.grad = torch.ones(2), torch.ones(3)
    optimizer.step()
    assert torch.allclose(before[0] - slow, torch.full((2,), 1e-4), rtol=1e-2)
    assert torch.allclose(before[1] - fast, torch.full((3,), 1e-1), rtol=1e-2)


def test_a_parameter_without_gradient_waits():
    """Its count waits with it, so that its first step is corrected as a first step."""
    early, late = parameter(4), parameter(4)
    optimizer = model.AdamW([early, late], lr=0.1, weight_decay=0.0)
    before = late.detach().clone()
    run(optimizer, [early], range(5))
    assert torch.equal(late, before)
    assert late not in optimizer.state
    late.grad = torch.ones(4)
    optimizer.step()
    assert torch.allclose(before - late, torch.full((4,), 0.1), rtol=1e-5)


def test_zero_grad_frees_the_gradients():
    p = parameter(3)
    optimizer = model.AdamW([p])
    give_gradients([p], 0)
    optimizer.zero_grad()
    assert p.grad is None


def test_a_saved_state_goes_on_bit_for_bit():
    whole, first = [parameter(5, 3), parameter(3)], [parameter(5, 3), parameter(3)]
    run(model.AdamW(whole), whole, range(8))
    optimizer = model.AdamW(first)
    run(optimizer, first, range(4))
    second = [p.detach().clone().requires_grad_() for p in first]
    continued = model.AdamW(second, lr=5.0)
    continued.load_state_dict(optimizer.state_dict())
    run(optimizer, first, range(90, 95))  # must not reach into the copy
    run(continued, second, range(4, 8))
    assert all(torch.equal(a, b) for a, b in zip(whole, second))


def test_blocks_change_nothing(monkeypatch):
    shapes = [(50, 70), (13,), (7, 11, 3), (200,)]
    found = []
    for block in (10**9, 1000, 64):
        monkeypatch.setattr(model, "BLOCK", block)
        parameters = [parameter(*shape) for shape in shapes]
        run(model.AdamW(parameters), parameters, range(5))
        found.append(parameters)
    for other in found[1:]:
        assert all(torch.equal(a, b) for a, b in zip(found[0], other))


def test_blocks_hold_every_element_once_and_are_small():
    tensors = [torch.zeros(n) for n in (10, 150_000, 60_000, 60_000, 1)]
    cut = list(model.blocks((tensors, tensors)))
    assert sum(t.numel() for thetas, _ in cut for t in thetas) == 270_011
    most = model.BLOCK * torch.get_num_threads()
    assert all(sum(t.numel() for t in thetas) <= most for thetas, _ in cut)
    for thetas, gradients in cut:
        assert all(a.data_ptr() == b.data_ptr() for a, b in zip(thetas, gradients))
        for t in thetas:
            t += 1
    assert all((t == 1).all() for t in tensors)


@pytest.mark.parametrize("spread", ["weight", "gradient"])
def test_tensors_that_are_not_contiguous(spread, monkeypatch):
    monkeypatch.setattr(model, "BLOCK", 16)
    plain = torch.randn(8, 12, generator=torch.Generator().manual_seed(0))
    ours = plain.t().contiguous().t() if spread == "weight" else plain.clone()
    theirs = plain.clone()
    gradient = torch.randn(12, 8, generator=torch.Generator().manual_seed(1)).t()
    for optimizer, p in ((model.AdamW([ours]), ours), (torch.optim.AdamW([theirs]), theirs)):
        for _ in range(3):
            p.grad = gradient.clone(memory_format=torch.preserve_format)
            optimizer.step()
    assert torch.allclose(ours, theirs, atol=1e-6)


def test_multiplier_falls_from_one_to_zero():
    values = [model.multiplier(i, 100) for i in range(101)]
    assert values[0] == 1
    assert values[100] == pytest.approx(0, abs=1e-12)
    assert values == sorted(values, reverse=True)
    assert values[25] == pytest.approx(0.5 * (1 + math.cos(math.pi / 4)))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"lr": -1.0}, "lr"),
        ({"eps": -1e-8}, "eps"),
        ({"weight_decay": float("nan")}, "weight_decay"),
        ({"betas": (0.9, 1.0)}, "betas"),
    ],
)
def test_settings_outside_their_range_are_refused(change, word):
    with pytest.raises(ValueError, match=word):
        model.AdamW([parameter(2)], **change)


def test_no_parameters_and_a_parameter_twice_are_refused():
    p = parameter(2)
    with pytest.raises(ValueError, match="no parameters"):
        model.AdamW([])
    with pytest.raises(ValueError, match="twice"):
        model.AdamW([{"params": [p]}, {"params": [p]}])


def test_sparse_gradients_are_refused():
    p = parameter(4, 2)
    p.grad = torch.zeros(4, 2).to_sparse()
    with pytest.raises(ValueError, match="sparse"):
        model.AdamW([p]).step()


def test_a_state_of_other_groups_is_refused():
    saved = model.AdamW([parameter(2)]).state_dict()
    with pytest.raises(ValueError, match="groups"):
        model.AdamW([parameter(2), parameter(3)]).load_state_dict(saved)


WRONG = {
    "one tensor": lambda p: p,
    "a string": lambda p: "weights",
    "names": lambda p: [("w", p)],
    "no tensors": lambda p: [1.0],
    "what was computed": lambda p: [2 * p],
    "complex": lambda p: [torch.zeros(2, dtype=torch.complex64, requires_grad=True)],
    "integers": lambda p: [torch.zeros(2, dtype=torch.int64)],
    "nothing": lambda p: [],
}


@pytest.mark.parametrize("given", WRONG.values(), ids=WRONG)
def test_what_it_could_not_train_is_refused(given):
    """torch.optim.AdamW takes names and complex numbers; nothing else of these either."""
    with pytest.raises((TypeError, ValueError), match="AdamW"):
        model.AdamW(given(parameter(3)))
