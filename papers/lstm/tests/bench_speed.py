"""Versions 2 and 3 beside torch.nn.LSTM: `python -m papers.lstm.tests.bench_speed`.

Forward and backward of 2 layers of 256 cells over 128 steps of 32 streams. Each contestant is a
process of its own; they take turns, and medians are printed as a markdown table: CPU seconds with
one thread, wall seconds with more. All run with the choices of common/run/engine.py, torch's LSTM
as well. Arguments: threads and rounds.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from statistics import median

import torch
import torch.nn.functional as F
from torch.nn import LSTM, Linear, Module

from common.run import engine
from common.run.compiled import compiled
from papers.lstm.fused import kernel
from papers.lstm.fused import model as fused
from papers.lstm.version2 import model as version2

SYMBOLS, BATCH, STEPS, HIDDEN, LAYERS = 65, 32, 128, 256, 2
OURS = {"version2": version2, "fused": fused, "loops": fused}
CONTESTANTS = [f"{who} {dtype}" for dtype in engine.DTYPES for who in (*OURS, "torch")]


class Theirs(Module):
    """torch.nn.LSTM and a linear readout, steps first, as it likes them best."""

    def __init__(self):
        super().__init__()
        self.lstm, self.readout = LSTM(SYMBOLS, HIDDEN, LAYERS), Linear(HIDDEN, SYMBOLS)

    def forward(self, tokens):
        x = F.one_hot(tokens.t(), SYMBOLS).to(self.readout.weight.dtype)
        return self.readout(self.lstm(x)[0]).transpose(0, 1), None


def operations() -> float:
    """Of the products of one step of training."""
    layers = sum(4 * HIDDEN * (HIDDEN + read) for read in [SYMBOLS] + [HIDDEN] * (LAYERS - 1))
    return 6 * BATCH * STEPS * (layers + HIDDEN * SYMBOLS)


def clock(threads: int):
    return time.process_time if threads == 1 else time.perf_counter


def seconds(function, threads: int) -> float:
    now = clock(threads)
    start = now()
    function()
    return now() - start


def peak(dtype: torch.dtype, threads: int, size: int = 1024) -> float:
    """Operations per second of matrix products, the best of 15."""
    a, b = (torch.randn(size, size).to(dtype) for _ in range(2))
    return 2 * size**3 / min(seconds(lambda: a @ b, threads) for _ in range(15))


def contestant(name: str, threads: int) -> None:
    """Answer each line of the standard input with one of JSON: seconds of a step, or the peak."""
    engine.start(threads=threads)
    who, kind = name.split()
    dtype, model = engine.DTYPES[kind], OURS.get(who)
    sizes = {"hidden": HIDDEN, "layers": LAYERS}
    net = (model.LSTM(model.Config(**sizes), SYMBOLS) if model else Theirs()).to(dtype)
    if who == "fused":  # "loops" is what it does where no compiler is found
        fused.FUSED = compiled(kernel.CPP)
    tokens = torch.randint(SYMBOLS, (BATCH, STEPS))

    def step():
        scores, _ = net(tokens)
        version2.loss(scores, tokens).backward()
        net.zero_grad()

    for line in sys.stdin:
        found = peak(dtype, threads) if line.strip() == "peak" else seconds(step, threads)
        print(json.dumps(found), flush=True)


def begun(name: str, threads: int) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", __spec__.name, "--contestant", name, str(threads)],
        env=os.environ | engine.ENVIRONMENT | {"OMP_NUM_THREADS": str(threads)},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def asked(process: subprocess.Popen, task: str) -> float:
    process.stdin.write(task + "\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


def main(threads: int = 1, rounds: int = 15) -> None:
    processes = {name: begun(name, threads) for name in CONTESTANTS}
    found: dict[str, list[float]] = {name: [] for name in CONTESTANTS}
    for _ in range(rounds + 2):  # the first two warm up
        for name, process in processes.items():
            found[name].append(asked(process, "step"))
    peaks = {name: asked(process, "peak") for name, process in processes.items()}
    for process in processes.values():
        process.stdin.close()
        process.wait()
    base = median(found["torch float32"][2:])
    print("| |", " | ".join(CONTESTANTS), "|\n| --- |" + " ---: |" * len(CONTESTANTS))
    times = [median(found[name][2:]) for name in CONTESTANTS]
    print("| milliseconds |", " | ".join(f"{1e3 * t:.0f}" for t in times), "|")
    print("| times torch float32 |", " | ".join(f"{base / t:.2f}" for t in times), "|")
    rates = [operations() / t / 1e9 for t in times]
    shares = [f"{r:.0f} of {peaks[n] / 1e9:.0f}" for r, n in zip(rates, CONTESTANTS, strict=True)]
    print("| GF/s of the peak |", " | ".join(shares), "|")
    print(f"\n{threads} threads, {rounds} rounds; load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--contestant"]:
        contestant(sys.argv[2], int(sys.argv[3]))
    else:
        main(*map(int, sys.argv[1:]))
