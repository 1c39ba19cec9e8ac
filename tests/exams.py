"""What the rooms' `tests/exam.py` share: small texts with known parts, and a look at each step.

A room's `tests/exam.py` is its side of the tests over all versions of all rooms (test_exams,
test_training_rules, test_every_version, test_checkpoints):

    CHANGES     the run's parameters, by version: differences from the smoke profile
    OTHER       metrics that the test part does not decide
    part(name, seed)                     the content of a part: "train", "validation" or "test"
    place(parts, folder, monkeypatch)    what a run gets as its data, made of the three parts
    scores(version, exam, given, parts)  metrics computed again: the exam's first argument is what
                                         the version hands in, `parts` is all that is known of data
    watch(version, monkeypatch)          the list that a run fills with its steps, or None
    rates(version, config)               the rates of each step as stated, or None
    READS       what other test data must change, where the headline's answers are drawn
    PIECES      how many tokens there are beside the characters of the text; else none
    LONGER      in place of 40 steps: parameters with which a run learns, and by its seed
    CLIPS       how gradients are clipped, by version: `by_norm` or `by_value`
    STILL       by version, how many weights a documented mistake keeps from learning; else none

A room without rates and clipping leaves the last three out.
"""

from __future__ import annotations

import importlib
import math
import random
from dataclasses import dataclass, field, fields
from functools import cache, wraps
from pathlib import Path

import numpy as np
import pytest
import torch

from common.config import plan
from common.paper import find_root, rooms
from common.records.record import SeedRun
from common.run import engine
from common.run.training import Run

ROOT = find_root(Path(__file__).parent)
VERSIONS = [
    (name, version) for name, room in rooms(ROOT).items() for version in room.paper.versions
]
EVERY = pytest.mark.parametrize(("name", "version"), VERSIONS)
SEEDS = {"train": 1, "validation": 2, "test": 3}  # of the parts' content


@cache
def side(name: str):
    """The room's `tests/exam.py`. There is no room without one."""
    return importlib.import_module(f"papers.{name}.tests.exam")


def parts_of(name: str, changed: str | None = None) -> dict:
    """Small parts of the room's kind, with other content in one of them if one is named."""
    seeds = {part: seed + 10 * (part == changed) for part, seed in SEEDS.items()}
    return {part: side(name).part(part, seed) for part, seed in seeds.items()}


def parameters(name: str, version: str) -> set[str]:
    """The names in the version's Config."""
    return {field.name for field in fields(rooms(ROOT)[name].module(f"{version}.model").Config)}


def run_of(name: str, version: str, data: str, dtype: str = "float32", **changes) -> Run:
    """Seed 0 of the smoke profile with other parameters, on that data."""
    home = rooms(ROOT)[name]
    made = plan(home, version, "smoke", changes)
    started, more = engine.start(dtype=dtype, matmul="highest"), dict(home.paper.more_data)
    return Run(made.config, 0, started, data, more_data=more, quick=True)


def train(name: str, version: str, run: Run) -> SeedRun:
    return rooms(ROOT)[name].module(f"{version}.train").train(run)


def verse(folder: Path) -> str:
    """A text that repeats itself, as a user's own file."""
    path = folder / "verse.txt"
    path.write_text("the quick brown fox jumps over the lazy dog and runs away.\n" * 120)
    return str(path)


LETTERS = "etaoinshrdlu"
WIDTH = 20  # characters of a line, its end among them
LINES = {"train": 450, "validation": 25, "test": 25}  # 90, 5 and 5 %: as `split` cuts


def text_part(name: str, seed: int) -> str:
    """Lines of words, all of one length; each part prefers letters of its own."""
    rng = random.Random(f"{name} {seed}")
    preferred = LETTERS[:: {"train": 1, "validation": 2, "test": 3}[name]]
    lines = []
    for _ in range(LINES[name]):
        line = ""
        while len(line) < WIDTH - 1:
            letters = LETTERS if rng.random() < 0.5 else preferred
            line += "".join(rng.choices(letters, k=rng.randint(1, 5))) + " "
        lines.append(line[: WIDTH - 1] + "\n")
    if name == "train":
        lines[0] = LETTERS.ljust(WIDTH - 1) + "\n"  # no part has a symbol that training lacks
    return "".join(lines)


def place_text(parts: dict, folder, monkeypatch) -> str:
    """The parts as a user's own file."""
    path = folder / "parts.txt"
    path.write_text("".join(parts[name] for name in LINES), encoding="utf-8")
    return str(path)


@dataclass
class Step:
    """One step of an optimizer: what it was given, and the weights after it."""

    rates: list[float]
    gradients: list[np.ndarray]
    weights: list[np.ndarray]
    live: list = field(repr=False)  # the weights themselves, as they are at any time


def watched(monkeypatch, owner, name: str, read) -> list[Step]:
    """Replace `owner.name` by itself, noting each call. `read(*arguments)` gives rates,
    gradients and weights of the call."""
    steps, real = [], getattr(owner, name)

    @wraps(real)
    def step(*arguments):
        rates, gradients, weights = read(*arguments)
        rates, gradients = sorted({float(rate) for rate in rates}), list(map(copied, gradients))
        found = real(*arguments)
        steps.append(Step(rates, gradients, list(map(copied, weights)), weights))
        return found

    monkeypatch.setattr(owner, name, step)
    return steps


def copied(value) -> np.ndarray:
    """The numbers of an array or a tensor as they are now."""
    if isinstance(value, torch.Tensor):
        value = value.detach().to_dense() if value.is_sparse else value.detach()
        return value.double().clone().numpy()
    return np.array(value, dtype=np.float64)


def of_groups(optimizer, *_):
    """What a torch optimizer, or one like it, is about to do."""
    weights = [p for group in optimizer.param_groups for p in group["params"]]
    return [g["lr"] for g in optimizer.param_groups], [p.grad for p in weights], weights


def by_norm(gradients: list[np.ndarray], limit: float) -> list[np.ndarray]:
    """All together are shortened to norm `limit`, if they are longer."""
    norm = sum(float((g * g).sum()) for g in gradients) ** 0.5
    return [g * min(1.0, limit / norm) for g in gradients]


def by_value(gradients: list[np.ndarray], limit: float) -> list[np.ndarray]:
    """Each component is cut to [-limit, limit]."""
    return [np.minimum(np.maximum(g, -limit), limit) for g in gradients]


def near(value: float):
    """Equal to the six digits that a record keeps."""
    return pytest.approx(value, rel=2e-5)


CONTEXT, STREAMS = 100, 64  # of the exams that read text in streams


def stream_scores(predict, parts: dict) -> dict[str, float]:
    """Stream by stream: of at most 64, each of at least 100 characters, with 100 before it."""
    symbols = sorted(set("".join(parts.values())))
    test = np.array([symbols.index(c) for c in parts["test"]])
    targets = len(test) - 1
    count = min(STREAMS, max(1, targets // CONTEXT))
    length = -(-targets // count)
    nats, scored, letter = [], [], [symbols[i].isalpha() for i in test]
    for first in range(1, len(test), length):
        start = max(0, first - 1 - CONTEXT)
        end = min(first + length, len(test))
        log_p, _ = predict(test[None, start : end - 1], None)
        for target in range(first, end):
            scored.append(target)
            nats.append(-float(log_p[0, target - 1 - start, test[target]]))
    assert scored == list(range(1, len(test))) and count > 1
    bits = np.array(nats) / math.log(2)
    begins = [letter[t] and not letter[t - 1] for t in scored]
    inside = [letter[t] and letter[t - 1] for t in scored]
    return {
        "bits_per_character": bits.mean(),
        "word_start_bits": bits[begins].mean(),
        "word_inside_bits": bits[inside].mean(),
    }
