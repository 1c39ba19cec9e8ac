"""fit(): the one training loop. It trains NumPy and torch versions alike, and can be continued.

A version hands over four functions of its own; everything random in them must be a function of
the seed and the step, so that a continued run is bit for bit the run that was never stopped.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors.torch import save

from common.records.record import SAMPLE, Curve, SeedRun
from common.run import parallel
from common.run.checkpoints import Checkpoints, write_synced
from common.run.engine import Engine
from common.run.hardware import PeakMemory
from common.run.resume import State

ROWS = 40  # rows of the thinned curve
CHECKPOINT_SECONDS = 15.0


@dataclass
class Run:
    """One seed of one variant, as a version's `train(run)` gets it."""

    config: Any  # the version's Config
    seed: int
    engine: Engine
    data: str  # a dataset's name in the catalogue, or the absolute path of the user's own text
    folder: Path | None = None  # for checkpoints and the final weights
    report: Callable[[int, int, float], None] = lambda step, steps, loss: None
    limit: int | None = None  # stop after so many steps, reporting each (golden runs)
    checkpoint_seconds: float = CHECKPOINT_SECONDS
    leads: bool = True  # of several processes that share a run, one writes
    quick: bool = False  # of the smoke profile: the exam may look at less than all


@dataclass
class Loop:
    """What the loop itself must remember across an interruption."""

    step: int = 0
    seconds: float = 0.0
    resumed: int = 0
    pending: list[float] = field(default_factory=list)  # losses since the last row
    rows: list[list[Any]] = field(default_factory=list)  # step, tokens, seconds, loss, validation


def fit(
    run: Run,
    *,
    steps: int,
    tokens_per_step: int,
    step: Callable[[int], Any],
    validate: Callable[[], float],
    finish: Callable[[], tuple[dict[str, float], list[str]]],
    state: Callable[[], State],
    restore: Callable[[State], None],
) -> SeedRun:
    """Train for `steps` steps and return the seed's results.

    `step(i)` updates the model and returns the training loss in nats per token (a float or a
    0-d tensor); `validate()` returns the curve's held-out metric; `finish()` the final metrics
    and samples; `state()` and `restore()` everything that changes from step to step.
    """
    steps = min(steps, run.limit or steps)
    every = 1 if run.limit else max(1, steps // ROWS)
    memory = PeakMemory(run.engine.device)
    checkpoints = Checkpoints(run.folder) if run.folder else None
    loop = _continue(checkpoints, restore)
    parallel.agree(loop.step)
    saved = time.monotonic()
    while loop.step < steps:
        started = time.perf_counter()
        loop.pending.append(step(loop.step))
        loop.step += 1
        row_due = loop.step % every == 0 or loop.step == steps
        if row_due:  # reading the losses waits for the device
            loop.pending = [float(loss) for loss in loop.pending]
        loop.seconds += time.perf_counter() - started
        if row_due:
            _add_row(loop, tokens_per_step, validate)
            run.report(loop.step, steps, loop.rows[-1][3])
            if not math.isfinite(loop.rows[-1][3]):
                break
        if checkpoints and run.leads and time.monotonic() - saved > run.checkpoint_seconds:
            _save(checkpoints, loop, state())
            saved = time.monotonic()
    return _result(run, loop, memory, finish, state)


def _add_row(loop: Loop, tokens_per_step: int, validate: Callable[[], float]) -> None:
    loss = sum(loop.pending) / len(loop.pending)
    loop.pending = []
    tokens = loop.step * tokens_per_step
    loop.rows.append([loop.step, tokens, loop.seconds, loss, float(validate())])


def _continue(checkpoints: Checkpoints | None, restore: Callable[[State], None]) -> Loop:
    found = checkpoints.load() if checkpoints else None
    if not found:
        return Loop()
    _, tensors, loop = found
    restore(tensors)
    return Loop(**{**loop, "resumed": loop["resumed"] + 1})


def _save(checkpoints: Checkpoints, loop: Loop, state: State) -> None:
    loop.pending = [float(loss) for loss in loop.pending]
    checkpoints.save(loop.step, state, vars(loop))


def _result(run: Run, loop: Loop, memory: PeakMemory, finish, state) -> SeedRun:
    diverged = not math.isfinite(loop.rows[-1][3])
    peak = memory.mib()
    metrics, samples = finish()
    if run.folder and run.leads:
        run.folder.mkdir(parents=True, exist_ok=True)
        tensors = {name: _tensor(value) for name, value in state().items()}
        write_synced(run.folder / "weights.safetensors", save(tensors))
    step, tokens, seconds, loss, validation = zip(*loop.rows, strict=True)
    return SeedRun(
        seed=run.seed,
        metrics={k: None if diverged else finite(v) for k, v in metrics.items()},
        curve=Curve(
            step=list(step),
            tokens=list(tokens),
            seconds=[round(s, 3) for s in seconds],
            loss=[finite(value) for value in loss],
            validation=[finite(value) for value in validation],
        ),
        seconds=round(loop.seconds, 3),
        tokens_per_second=round(tokens[-1] / loop.seconds, 1),
        peak_memory_mib=round(peak, 1),
        samples=[text[:SAMPLE] for text in samples],
        resumed=loop.resumed,
    )


def _tensor(value: Any):
    import torch

    return torch.as_tensor(value).detach().cpu().contiguous()


def finite(value: float) -> float | None:
    """Six significant digits, or None for a value that is not finite."""
    return float(f"{value:.6g}") if math.isfinite(value) else None
