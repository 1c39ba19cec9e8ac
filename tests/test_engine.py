"""The engine: its attention is torch's, its masters take small steps, its probe is honest."""

import pytest
import torch
import torch.nn.functional as F

from common.errors import UserError
from common.run import engine, hardware


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("length", [1, 7, engine.PLAIN_ATTENTION_BELOW])
def test_attention_is_torchs(length, causal):
    q, k, v = torch.randn(3, 2, 2, length, 8, generator=torch.Generator().manual_seed(0))
    ours = engine.attention(q, k, v, causal=causal)
    theirs = F.scaled_dot_product_attention(q, k, v, is_causal=causal)
    assert torch.allclose(ours, theirs, atol=1e-5)


def train(dtype, steps=100, rate=1e-3):
    weight = torch.nn.Parameter(torch.ones(1, dtype=dtype))
    masters = engine.Masters([weight])
    optimizer = torch.optim.SGD(masters.masters, lr=rate)
    for _ in range(steps):
        weight.sum().backward()
        masters.take_gradients()
        optimizer.step()
        optimizer.zero_grad()
        masters.give_weights()
    return weight.item()


def test_masters_take_steps_that_bfloat16_cannot():
    plain = torch.ones(1, dtype=torch.bfloat16)
    for _ in range(100):
        plain -= 1e-3
    assert plain.item() == 1.0  # without masters the weight never moves
    assert train(torch.bfloat16) == pytest.approx(0.9, abs=0.004)
    assert train(torch.float32) == pytest.approx(0.9, abs=1e-5)


def test_a_bfloat16_parameter_that_no_loss_reached_keeps_its_value():
    """As a frozen layer, or one that a batch does not use."""
    used, idle = (torch.ones(1, dtype=torch.bfloat16, requires_grad=True) for _ in range(2))
    masters = engine.Masters([used, idle])
    optimizer = torch.optim.SGD(masters.masters, lr=0.5)
    used.sum().backward()
    masters.take_gradients()
    optimizer.step()
    masters.give_weights()
    assert (used.item(), idle.item()) == (0.5, 1.0)


@pytest.mark.parametrize("status", ["Name: python\n", None], ids=["no high-water mark", "no file"])
def test_peak_memory_is_told_where_the_system_does_not_say_it(status, monkeypatch):
    def read(path, **how):
        if status is None:
            raise FileNotFoundError(path)
        return status

    memory = hardware.PeakMemory(torch.device("cpu"))
    monkeypatch.setattr("pathlib.Path.read_text", read)
    assert memory.mib() > 1


def test_what_is_not_there_is_named():
    with pytest.raises(UserError, match="Did you mean 'float32'"):
        engine.start(dtype="flaot32")
    with pytest.raises(UserError, match="no device"):
        engine.start(device="tpu")
    if not torch.cuda.is_available():
        with pytest.raises(UserError, match="no CUDA device"):
            engine.start(device="cuda")


def test_medium_is_refused_when_it_is_inexact(monkeypatch):
    """As on a processor whose "medium" computes in bfloat16, however fast."""
    real = torch.Tensor.__matmul__

    def rounded(a, b):
        if torch.get_float32_matmul_precision() == "medium" and a.dtype == torch.float32:
            return real(a.bfloat16(), b.bfloat16()).float()
        return real(a, b)

    monkeypatch.setattr(torch.Tensor, "__matmul__", rounded)
    monkeypatch.setattr(engine, "MEDIUM_GAIN", 0.0)  # speed alone would choose it
    assert not engine.medium_pays()


def test_an_exact_and_faster_medium_is_chosen(monkeypatch):
    monkeypatch.setattr(engine, "MEDIUM_GAIN", 0.0)
    assert engine.medium_pays()
    assert torch.get_float32_matmul_precision() == "highest"


def test_the_record_names_the_choices():
    described = engine.start(matmul="highest").describe()
    assert described["matmul_precision"] == "highest"
    assert described["dtype"] == "float32" and described["threads"] == "1"
