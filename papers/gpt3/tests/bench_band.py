"""Banded attention beside dense attention: `python -m papers.gpt3.tests.bench_band`.

Milliseconds forward and backward of one layer's attention at growing lengths, one thread, the
band of GPT-Neo. Contestants: the band alone, the full matrix with a mask (version 1's way, plain),
and torch's fused attention with the same mask. Medians of interleaved rounds. Arguments: the
band, and the rounds.
"""

from __future__ import annotations

import math
import sys
import time
from statistics import median

import torch
import torch.nn.functional as F

from common.run import engine
from papers.gpt3.version2 import model

LENGTHS = (64, 256, 1024, 2048)
HEADS, WIDTH = 12, 64


def contestants(length: int, band: int) -> dict:
    back = torch.arange(length)[:, None] - torch.arange(length)
    hidden = torch.where((back >= 0) & (back < band), 0.0, -math.inf)

    def masked(q, k, v):
        return (q @ k.transpose(-1, -2) * model.scale(q) + hidden).softmax(-1) @ v

    return {
        "band alone": lambda q, k, v: model.banded(q, k, v, band),
        "mask on all scores": masked,
        "fused, with the mask": lambda q, k, v: F.scaled_dot_product_attention(q, k, v, hidden),
    }


def milliseconds(function, parts) -> float:
    """CPU time of one call and its gradients."""
    start = time.process_time()
    function(*parts).sum().backward()
    return 1000 * (time.process_time() - start)


def main(band: int = 256, rounds: int = 5) -> None:
    torch.set_num_threads(1)
    engine.start()
    print("| places |", " | ".join(contestants(2, 1)), "|")
    print("| ---: |" + " ---: |" * 3)
    for length in LENGTHS:
        parts = [torch.randn(1, HEADS, length, WIDTH, requires_grad=True) for _ in range(3)]
        found: dict[str, list[float]] = {}
        for _ in range(rounds + 1):  # the first warms up
            for name, function in contestants(length, band).items():
                found.setdefault(name, []).append(milliseconds(function, parts))
        print(f"| {length:,} |", " | ".join(f"{median(x[1:]):.1f}" for x in found.values()), "|")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
