"""Time and memory over the length of a text: `python -m papers.mamba.tests.bench_length`.

One block of width 64 reads a row and gives its gradient: version 3's, version 2's and a Transformer
block of papers/gpt2 with torch's fused causal attention, which keeps no T x T weights. Each point
is a process of its own; printed is a markdown table of milliseconds (the least of three, CPU time)
and of megabytes above those before the step. Arguments: lengths, else 256 to 16,384.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time

import torch
import torch.nn.functional as F

from common.run import engine
from papers.gpt2.version2 import model as gpt2
from papers.mamba.evidence import twins
from papers.mamba.version2 import model as model2
from papers.mamba.version3 import model as model3

LENGTHS = (256, 1024, 4096, 16384)
CONTESTANTS = ("version3", "version2", "attention")


def transformer(block, x):
    """papers/gpt2's block, with attention that needs no mask."""
    joined = block.attn.c_attn(block.ln_1(x)).view(1, x.shape[1], 3, 4, 16)
    q, k, v = joined.permute(2, 0, 3, 1, 4)
    y = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).flatten(2)
    x = x + block.attn.c_proj(y)
    return x + block.mlp(block.ln_2(x))


def block(name: str):
    """A function of the inputs (1, tokens, 64)."""
    if name == "attention":
        inner = gpt2.Block(gpt2.Config(d_model=64, heads=4, dropout=0.0))
        for p in inner.parameters():
            torch.nn.init.normal_(p, std=0.02)
        return lambda x: transformer(inner, x)
    model = model3 if name == "version3" else model2
    net = model.Mamba(model.Config(d_model=64, layers=1), 65)
    return lambda x: net.layers[0](x, net.begin(1)[:, 0])[0]


def measure(name: str, tokens: int) -> None:
    engine.start(threads=1, matmul="highest")
    with twins.as_trained():
        timed(block(name), tokens)


def timed(read, tokens: int) -> None:
    times = []
    read(torch.randn(1, 64, 64)).sum().backward()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(3):
        x = torch.randn(1, tokens, 64, requires_grad=True)
        start = time.process_time()
        read(x).sum().backward()
        times.append(time.process_time() - start)
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(f"{1e3 * min(times):.1f} ms, {used / 1024:.0f} MB")


def main(lengths=LENGTHS) -> None:
    print("| tokens |", " | ".join(CONTESTANTS), "|\n| ---: |" + " ---: |" * len(CONTESTANTS))
    for tokens in lengths:
        found = [
            subprocess.run(
                [sys.executable, "-m", __spec__.name, "--measure", name, str(tokens)],
                env=os.environ | {"OMP_NUM_THREADS": "1"},
                capture_output=True, text=True, check=True,
            ).stdout.strip()
            for name in CONTESTANTS
        ]  # fmt: skip
        print(f"| {tokens:,} |", " | ".join(found), "|", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(sys.argv[2], int(sys.argv[3]))
    else:
        main(tuple(map(int, sys.argv[1:])) or LENGTHS)
