"""Version 2's layers beside torch.nn.GRU: `python -m papers.gru.tests.bench_speed`.

Forward and backward of two layers of 256 units over 32 sequences of 128 steps of 256 numbers. Each
contestant is a process of its own with one thread; they take turns, and medians of CPU seconds are
printed as a markdown table. torch's runs once as a user runs it, and once with this repository's
choices of common/run/engine.py: allocator, and "medium" products where they are exact and faster.
Arguments: rounds.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from statistics import median

import torch

from common.run import engine
from papers.gru.version2 import model

BATCH, STEPS, WIDTH, LAYERS, ROUNDS = 32, 128, 256, 2, 9
# Products of a layer: forward by inputs and by states; each again for its two derivatives.
OPERATIONS = LAYERS * 6 * 2 * BATCH * STEPS * WIDTH * 3 * WIDTH
CONTESTANTS = {  # name: (whose, dtype, with the choices of the engine)
    "version 2": ("ours", "float32", True),
    "torch.nn.GRU": ("theirs", "float32", False),
    "torch.nn.GRU, our engine": ("theirs", "float32", True),
    "version 2, plain": ("ours", "float32", False),
    "version 2, bfloat16": ("ours", "bfloat16", True),
    "torch.nn.GRU, bfloat16": ("theirs", "bfloat16", True),
}
BASE = "torch.nn.GRU"


def seconds(function) -> float:
    """CPU seconds: on a shared machine the wall clock counts others' work as well."""
    start = time.process_time()
    function()
    return time.process_time() - start


def contestant(whose: str, dtype: str, chosen: bool) -> None:
    """For each line on the standard input: seconds of one pass, and the peak of products."""
    torch.set_num_threads(1)
    if chosen:
        engine.start()
    torch.manual_seed(0)
    kind = getattr(torch, dtype)
    x = torch.randn(BATCH, STEPS, WIDTH, dtype=kind, requires_grad=True)
    layers = [model.Layer(WIDTH, WIDTH).to(kind) for _ in range(LAYERS)]
    theirs = torch.nn.GRU(WIDTH, WIDTH, LAYERS, batch_first=True).to(kind)
    for n, layer in enumerate(layers):
        layer.load(*(getattr(theirs, f"{name}_l{n}") for name in model.TORCH_NAMES))

    def read(x):
        for layer in layers:
            x, _ = layer(x)
        return x

    def both():
        (read(x) if whose == "ours" else theirs(x)[0]).float().sum().backward()

    a, b = (torch.randn(1024, 1024).to(kind) for _ in range(2))
    for _ in sys.stdin:
        peak = 2 * 1024**3 / min(seconds(lambda: a @ b) for _ in range(3))
        print(json.dumps([seconds(both), peak]), flush=True)


def begun(whose: str, dtype: str, chosen: bool) -> subprocess.Popen:
    clean = {k: v for k, v in os.environ.items() if k not in engine.ENVIRONMENT}
    return subprocess.Popen(
        [sys.executable, "-m", __spec__.name, "--contestant", whose, dtype, str(int(chosen))],
        env=clean | (engine.ENVIRONMENT if chosen else {}) | {"OMP_NUM_THREADS": "1"},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip


def asked(process: subprocess.Popen) -> list[float]:
    process.stdin.write("once\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


def main(rounds: int = ROUNDS) -> None:
    processes = {name: begun(*how) for name, how in CONTESTANTS.items()}
    found: dict[str, list[list[float]]] = {name: [] for name in processes}
    for _ in range(rounds + 1):  # the first round warms up
        for name, process in processes.items():
            found[name].append(asked(process))
    for process in processes.values():
        process.stdin.close()
        process.wait()
    times = {name: median(row[0] for row in rows[1:]) for name, rows in found.items()}
    peaks = {name: max(row[1] for row in rows) for name, rows in found.items()}
    print("| | CPU ms | times torch.nn.GRU | GF/s | of the products' peak |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, taken in times.items():
        rate = OPERATIONS / taken
        share = f"{rate / peaks[name]:.0%} of {peaks[name] / 1e9:.0f}"
        ratio = times[BASE] / taken
        print(f"| {name} | {1000 * taken:.0f} | {ratio:.2f} | {rate / 1e9:.0f} | {share} |")
    print(f"\n{rounds} rounds; load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--contestant"]:
        contestant(sys.argv[2], sys.argv[3], bool(int(sys.argv[4])))
    else:
        main(*map(int, sys.argv[1:]))
