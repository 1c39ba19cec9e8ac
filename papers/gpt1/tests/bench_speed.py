"""Version 2 beside transformers' OpenAIGPTLMHeadModel: `python -m papers.gpt1.tests.bench_speed`.

Steps of pre-training at width 256, 4 layers, 16 rows of 128 tokens, in float32 and bfloat16. Each
contestant is a process of its own with one thread; they take turns, and medians of CPU seconds are
printed as a markdown table, with the share of the machine's own matrix products that they reach.
The peer is as its documentation has it (AdamW), once as a user runs it and once with the
environment of common/run/engine.py, which ours always has. Argument: rounds.
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
from papers.gpt1.version2 import model

SYMBOLS, BATCH, CONTEXT, ROUNDS = 8260, 16, 128, 5
SIZES = {"layers": 4, "heads": 4, "d_model": 256}
CONTESTANTS = tuple(
    f"{who}{dtype}"
    for dtype in ("float32", "bfloat16")
    for who in ("", "transformers ", "transformers, our allocator ")
)


def operations() -> float:
    """Of one step: products with matrices, and attention's over all positions."""
    matrices = 12 * SIZES["layers"] * SIZES["d_model"] ** 2 + SYMBOLS * SIZES["d_model"]
    attention = 2 * SIZES["layers"] * CONTEXT * SIZES["d_model"]
    return 6 * BATCH * CONTEXT * (matrices + attention)


def rows() -> torch.Tensor:
    return torch.randint(4, SYMBOLS, (BATCH, CONTEXT))


def ours(dtype: torch.dtype):
    """A function that makes one step."""
    config = model.Config(**SIZES, context=CONTEXT, batch=BATCH, dropout=0.0)
    net = model.GPT1(config, SYMBOLS).to(dtype)
    learner = model.Learner(config, net, Masters(net.parameters()), 0)
    steps = iter(range(1_000_000))
    return lambda: learner.read(rows(), next(steps))


def theirs(dtype: torch.dtype):
    from papers.gpt1.evidence import twins

    library = twins.library()
    config = library.OpenAIGPTConfig(
        n_layer=4, n_head=4, n_embd=256, vocab_size=SYMBOLS, n_positions=CONTEXT,
        resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0,
    )  # fmt: skip
    net = library.OpenAIGPTLMHeadModel(config).to(dtype).train()
    optimizer = torch.optim.AdamW(net.parameters(), lr=2.5e-4, foreach=True)

    def step():
        tokens = rows()
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
    """Operations per second of matrix products, the best of 15."""
    a, b = (torch.randn(size, size).to(dtype) for _ in range(2))
    return 2 * size**3 / min(seconds(lambda: a @ b, 1) for _ in range(15))


def contestant(name: str) -> None:
    """Answer each line on the standard input with a line of JSON."""
    torch.set_num_threads(1)
    dtype = torch.bfloat16 if name.endswith("bfloat16") else torch.float32
    if not name.startswith("transformers"):
        engine.start()
    step = (theirs if name.startswith("transformers") else ours)(dtype)
    for line in sys.stdin:
        found = peak(dtype) if line.strip() == "peak" else seconds(step, 3)
        print(json.dumps(found), flush=True)


def begun(name: str) -> subprocess.Popen:
    clean = {k: v for k, v in os.environ.items() if k not in engine.ENVIRONMENT}
    as_a_user = name.startswith("transformers ")
    extra = {} if as_a_user else engine.ENVIRONMENT
    return subprocess.Popen(
        [sys.executable, "-m", __spec__.name, "--contestant", name],
        env=clean | extra | {"OMP_NUM_THREADS": "1"},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip


def asked(process: subprocess.Popen, task: str) -> float:
    process.stdin.write(task + "\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


def main(rounds: int = ROUNDS) -> None:
    processes = {name: begun(name) for name in CONTESTANTS}
    found: dict = {name: [] for name in CONTESTANTS}
    for _ in range(rounds + 1):  # the first round warms up
        for name, process in processes.items():
            found[name].append(asked(process, "step"))
    peaks = {name: asked(process, "peak") for name, process in processes.items()}
    for process in processes.values():
        process.stdin.close()
        process.wait()
    print("| contestant | CPU seconds | times transformers in float32 | GF/s of peak |")
    print("| --- | ---: | ---: | ---: |")
    base = median(found["transformers float32"][1:])
    for name in CONTESTANTS:
        took = median(found[name][1:])
        share = f"{operations() / took / 1e9:.0f} of {peaks[name] / 1e9:.0f}"
        print(f"| {name} | {took:.3f} | {base / took:.2f} | {share} |")
    print(f"\n{rounds} rounds; load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--contestant"]:
        contestant(sys.argv[2])
    else:
        main(*map(int, sys.argv[1:]))
