"""AdamW beside torch's, interleaved, one thread: `python -m papers.adam.tests.bench_speed`."""

import time

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


def main(rounds: int = 100) -> None:
    best = best_times(
        {
            "ours": model.AdamW,
            "torch, foreach": lambda parameters: torch.optim.AdamW(parameters, foreach=True),
            "torch, fused": lambda parameters: torch.optim.AdamW(parameters, fused=True),
        },
        rounds,
    )
    for name, seconds in best.items():
        print(f"{name:15} {1e3 * seconds:7.2f} ms   {seconds / best['ours']:5.2f} times ours")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
