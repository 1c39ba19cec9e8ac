"""Version 2 beside vit-pytorch: `python -m papers.vit.tests.bench_speed`.

Training steps of 64 images at width 128, 6 layers, patches of 4 in images of 28 x 28, with the
class token, as vit-pytorch has it. Each contestant is a process of its own with one thread; they
take turns, and medians of CPU seconds are printed as a markdown table. The peer is as its README
has it, in float32 with torch's AdamW; it is not among this project's packages:
`pip install vit-pytorch`. Argument: rounds.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from statistics import median

import torch

from common.data.images import load_torchvision
from common.run import engine
from common.run.engine import Masters
from papers.vit.version2 import model

BATCH, CLASSES, ROUNDS, STEPS = 64, 10, 5, 3
SIZES = {"patch": 4, "d_model": 128, "mlp": 512, "heads": 4, "layers": 6}
CONTESTANTS = ("float32", "bfloat16", "vit-pytorch", "vit-pytorch, our allocator")


def ours(dtype: torch.dtype):
    """A function that makes one training step."""
    config = model.Config(side=28, channels=1, dropout=0.0, pool="class", batch=BATCH, **SIZES)
    net = model.ViT(config, CLASSES).to(dtype)
    learner = model.Learner(config, net, Masters(net.parameters()), 0)
    pictures, steps = torch.rand(BATCH, 1, 28, 28).to(dtype), iter(range(1_000_000))
    return lambda: learner.step(pictures, torch.randint(CLASSES, (BATCH,)), next(steps))


def theirs():
    load_torchvision()  # it imports it, and needs help where its build is another
    # pyrefly: ignore[missing-import]  # not among this project's packages
    from vit_pytorch import ViT

    net = ViT(
        image_size=28, channels=1, patch_size=SIZES["patch"], num_classes=CLASSES,
        dim=SIZES["d_model"], depth=SIZES["layers"], heads=SIZES["heads"], mlp_dim=SIZES["mlp"],
        dim_head=SIZES["d_model"] // SIZES["heads"],
    )  # fmt: skip
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3)
    pictures = torch.rand(BATCH, 1, 28, 28)

    def step():
        labels = torch.randint(CLASSES, (BATCH,))
        torch.nn.functional.cross_entropy(net(pictures), labels).backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()

    return step


def contestant(name: str) -> None:
    """Answer each line of the standard input with the CPU seconds of one step, and its memory."""
    torch.set_num_threads(1)
    if name.startswith("vit-pytorch"):
        step = theirs()
    else:
        engine.start(dtype=name)
        step = ours(engine.DTYPES[name])
    for _ in sys.stdin:
        start = time.process_time()  # the wall clock counts others' work as well
        for _ in range(STEPS):
            step()
        seconds = (time.process_time() - start) / STEPS
        print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, flush=True)


def begun(name: str) -> subprocess.Popen:
    environment = dict(os.environ) if name == "vit-pytorch" else os.environ | engine.ENVIRONMENT
    command = [sys.executable, "-m", __spec__.name, "--contestant", name]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, env=environment, **pipes)


def asked(process: subprocess.Popen) -> tuple[float, float]:
    print("step", file=process.stdin, flush=True)
    seconds, megabytes = map(float, process.stdout.readline().split())
    return seconds, megabytes


def main(rounds: int = ROUNDS) -> None:
    processes = {name: begun(name) for name in CONTESTANTS}
    found: dict = {name: [] for name in CONTESTANTS}
    for _ in range(rounds + 1):  # the first round warms up
        for name, process in processes.items():
            found[name].append(asked(process))
    for process in processes.values():
        process.stdin.close()
        process.wait()
    report(found)
    print(f"\n{rounds} rounds of {STEPS} steps; load {os.getloadavg()[0]:.1f}")


def report(found: dict) -> None:
    """Images per second, and in brackets how many times vit-pytorch's."""
    seconds = {name: median(row[0] for row in rows[1:]) for name, rows in found.items()}
    print("| |", " | ".join(found), "|")
    print("| --- |" + " ---: |" * len(found))
    cells = [f"{BATCH / s:.0f} ({seconds['vit-pytorch'] / s:.2f})" for s in seconds.values()]
    print("| images per CPU second |", " | ".join(cells), "|")
    print("| peak MB |", " | ".join(f"{rows[-1][1]:.0f}" for rows in found.values()), "|")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--contestant"]:
        contestant(sys.argv[2])
    else:
        main(*map(int, sys.argv[1:]))
