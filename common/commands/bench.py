"""`papers bench`: tokens per second of a paper's versions, interleaved on this machine.

A machine changes its speed while one looks; taking turns makes that hit every version alike.
"""

from __future__ import annotations

import csv
import statistics
import sys
from pathlib import Path
from typing import Any

from common.commands.overview import print_json, table
from common.paper import Room, find_root, room

STEPS = 30


def bench(name: str, rounds: int, json: bool) -> None:
    """Print each version's median and write all rounds to local/bench/."""
    from common.run import engine
    from common.run.hardware import fingerprint

    home, started = room(name), engine.start()
    speeds: dict[str, list[float]] = {version: [] for version in home.paper.versions}
    for turn in range(rounds):
        for version, found in speeds.items():
            found.append(tokens_per_second(home, version, started))
            said = f"round {turn + 1} of {rounds}: {version} {found[-1]:,.0f} tokens/s"
            print(said, file=sys.stderr if json else sys.stdout)
    path = find_root() / "local" / "bench" / f"{name}-{fingerprint(started).name}.csv"
    write(path, speeds)
    if json:
        medians = {version: statistics.median(found) for version, found in speeds.items()}
        print_json([{"version": v, "median": medians[v], "rounds": speeds[v]} for v in speeds])
        return
    rows = [
        [version, f"{statistics.median(found):,.0f}", f"{min(found):,.0f}", f"{max(found):,.0f}"]
        for version, found in speeds.items()
    ]
    header = ["version", "tokens/s, median", "slowest round", "fastest round"]
    timed = f"{rounds} round{'' if rounds == 1 else 's'} of {STEPS} steps"
    table(f"{name}: {timed}, one thread, float32", header, rows)
    print(f"all rounds: {path.relative_to(find_root())}")


def tokens_per_second(home: Room, version: str, engine) -> float:
    """Training speed of one version with its usual parameters; evaluations do not count."""
    from common.config import plan
    from common.run.training import Run

    made = plan(home, version)
    run = Run(made.config, made.seeds[0], engine, home.paper.dataset, limit=STEPS)
    run.more_data = home.paper.more_data
    if version in home.paper.starts_from:
        run.start = _start(home, version, made)
    return home.module(f"{version}.train").train(run).tokens_per_second


def _start(home: Room, version: str, made: Any) -> Path | None:
    """Any weights of the paper's own will do: how fast it trains does not depend on them."""
    from common.run.datasets import identify
    from common.run.launch import Request
    from common.run.start import find_start

    datasets = identify(home, None, print)
    found = find_start(home, Request(home.name, version), made, datasets, record=False)
    return found.weights(made.seeds[0]) if found else None


def write(path: Path, speeds: dict[str, list[float]]) -> None:
    """One row per round and version."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["round", "version", "tokens_per_second"])
        for version, found in speeds.items():
            rows.writerows([turn + 1, version, speed] for turn, speed in enumerate(found))
