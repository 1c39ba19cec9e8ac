"""Version 2 beside transformers' LlamaForCausalLM and the machine's own peak.

`python -m papers.llama.tests.bench_speed ROUNDS`: training steps at 10.7 million parameters
(8 windows of 256), as papers/gpt2 measures them. Each contestant is a process of its own with one
thread; they take turns, and medians of CPU seconds are printed as a markdown table, with the share
of the peak of matrix products that the same process reaches.
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
from common.run.engine import Masters
from papers.llama.version2 import model

SYMBOLS, BATCH, CONTEXT, ROUNDS = 65, 8, 256, 5
SIZES = {"layers": 6, "heads": 6, "d_model": 384}
CONTESTANTS = ("float32", "bfloat16", "transformers", "transformers, our allocator")


def operations() -> float:
    """Of one training step: products with matrices, and attention's over all positions."""
    config = model.Config(**SIZES)
    d, f = config.d_model, model.hidden_width(config.d_model, config.multiple)
    matrices = config.layers * (4 * d * d + 3 * d * f) + SYMBOLS * d
    return 6 * BATCH * CONTEXT * (matrices + 2 * config.layers * CONTEXT * d)


def ours(dtype: torch.dtype):
    """A function that makes one training step."""
    config = model.Config(**SIZES, context=CONTEXT, batch=BATCH)
    net = model.Llama(config, SYMBOLS).to(dtype)
    learner = model.Learner(config, net, Masters(net.parameters()), 0)
    tokens, steps = torch.randint(SYMBOLS, (100_000,)), iter(range(1_000_000))
    return lambda: learner.step(tokens, next(steps))


def theirs(library):
    made, built = library
    net = built(
        made(
            num_hidden_layers=6, num_attention_heads=6, hidden_size=384, intermediate_size=1024,
            vocab_size=SYMBOLS, max_position_embeddings=CONTEXT, tie_word_embeddings=False,
        )
    ).train()  # fmt: skip
    optimizer = torch.optim.AdamW(net.parameters(), lr=2.5e-4, foreach=True)

    def step():
        tokens = torch.randint(SYMBOLS, (BATCH, CONTEXT))
        net(input_ids=tokens, labels=tokens).loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()

    return step


def seconds(function, times: int) -> float:
    """CPU seconds of one call: on a shared machine the wall clock counts others' work as well."""
    start = time.process_time()
    for _ in range(times):
        function()
    return (time.process_time() - start) / times


def peak(dtype: torch.dtype, size: int = 1024) -> float:
    """Operations per second of matrix products, the best of 5."""
    a, b = (torch.randn(size, size).to(dtype) for _ in range(2))
    return 2 * size**3 / min(seconds(lambda: a @ b, 3) for _ in range(5))


def contestant(name: str) -> None:
    """For each line on the standard input: seconds of a step, and the peak beside it."""
    torch.set_num_threads(1)
    if name.startswith("transformers"):
        from papers.llama.evidence import twins

        step, dtype = theirs(twins.library()), torch.float32
    else:
        engine.start()
        dtype = torch.bfloat16 if name == "bfloat16" else torch.float32
        step = ours(dtype)
    for _ in sys.stdin:
        print(json.dumps([seconds(step, 1), peak(dtype)]), flush=True)


def begun(name: str) -> subprocess.Popen:
    clean = {k: v for k, v in os.environ.items() if k not in engine.ENVIRONMENT}
    extra = {} if name == "transformers" else engine.ENVIRONMENT
    return subprocess.Popen(
        [sys.executable, "-m", __spec__.name, "--contestant", name],
        env=clean | extra | {"OMP_NUM_THREADS": "1"},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip


def asked(process: subprocess.Popen) -> list[float]:
    process.stdin.write("\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


def main(rounds: int = ROUNDS) -> None:
    processes = {name: begun(name) for name in CONTESTANTS}
    found: dict[str, list] = {name: [] for name in CONTESTANTS}
    for _ in range(rounds + 1):  # the first round warms up
        for name, process in processes.items():
            found[name].append(asked(process))
    for process in processes.values():
        process.stdin.close()
        process.wait()
    times = {name: median(row[0] for row in rows[1:]) for name, rows in found.items()}
    print("| CPU seconds (times transformers) |", " | ".join(CONTESTANTS), "|")
    print("| --- |" + " ---: |" * len(CONTESTANTS))
    cells = [f"{t:.3f} ({times['transformers'] / t:.2f})" for t in times.values()]
    print("| training step |", " | ".join(cells), "|")
    shares = {
        name: median(operations() / row[0] / row[1] for row in rows[1:])
        for name, rows in found.items()
    }
    cells = [f"{operations() / times[n] / 1e9:.0f} ({share:.2f})" for n, share in shares.items()]
    print("| GF/s (share of the peak) |", " | ".join(cells), "|")
    print(f"\n{rounds} rounds; load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--contestant"]:
        contestant(sys.argv[2])
    else:
        main(*map(int, sys.argv[1:]))
