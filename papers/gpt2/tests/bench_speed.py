"""Version 2 beside transformers' GPT2LMHeadModel: `python -m papers.gpt2.tests.bench_speed`.

Training steps at 10.7 million parameters (B = 8, T = 256) and greedy generation at batch 1 and 16.
Each contestant is a process of its own with one thread; they take turns, and medians of CPU
seconds are printed as a markdown table. The peer is as its documentation has it (float32, its
default attention, AdamW), once as a user runs it and once with the environment of
common/run/engine.py, which ours always has. Arguments: rounds and new tokens.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from statistics import median

import torch

from common.run import engine
from common.run.engine import Masters
from papers.gpt2.version2 import model
from papers.gpt2.version2.decode import Decoder

SYMBOLS, BATCH, CONTEXT, ROUNDS, NEW = 65, 8, 256, 5, 128
SIZES = {"layers": 6, "heads": 6, "d_model": 384}
CONTESTANTS = ("float32", "bfloat16", "transformers", "transformers, our allocator")
TASKS = ("training", "generation 1", "generation 16")


def operations() -> float:
    """Of one training step: products with matrices, and attention's over all positions."""
    matrices = 12 * SIZES["layers"] * SIZES["d_model"] ** 2 + SYMBOLS * SIZES["d_model"]
    attention = 2 * SIZES["layers"] * CONTEXT * SIZES["d_model"]
    return 6 * BATCH * CONTEXT * (matrices + attention)


def ours(dtype: torch.dtype):
    """(a function that makes one training step, the net)."""
    config = model.Config(**SIZES, context=CONTEXT, batch=BATCH, dropout=0.0)
    net = model.GPT2(config, SYMBOLS).to(dtype)
    learner = model.Learner(config, net, Masters(net.parameters()), 0)
    tokens = torch.randint(SYMBOLS, (100_000,))
    steps = iter(range(1_000_000))
    return lambda: learner.step(tokens, next(steps)), net


def theirs(library):
    made, built = library
    net = built(
        made(
            n_layer=6, n_head=6, n_embd=384, vocab_size=SYMBOLS, n_positions=CONTEXT,
            bos_token_id=0, eos_token_id=0, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0,
        )
    )  # fmt: skip
    optimizer = torch.optim.AdamW(net.parameters(), lr=2.5e-4, foreach=True)

    def step():
        tokens = torch.randint(SYMBOLS, (BATCH, CONTEXT))
        net(input_ids=tokens, labels=tokens).loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()

    return step, net


@torch.inference_mode()
def write(decoder, rows: int, new: int) -> None:
    """`new` tokens, each the likeliest, with the cache."""
    token, state = torch.ones(rows, 1, dtype=torch.long), None
    for _ in range(new):
        scores, state = decoder.read(token, state)
        token = scores[:, -1:].argmax(-1)


def they_write(net, rows: int, new: int) -> None:
    net.eval()
    start = torch.ones(rows, 1, dtype=torch.long)
    net.generate(start, max_new_tokens=new, min_new_tokens=new, do_sample=False, pad_token_id=0)


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


def megabytes() -> float:
    """The largest this process has been, with Python and torch."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def contestant(name: str, new: int) -> None:
    """Answer each task named on the standard input with a line of JSON."""
    torch.set_num_threads(1)
    theirs_it_is = name.startswith("transformers")
    if theirs_it_is:  # what only one of them needs, the other does not import
        from papers.gpt2.evidence import twins

        library = twins.library()
    else:
        engine.start()
    before = megabytes()
    dtype = torch.bfloat16 if name == "bfloat16" else torch.float32
    step, net = theirs(library) if theirs_it_is else ours(dtype)
    for line in sys.stdin:
        task, _, rows = line.strip().partition(" ")
        if task == "training":
            net.train()
            found = [seconds(step, 2), megabytes(), before]
        elif task == "peak":
            found = [peak(dtype)]
        elif theirs_it_is:
            found = [seconds(lambda rows=rows: they_write(net, int(rows), new), 1)]
        else:
            decoder = Decoder(net)
            found = [seconds(lambda d=decoder, rows=rows: write(d, int(rows), new), 1)]
        print(json.dumps(found), flush=True)


def begun(name: str, new: int) -> subprocess.Popen:
    clean = {k: v for k, v in os.environ.items() if k not in engine.ENVIRONMENT}
    extra = {} if name == "transformers" else engine.ENVIRONMENT
    return subprocess.Popen(
        [sys.executable, "-m", __spec__.name, "--contestant", name, str(new)],
        env=clean | extra | {"OMP_NUM_THREADS": "1"},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip


def asked(process: subprocess.Popen, task: str) -> list[float]:
    process.stdin.write(task + "\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


def main(rounds: int = ROUNDS, new: int = NEW) -> None:
    processes = {name: begun(name, new) for name in CONTESTANTS}
    found: dict = {}
    for task in TASKS:  # memory is training's: it comes first
        for _ in range(rounds + 1):  # the first round warms up
            for name, process in processes.items():
                found.setdefault((task, name), []).append(asked(process, task))
    peaks = {name: asked(process, "peak")[0] for name, process in processes.items()}
    for process in processes.values():
        process.stdin.close()
        process.wait()
    report(found, peaks)
    print(f"\n{rounds} rounds, {new} new tokens; load {os.getloadavg()[0]:.1f}")


def report(found: dict, peaks: dict) -> None:
    """The table; below it how near training comes to the products' peak, and its memory."""
    print("| CPU seconds (times transformers) |", " | ".join(CONTESTANTS), "|")
    print("| --- |" + " ---: |" * len(CONTESTANTS))
    for task in TASKS:
        times = [median(row[0] for row in found[task, name][1:]) for name in CONTESTANTS]
        base = times[CONTESTANTS.index("transformers")]
        print(f"| {task} |", " | ".join(f"{t:.3f} ({base / t:.2f})" for t in times), "|")
    steps = {n: median(row[0] for row in found["training", n][1:]) for n in CONTESTANTS}
    cells = [
        f"{operations() / steps[n] / 1e9:.0f} of {peaks[n] / 1e9:.0f} ({bound:.2f})"
        for n in CONTESTANTS
        for bound in [steps["transformers"] * peaks[n] / operations()]
    ]
    print("| GF/s of peak (ratio at the peak) |", " | ".join(cells), "|")
    for what, at in (("gross", None), ("net of imports", 2)):
        sizes = [found["training", n][-1] for n in CONTESTANTS]
        sizes = [row[1] - (row[at] if at else 0) for row in sizes]
        base = sizes[CONTESTANTS.index("transformers")]
        print(f"| peak MB, {what} |", " | ".join(f"{s:.0f} ({s / base:.2f})" for s in sizes), "|")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--contestant"]:
        contestant(sys.argv[2], int(sys.argv[3]))
    else:
        main(*map(int, sys.argv[1:]))
