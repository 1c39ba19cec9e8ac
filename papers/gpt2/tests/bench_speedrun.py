"""How soon the speedrun is at its loss: `python -m papers.gpt2.tests.bench_speedrun [minute]`.

One process for each seed, from the start of Python to its end: imports, reading the text, all
training steps, and the whole test split once in windows that begin from nothing. What the house
adds around a record (a probe, a curve, samples, checkpoints) is left out. Printed for one thread
and for two: nats per character on test, processor seconds and wall seconds of the training and of
the whole process.
"""

from __future__ import annotations

import json
import math
import os
import resource
import subprocess
import sys
import time

SEEDS = (0, 1, 2)
SINGLE = "--one"
SIZES = {  # what each changes of the cpu profile; chosen by the validation split
    "speedrun": {},
    "minute": {
        "d_model": 64,
        "layers": 2,
        "buckets": 65_536,
        "dropout": 0.05,
        "forget": 0.5,
        "batch": 64,
        "steps": 600,
    },
}


def one(sizes: str, seed: int, threads: int) -> None:
    """Train and take the exam in this process; its figures as a line of JSON."""
    import torch

    from common.config import plan
    from common.exams.text import predictor
    from common.paper import room
    from papers.gpt2.speedrun import model
    from papers.gpt2.task import Exam

    torch.set_num_threads(threads)
    home = room("gpt2")
    config = plan(home, "speedrun", "cpu", SIZES[sizes]).config
    exam = Exam(home.paper.dataset, config)
    torch.manual_seed(seed)
    net = model.Speedrun(config, exam.symbols)
    learner, tokens = model.Learner(config, net, seed), torch.as_tensor(exam.train)
    start = time.process_time(), time.perf_counter()
    for i in range(config.steps):
        learner.step(tokens, i)
    spent = time.process_time() - start[0], time.perf_counter() - start[1]
    held_out, predict = exam.encode(exam.parts.test), predictor(net, net.read)
    nats = float(exam.rule.fresh_bits(predict, held_out).mean()) * math.log(2)
    print(json.dumps({"nats": nats, "cpu": spent[0], "wall": spent[1]}))


def measure(sizes: str, seed: int, threads: int) -> dict[str, float]:
    """The figures of a process of its own, and what the whole of it took."""
    from common.run.engine import ENVIRONMENT

    command = [sys.executable, "-m", __spec__.name, sizes, SINGLE, str(seed), str(threads)]
    environment = os.environ | ENVIRONMENT | {"OMP_NUM_THREADS": str(threads)}
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {**json.loads(done.stdout), "whole_cpu": cpu, "whole_wall": wall}


def main(sizes: str = "speedrun") -> None:
    print("threads seed  test nats   training: CPU s, wall s   whole process: CPU s, wall s")
    for threads in (1, 2):
        for seed in SEEDS:
            f = measure(sizes, seed, threads)
            print(
                f"{threads:7} {seed:4} {f['nats']:10.4f} {f['cpu']:17.2f} {f['wall']:7.2f}"
                f" {f['whole_cpu']:22.2f} {f['whole_wall']:7.2f}",
                flush=True,
            )


if __name__ == "__main__":
    if SINGLE in sys.argv:
        one(sys.argv[1], *map(int, sys.argv[3:5]))
    else:
        main(*sys.argv[1:2])
