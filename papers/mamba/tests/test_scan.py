"""The scans: values, gradients, and what happens without a compiler."""

import pytest
import torch

from common.run.compiled import compiled
from papers.mamba.evidence import twins
from papers.mamba.version1 import model as model1
from papers.mamba.version2 import model as model2
from papers.mamba.version3 import kernel
from papers.mamba.version3 import model as model3

NEEDS_COMPILER = pytest.mark.skipif(twins.built() is None, reason="no C++ compiler here")
OTHERS = ["-march=x86-64", "-march=x86-64-v3"]  # processors with narrower registers
SIZES = [(1, 1, 1, 1), (2, 37, 19, 5), (3, 33, 16, 16), (2, 65, 300, 3)]


@pytest.fixture(autouse=True)
def as_trained():
    with twins.as_trained():
        yield


def drawn(batch, tokens, channels, states, kind=torch.float32):
    rng = torch.Generator().manual_seed(0)

    def draw(*shape):
        return torch.randn(*shape, generator=rng, dtype=kind)

    delta = draw(batch, tokens, channels).abs() * 0.3
    a, b, c = -8 * draw(states, channels).abs(), *(draw(batch, tokens, states) for _ in "bc")
    return draw(batch, tokens, channels), delta, a, b, c, draw(batch, states, channels)


def loop(x, delta, a, b, c, h):
    """Eq. 2, token by token."""
    y = []
    for t in range(x.shape[1]):
        h = (delta[:, t, None] * a).exp() * h + (delta * x)[:, t, None] * b[:, t, :, None]
        y.append((c[:, t, :, None] * h).sum(1))
    return torch.stack(y, 1), h


def with_slopes(scan, given):
    given = [value.clone().requires_grad_() for value in given]
    y, h = scan(*given)
    (y.square().sum() + h.square().sum()).backward()
    return [y, h, *(value.grad for value in given)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scan", [model2.selective_scan, model3.selective_scan, model3.plain_scan])
def test_values_and_gradients_are_those_of_a_loop(scan, size):
    given = drawn(*size)
    for found, wanted in zip(with_slopes(scan, given), with_slopes(loop, given), strict=True):
        assert (found - wanted).abs().max() <= 3e-6 * max(1, wanted.abs().max())


@pytest.mark.parametrize("tokens", [1, 2, 3, 7, 16])
def test_the_gradient_of_the_parallel_scan_agrees_with_finite_differences(tokens):
    rng = torch.Generator().manual_seed(0)
    a = torch.rand(2, tokens, 2, 3, generator=rng, dtype=torch.double)
    b, h = torch.randn_like(a), torch.randn(2, 2, 3, dtype=torch.double)
    given = [value.requires_grad_() for value in (a, b, h)]
    for model in (model2, model3):
        assert torch.autograd.gradcheck(model.Recurrence.apply, given)


def test_no_decay_and_full_decay_neither_overflow_nor_vanish():
    """Delta A from 0 to -1,000, at which e^(Delta A) is 0."""
    x, delta, a, b, c, h = drawn(2, 200, 20, 4)
    delta, a = delta * torch.tensor([0.0, 1e-4, 1.0, 1e3]).repeat(5), -torch.ones_like(a)
    wanted = loop(*(value.double() for value in (x, delta, a, b, c, h)))
    for scan in (model2.selective_scan, model3.selective_scan):
        for found, exact in zip(scan(x, delta, a, b, c, h), wanted, strict=True):
            assert (found - exact).abs().max() <= 1e-6 * exact.abs().max()


def test_version1_scans_as_a_loop_with_exact_hold():
    x, delta, a, b, c, h = drawn(2, 9, 7, 3, torch.double)
    y, last = model1.selective_scan(x, delta, a.t(), b, c, h.transpose(1, 2))
    held = (delta[:, :, None] * a).expm1() / a  # in the place of Delta
    for t in range(9):
        h = (delta[:, t, None] * a).exp() * h + held[:, t] * (x[:, t, None] * b[:, t, :, None])
        assert torch.allclose(y[:, t], (c[:, t, :, None] * h).sum(1))
    assert torch.allclose(last.transpose(1, 2), h)


def test_a_bfloat16_net_keeps_its_state_in_float32():
    torch.manual_seed(0)
    net = model3.Mamba(model3.Config(d_model=16, layers=1, states=4), 5)
    mixer, seen = net.layers[0].mixer, []
    real = model3.selective_scan
    try:
        model3.selective_scan = lambda *given: seen.extend(given) or real(*given)
        _, state = net.bfloat16()(torch.ones(2, 6, dtype=torch.long))
    finally:
        model3.selective_scan = real
    assert {value.dtype for value in seen} == {torch.float32} == {state.dtype}
    assert mixer.A_log.dtype == torch.bfloat16


@NEEDS_COMPILER
def test_what_is_compiled_is_at_work(monkeypatch):
    monkeypatch.setattr(model3, "plain_scan", None)
    model3.selective_scan(*drawn(2, 9, 7, 3))


@pytest.mark.parametrize("kind", [torch.double, torch.bfloat16])
def test_other_numbers_than_float32_are_not_handed_to_it(kind, monkeypatch):
    monkeypatch.setattr(model3, "FUSED", object())  # which has no functions
    given = drawn(2, 9, 7, 3, kind)
    found, wanted = with_slopes(model3.selective_scan, given), with_slopes(loop, given)
    exact = {torch.double: 1e-12, torch.bfloat16: 0.1}[kind]
    for value, other in zip(found, wanted, strict=True):
        assert (value - other).abs().max() <= exact * max(1, other.abs().max())


@NEEDS_COMPILER
def test_results_do_not_depend_on_threads():
    given, found = drawn(4, 70, 300, 5), []
    before = torch.get_num_threads()
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        found.append(with_slopes(model3.Fused.apply, given))
    torch.set_num_threads(before)
    for others in found[1:]:
        assert all(torch.equal(a, b) for a, b in zip(found[0], others, strict=True))


@NEEDS_COMPILER
@pytest.mark.parametrize("flag", OTHERS)
def test_older_processors_compute_the_same(flag, monkeypatch):
    if not torch.backends.cpu.get_cpu_capability().startswith("AVX"):
        pytest.skip("no x86 processor")
    monkeypatch.setattr(model3, "FUSED", compiled(kernel.CPP, *kernel.FLAGS, flag))
    given = drawn(*SIZES[1])
    found, wanted = with_slopes(model3.Fused.apply, given), with_slopes(loop, given)
    for value, other in zip(found, wanted, strict=True):
        assert (value - other).abs().max() <= 3e-6 * max(1, other.abs().max())


def test_without_a_compiler_version2s_scan_takes_its_place(monkeypatch):
    given = drawn(2, 37, 19, 5)
    monkeypatch.setattr(model3, "FUSED", None)
    found, wanted = (
        with_slopes(model3.selective_scan, given),
        with_slopes(model2.selective_scan, given),
    )
    assert all(torch.equal(a, b) for a, b in zip(found, wanted, strict=True))


def test_a_compiler_without_openmp_is_as_none_and_says_so(tmp_path, monkeypatch, capfd):
    fake = tmp_path / "c++"
    fake.write_text("#!/bin/sh\n[ $1 = --version ] || { echo error: -fopenmp? >&2; exit 1; }\n")
    fake.chmod(0o755)
    monkeypatch.setenv("CXX", str(fake))
    assert compiled(kernel.CPP, *kernel.FLAGS) is None
    said = capfd.readouterr().err
    assert said.count("\n") == 1 and said.startswith("note: plain loops") and "-fopenmp" in said
