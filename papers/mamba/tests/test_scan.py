"""The scans: values, gradients, and what happens without a compiler."""

import pytest
import torch

from papers.mamba import kernels
from papers.mamba.version1 import model as model1
from papers.mamba.version2 import model as model2
from papers.mamba.version3 import model as model3

NEEDS_COMPILER = pytest.mark.skipif(kernels.library() is None, reason="no C++ compiler here")
SIZES = [(1, 1, 1, 1), (2, 37, 19, 5), (3, 33, 16, 16), (2, 65, 300, 3)]


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


@NEEDS_COMPILER
def test_results_do_not_depend_on_threads():
    given, found = drawn(4, 70, 300, 5), []
    before = torch.get_num_threads()
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        found.append(with_slopes(kernels.Fused.apply, given))
    torch.set_num_threads(before)
    for others in found[1:]:
        assert all(torch.equal(a, b) for a, b in zip(found[0], others, strict=True))


@pytest.fixture
def anew(tmp_path, monkeypatch):
    """The library is looked for again, in an empty folder."""
    monkeypatch.setenv("TORCH_EXTENSIONS_DIR", str(tmp_path / "built"))
    kernels.library.cache_clear()
    yield tmp_path / "built"
    kernels.library.cache_clear()


def without_compiler(monkeypatch):
    monkeypatch.setattr(kernels.shutil, "which", lambda name: None)


def with_an_error(monkeypatch):
    if kernels.shutil.which("c++") is None:
        pytest.skip("no C++ compiler here")
    monkeypatch.setattr(kernels, "SOURCE", "#error no such processor\n")


@pytest.mark.parametrize("broken", [without_compiler, with_an_error])
def test_without_the_library_version2s_scan_takes_its_place(broken, anew, monkeypatch, capfd):
    given = drawn(2, 37, 19, 5)
    wanted = with_slopes(model2.selective_scan, given)
    broken(monkeypatch)
    for _ in range(2):
        found = with_slopes(model3.selective_scan, given)
        assert all(torch.equal(a, b) for a, b in zip(found, wanted, strict=True))
    said = capfd.readouterr().err
    assert said.count("\n") == 1 and said.startswith("note: ") and "CXX" in said


@NEEDS_COMPILER
def test_the_library_is_built_once_and_leaves_nothing_else(anew):
    first = kernels.build()
    made = first.stat().st_mtime_ns
    assert kernels.build() == first and first.stat().st_mtime_ns == made
    assert list(anew.iterdir()) == [first]
