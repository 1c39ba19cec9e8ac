"""AdamW beside torch's, interleaved. Timings need a quiet machine: `nox -s tests` runs them."""

import time

import pytest
import torch

from papers.adam.version2 import model

LAYER = [(256, 768), (256, 256), (256, 1024), (1024, 256), (256,), (256,)]


def best_times(makers, rounds):
    """Seconds of the fastest step of each, taken in turns."""
    optimizers = {}
    for name, make in makers.items():
        parameters = [torch.zeros(shape).requires_grad_() for shape in LAYER * 4]
        for p in parameters:
            p.grad = torch.randn_like(p)
        optimizers[name] = make(parameters)
    best = dict.fromkeys(makers, float("inf"))
    for _ in range(rounds):
        for name, optimizer in optimizers.items():
            started = time.perf_counter()
            optimizer.step()
            best[name] = min(best[name], time.perf_counter() - started)
    return best


@pytest.mark.slow
def test_as_fast_as_the_foreach_implementation():
    makers = {
        "ours": model.AdamW,
        "theirs": lambda parameters: torch.optim.AdamW(parameters, foreach=True),
    }
    for _ in range(5):  # a machine that does other work now and then spoils a comparison
        best = best_times(makers, rounds=30)
        if best["ours"] < 1.1 * best["theirs"]:
            return
    raise AssertionError(best)
