"""Version 3 beside mambapy and transformers: `python -m papers.mamba.tests.bench_speed`.

Training steps of width 128, 4 layers, B = 8, T = 256, 65 symbols. Each contestant is a process of
its own; they take turns, and medians of seconds (of the CPU where there is one thread), with the
largest memory of each process, are printed as a markdown table. mambapy runs once as a user has it
and once with the environment of common/run/engine.py, which ours always has. transformers has no
compiled scan on a CPU: it goes token by token, and takes one round alone.

Arguments: threads and rounds.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from importlib.util import find_spec
from statistics import median

import torch

from common.run import engine
from common.run.engine import Masters
from papers.mamba.evidence import twins
from papers.mamba.version1 import model as model1
from papers.mamba.version2 import model as model2
from papers.mamba.version3 import model as model3

SYMBOLS, BATCH, TOKENS = 65, 8, 256
SIZES = {"d_model": 128, "layers": 4}
ALLOCATOR = "mambapy, our allocator"
CONTESTANTS = ("version3", "version2", "version1", "mambapy", ALLOCATOR, "transformers")
ONCE = ("transformers",)


def ours(model):
    config = model.Config(**SIZES, batch=BATCH, sequence=TOKENS)
    net = model.Mamba(config, SYMBOLS)
    learner = model.Learner(config, net, Masters(net.parameters()))
    tokens = torch.randint(SYMBOLS, (100_000,))
    steps = iter(range(1_000_000))
    return lambda: learner.step(tokens, next(steps))


def trained(net, scores):
    """A step of a net that is not ours, with torch's own optimizer."""
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3, foreach=True)

    def step():
        rows = torch.randint(SYMBOLS, (BATCH, TOKENS + 1))
        model3.loss(scores(rows[:, :-1]), rows[:, 1:]).backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()

    return step


def with_mambapy():
    from mambapy.mamba import Mamba, MambaConfig

    inner = Mamba(MambaConfig(d_model=128, n_layers=4))
    net = torch.nn.ModuleList([torch.nn.Embedding(SYMBOLS, 128), inner, torch.nn.RMSNorm(128)])
    embedding, inner, norm = net
    return trained(net, lambda rows: norm(inner(embedding(rows))) @ embedding.weight.t())


def with_transformers():
    MambaConfig, MambaForCausalLM = twins.library()

    net = MambaForCausalLM(
        MambaConfig(vocab_size=SYMBOLS, hidden_size=128, num_hidden_layers=4, state_size=16)
    )
    return trained(net, lambda rows: net(rows, use_cache=False).logits)


MADE = {
    "version1": lambda: ours(model1),
    "version2": lambda: ours(model2),
    "version3": lambda: ours(model3),
    "mambapy": with_mambapy,
    ALLOCATOR: with_mambapy,
    "transformers": with_transformers,
}


def contestant(name: str, threads: int) -> None:
    """Answer each line of the standard input with one of JSON: seconds of a step, or megabytes."""
    engine.start(threads=threads)
    model3.FUSED = twins.built()
    step, now = MADE[name](), time.process_time if threads == 1 else time.perf_counter
    for line in sys.stdin:
        if line.strip() == "memory":
            found = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        else:
            start = now()
            step()
            found = now() - start
        print(json.dumps(found), flush=True)


def begun(name: str, threads: int) -> subprocess.Popen:
    ours = name.startswith("version") or name == ALLOCATOR
    allocator = engine.ENVIRONMENT if ours else {}
    return subprocess.Popen(
        [sys.executable, "-m", __spec__.name, "--contestant", name, str(threads)],
        env=os.environ | allocator | {"OMP_NUM_THREADS": str(threads)},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def asked(process: subprocess.Popen, task: str) -> float:
    process.stdin.write(task + "\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


def main(threads: int = 1, rounds: int = 3) -> None:
    if find_spec("mambapy") is None or find_spec("transformers") is None:
        sys.exit("bench_speed measures beside mambapy and transformers: pip install them first.")
    processes = {name: begun(name, threads) for name in CONTESTANTS}
    found: dict[str, list[float]] = {name: [] for name in CONTESTANTS}
    for i in range(rounds + 1):  # the first warms up
        for name, process in processes.items():
            if name not in ONCE or i == 0:
                found[name].append(asked(process, "step"))
    memory = {name: asked(process, "memory") for name, process in processes.items()}
    for process in processes.values():
        process.stdin.close()
        process.wait()
    times = {name: median(steps[1:] or steps) for name, steps in found.items()}
    print("| | tokens/s | as fast as mambapy | memory, MB | of mambapy's |")
    print("| --- |" + " ---: |" * 4)
    for name, seconds in times.items():
        print(
            f"| {name} | {BATCH * TOKENS / seconds:,.0f} | {times['mambapy'] / seconds:.2f}"
            f" | {memory[name]:.0f} | {memory[name] / memory['mambapy']:.2f} |"
        )
    print(f"\n{threads} threads, {rounds} rounds; load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--contestant"]:
        contestant(sys.argv[2], int(sys.argv[3]))
    else:
        main(*map(int, sys.argv[1:]))
