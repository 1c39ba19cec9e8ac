"""Version 3 is version 2 and torch's LSTM, in C++ and in Python, in float32 and in bfloat16."""

import pytest
import torch

from common.evidence.measuring import worst
from common.run.compiled import compiled
from papers.lstm.evidence import twins
from papers.lstm.fused import kernel, model
from papers.lstm.version2 import model as model2

# Inputs, cells, streams, steps: streams for less than a register, for one, and for more.
SIZES = [(7, 9, 3, 5), (5, 8, 17, 4), (3, 1, 1, 2), (6, 4, 50, 3), (9, 10, 64, 3), (65, 32, 32, 6)]
OTHERS = ["-march=x86-64", "-march=x86-64-v3", "-mno-avx512bf16"]  # processors that have less


@pytest.fixture(params=["C++", "loops"])
def way(request, monkeypatch):
    monkeypatch.setattr(model, "FUSED", library() if request.param == "C++" else None)


def library(*flags):
    return compiled(kernel.CPP, *flags) or pytest.skip("no C++ compiler here")


def results(module, dtype, sizes, slope=True, like=None):
    """Outputs, the last state and all gradients of a layer, in double precision."""
    inputs, hidden, streams, steps = sizes
    torch.manual_seed(0)
    layer = module.Layer(inputs, hidden).to(dtype)
    given = torch.randn(streams, steps, inputs), torch.randn(streams, 2, hidden)
    x, state = (v.bfloat16().to(dtype) for v in given)
    if like:  # as close as can be to the same numbers in bfloat16
        with torch.no_grad():
            [p.copy_(p.bfloat16()) for p in layer.parameters()]
    x.requires_grad_(slope), state.requires_grad_()
    outputs, last = layer(x, state)
    weights = torch.randn(outputs.shape, generator=torch.Generator().manual_seed(1))
    ((outputs * weights.bfloat16().to(dtype)).sum() + last.square().sum()).backward()
    found = [outputs, last, state.grad, *(p.grad for p in layer.parameters())]
    return [v.detach().double() for v in found + [x.grad] * slope]


def distance(found, wanted):
    """The largest difference, as a share of the largest number beside it."""
    return max(((a - b).abs().max() / b.abs().max()).item() for a, b in zip(found, wanted))


@pytest.mark.parametrize("slope", [True, False], ids=["x learns", "x is given"])
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_a_layer_is_version_2s(way, sizes, slope):
    wanted = results(model2, torch.double, sizes, slope)
    assert distance(results(model, torch.float32, sizes, slope), wanted) <= 5e-6


@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_in_bfloat16_it_is_as_exact_as_version_2(way, sizes):
    wanted = results(model2, torch.double, sizes, like="bfloat16")
    theirs = distance(results(model2, torch.bfloat16, sizes), wanted)
    assert distance(results(model, torch.bfloat16, sizes), wanted) <= max(1.5 * theirs, 0.02)


@pytest.mark.parametrize("flag", OTHERS)
def test_older_processors_compute_the_same(flag, monkeypatch):
    if not torch.backends.cpu.get_cpu_capability().startswith("AVX"):
        pytest.skip("no x86 processor")
    monkeypatch.setattr(model, "FUSED", library(flag))
    for sizes in SIZES[:4]:
        wanted = results(model2, torch.double, sizes)
        assert distance(results(model, torch.float32, sizes), wanted) <= 5e-6
        wanted = results(model2, torch.double, sizes, like="bfloat16")
        assert distance(results(model, torch.bfloat16, sizes), wanted) <= 0.02


def test_scores_state_and_gradients_are_those_of_torch(way):
    assert twins.worst(model) <= 1e-5


def test_a_network_scores_as_version_2_does(way):
    config, tokens = {"hidden": 12, "layers": 3}, torch.randint(11, (5, 9))
    torch.manual_seed(0)
    theirs = model2.LSTM(model2.Config(**config), 11)
    ours = model.LSTM(model.Config(**config), 11)
    ours.load_state_dict(theirs.state_dict())
    assert worst(list(zip(ours(tokens), theirs(tokens), strict=True))) <= 1e-6


def test_both_versions_begin_alike_and_have_the_same_parameters():
    # Version 2 reads words, too.
    assert {**vars(model.Config()), "words": 0} == vars(model2.Config())
    nets = []
    for module in (model, model2):
        torch.manual_seed(0)
        nets.append(module.LSTM(module.Config(hidden=6), 5).state_dict())
    assert nets[0].keys() == nets[1].keys()
    assert all(torch.equal(nets[0][name], nets[1][name]) for name in nets[0])


def test_c_is_called_where_it_can_be_and_nowhere_else(monkeypatch):
    called = []

    class Spy:
        def __getattr__(self, name):
            return lambda *given: called.append(name)

    monkeypatch.setattr(model, "FUSED", Spy())
    for dtype in (torch.float32, torch.bfloat16, torch.double):
        results(model, dtype, (3, 2, 4, 2))
    kinds = [f"{way}_{kind}" for kind in ("float32", "bfloat16") for way in ("forward", "backward")]
    assert called == kinds


def test_gradients_of_the_loops_agree_with_finite_differences():
    torch.manual_seed(0)
    layer = model.Layer(3, 4).double()
    x, h, c = (torch.randn(*s, dtype=torch.double) for s in ((5, 3, 2), (4, 2), (4, 2)))
    given = [p.detach().requires_grad_() for p in (x, *layer.parameters(), h, c)]
    assert torch.autograd.gradcheck(model.Recurrence.apply, given)


def test_an_overflow_is_not_hidden(way):
    layer = model.Layer(3, 4)
    with torch.no_grad():
        outputs, _ = layer(torch.full((2, 3, 3), float("nan")))
        assert outputs.isnan().all()
        layer.b.fill_(1e4)
        assert layer(torch.zeros(2, 3, 3))[0].isfinite().all()
