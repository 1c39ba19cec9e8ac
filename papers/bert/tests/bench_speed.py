"""Version 2 beside transformers: `python -m papers.bert.tests.bench_speed`.

Steps of pre-training on 32 rows of 128 pieces at width 256, 4 layers, 8,000 pieces. Each
contestant is a process of its own with one thread; they take turns, and medians of CPU seconds are
printed as a markdown table, with the share of the machine's matrix products that a step's come to.
The peer is as a user runs it: BertForMaskedLM in float32 with torch's AdamW. Argument: rounds.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from statistics import median

import torch

from common.run import engine
from common.run.engine import Masters
from papers.bert.evidence import twins
from papers.bert.version2 import model

BATCH, TOKENS, PIECES, ROUNDS, STEPS = 32, 128, 8_000, 5, 2
D, LAYERS, HEADS, SHARE = 256, 4, 4, 0.15
CONTESTANTS = ("float32", "bfloat16", "transformers", "transformers, our allocator")
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *map(str, range(PIECES - 5))]


def products() -> float:
    """Multiplications and additions of a step, forward and twice that backward."""
    each = 12 * D * D * LAYERS + 2 * TOKENS * D * LAYERS + SHARE * (PIECES * D + D * D)
    return 3 * 2 * BATCH * TOKENS * each


def rows() -> torch.Tensor:
    return torch.randint(5, PIECES, (BATCH, TOKENS))


def ours(dtype: torch.dtype):
    """A function that makes one step."""
    config = model.Config(PIECES, TOKENS, D, HEADS, LAYERS, batch=BATCH)
    net = model.BERT(config, PIECES).to(dtype)
    learner = model.Learner(config, net, Masters(net.parameters()), 0, WORDS)
    steps = iter(range(1_000_000))
    return lambda: learner.pretrain(rows(), next(steps))


def theirs():
    library = twins.library()
    config = library.BertConfig(
        vocab_size=PIECES, hidden_size=D, num_hidden_layers=LAYERS, num_attention_heads=HEADS,
        intermediate_size=4 * D, max_position_embeddings=TOKENS,
    )  # fmt: skip
    net = library.BertForMaskedLM(config).train()
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-4)
    hiding = model.Hiding(WORDS, SHARE)

    def step():
        seen, targets = hiding(rows())
        net(input_ids=seen, labels=targets.masked_fill(targets < 0, -100)).loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()

    return step


def peak(dtype: torch.dtype) -> float:
    """Multiplications and additions per CPU second of one large product."""
    a, b = torch.randn(2, 1024, 1024).to(dtype)
    start = time.process_time()
    for _ in range(20):
        a @ b
    return 20 * 2 * 1024**3 / (time.process_time() - start)


def contestant(name: str) -> None:
    """Answer each line of the standard input with CPU seconds of a step, memory, and the peak."""
    torch.set_num_threads(1)
    dtype = engine.DTYPES.get(name, torch.float32)
    if not name.startswith("transformers"):
        engine.start(dtype=name)
    step = theirs() if name.startswith("transformers") else ours(dtype)
    for _ in sys.stdin:
        start = time.process_time()  # the wall clock counts others' work as well
        for _ in range(STEPS):
            step()
        seconds = (time.process_time() - start) / STEPS
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(seconds, memory, peak(dtype), flush=True)


def begun(name: str) -> subprocess.Popen:
    environment = dict(os.environ) if name == "transformers" else os.environ | engine.ENVIRONMENT
    command = [sys.executable, "-m", __spec__.name, "--contestant", name]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, env=environment, **pipes)


def asked(process: subprocess.Popen) -> list[float]:
    print("step", file=process.stdin, flush=True)
    return [float(x) for x in process.stdout.readline().split()]


def main(rounds: int = ROUNDS) -> None:
    processes = {name: begun(name) for name in CONTESTANTS}
    found: dict = {name: [] for name in CONTESTANTS}
    for _ in range(rounds + 1):  # the first round warms up
        for name, process in processes.items():
            found[name].append(asked(process))
    for process in processes.values():
        process.stdin.close()
        process.wait()
    report({name: [median(column) for column in zip(*rows[1:])] for name, rows in found.items()})
    print(f"\n{rounds} rounds of {STEPS} steps; load {os.getloadavg()[0]:.1f}")


def report(found: dict[str, list[float]]) -> None:
    """CPU seconds of a step, and in brackets how many times faster than transformers."""
    theirs = found["transformers"][0]
    print("| |", " | ".join(found), "|")
    print("| --- |" + " ---: |" * len(found))
    cells = [f"{seconds:.3f} ({theirs / seconds:.2f})" for seconds, _, _ in found.values()]
    print("| CPU seconds of a step |", " | ".join(cells), "|")
    shares = [f"{100 * products() / s / top:.0f} %" for s, _, top in found.values()]
    print("| share of the peak of products |", " | ".join(shares), "|")
    print("| peak MB |", " | ".join(f"{memory:.0f}" for _, memory, _ in found.values()), "|")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--contestant"]:
        contestant(sys.argv[2])
    else:
        main(*map(int, sys.argv[1:]))
