"""fit(): the one training loop. It trains NumPy and torch versions alike, and can be continued.
measure() stands in for it where a version takes no steps.

A version hands over four functions of its own; everything random in them must be a function of
the seed and the step, so that a continued run is bit for bit the run that was never stopped.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save

from common.errors import UserError
from common.records.kinds import SAMPLE
from common.records.record import Curve, SeedRun
from common.run import parallel
from common.run.checkpoints import Checkpoints, write_synced
from common.run.engine import Engine
from common.run.hardware import PeakMemory
from common.run.resume import State, Stored

ROWS = 40  # rows of the thinned curve
CHECKPOINT_SECONDS = 15.0
PHASE = re.compile(r"[a-z][a-z0-9_]{0,39}")
OWN_COLUMNS = {"step", "tokens", "seconds", "validation"}  # of the curve, beside the losses
Finish = Callable[[], tuple[dict[str, float], list[str]]]


@dataclass
class Loop:
    """What the loop itself must remember across an interruption."""

    step: int = 0
    seconds: float = 0.0
    resumed: int = 0
    pending: list[dict[str, Any]] = field(default_factory=list)  # losses since the last row
    rows: list[dict[str, Any]] = field(default_factory=list)  # of the curve: column -> value

    @property
    def diverged(self) -> bool:
        return bool(self.rows) and not math.isfinite(self.rows[-1]["loss"])


@dataclass
class Trained:
    """A phase that came to its end."""

    phase: str | None
    loop: Loop
    peak: float  # MiB


@dataclass
class Run:
    """One seed of one variant, as a version's `train(run)` gets it."""

    config: Any  # the version's Config
    seed: int
    engine: Engine
    data: str  # a dataset's name in the catalogue, or the absolute path of the user's own text
    folder: Path | None = None  # for checkpoints and the final weights
    report: Callable[[int, int, float, str | None], None] = lambda step, steps, loss, phase: None
    limit: int | None = None  # stop after so many steps, reporting each (golden runs)
    checkpoint_seconds: float = CHECKPOINT_SECONDS
    leads: bool = True  # of several processes that share a run, one writes
    more_data: dict[str, str] = field(default_factory=dict)  # further datasets by use, as `data`
    start: Path | None = None  # weights of this seed of the version that PAPER.starts_from names
    quick: bool = False  # of the smoke profile: the exam may look at less than all
    trained: list[Trained] = field(default_factory=list, init=False)

    def starting_weights(self, prefix: str = "model.") -> State:
        """The weights that this seed starts from, of those whose names begin with `prefix`."""
        if self.start is None:
            raise UserError("PAPER.starts_from does not say from which version this one starts.")
        found = load_file(self.start).items()
        return {name.removeprefix(prefix): v for name, v in found if name.startswith(prefix)}


def fit(
    run: Run,
    *,
    phase: str | None = None,
    steps: int,
    tokens_per_step: int,
    step: Callable[[int], Any],
    validate: Callable[[], float] | None = None,
    finish: Finish | None = None,
    state: Callable[[], State],
    restore: Callable[[Stored], None],
) -> SeedRun | None:
    """Train for `steps` steps and return the seed's results.

    `step(i)` updates the model and returns the training loss in nats per token (a float or a
    0-d tensor), or several by name, of which `loss` is the one that is minimised; `validate()`
    returns the curve's held-out metric; `finish()` the final metrics and samples; `state()` and
    `restore()` everything that changes from step to step.

    A run of several phases calls it once for each, under a name. All but the last leave `finish`
    out and return None. A run that goes on does no ended phase again: it restores its end.
    """
    _begin(run, phase)
    steps = min(steps, run.limit or steps)
    every = 1 if run.limit else max(1, steps // ROWS)
    memory = PeakMemory(run.engine.device)
    checkpoints = Checkpoints(run.folder / (phase or "")) if run.folder else None
    loop = _continue(checkpoints, restore, steps)
    parallel.agree(loop.step)
    saved, began = time.monotonic(), loop.step
    while loop.step < steps and not loop.diverged:
        started = time.perf_counter()
        loop.pending.append(_named(step(loop.step)))
        loop.step += 1
        row_due = loop.step % every == 0 or loop.step == steps
        if row_due:  # reading the losses waits for the device
            _read_pending(loop)
        loop.seconds += time.perf_counter() - started
        if row_due:
            _add_row(loop, tokens_per_step, validate)
            run.report(loop.step, steps, loop.rows[-1]["loss"], phase)
        if checkpoints and run.leads and time.monotonic() - saved > run.checkpoint_seconds:
            _save(checkpoints, loop, state())
            saved = time.monotonic()
    run.trained.append(Trained(phase, loop, memory.mib()))
    if finish:
        return _result(run, finish, state)
    if checkpoints and run.leads and loop.step > began:
        _save(checkpoints, loop, state())
    return None


def measure(
    run: Run,
    *,
    finish: Finish,
    learn: Callable[[], int | None] | None = None,
    state: Callable[[], State] = dict,
) -> SeedRun:
    """The results of a version that takes no steps.

    `learn()` does what there is to be done first, such as counting, and returns how many tokens
    it read, if it did; its time is the training time. `finish()` returns the final metrics and
    samples, `state()` what is kept as the version's weights.
    """
    if run.trained:
        raise UserError("train(run) calls fit and then measure: give fit the `finish` instead.")
    memory, started = PeakMemory(run.engine.device), time.perf_counter()
    counted = learn() if learn else None
    seconds = time.perf_counter() - started if learn else 0.0
    return _result(run, finish, state, Learned(counted, seconds, memory.mib()))


def _begin(run: Run, phase: str | None) -> None:
    """UserError if the phases of the run could not be told apart."""
    names = [trained.phase for trained in run.trained]
    if phase is not None and not PHASE.fullmatch(phase):
        raise UserError(f"{phase!r} names no phase: lower case letters, digits and '_', please.")
    if phase in names and phase:
        raise UserError(f"train(run) trains the phase {phase!r} twice: name each fit differently.")
    if names and None in (phase, *names):
        raise UserError(
            'train(run) calls fit several times: name each, as in fit(run, phase="pretrain", ...)'
            ", and give only the last one `finish`."
        )


def _named(losses: Any) -> dict[str, Any]:
    """What a step returned, by name."""
    if not isinstance(losses, dict):
        return {"loss": losses}
    if "loss" not in losses or OWN_COLUMNS & losses.keys():
        raise UserError(
            f"a step returned the losses {', '.join(losses)}: the one that is minimised must be "
            f"called loss, and none of them {', '.join(sorted(OWN_COLUMNS))}."
        )
    return dict(losses)


def _read_pending(loop: Loop) -> None:
    """Losses that are tensors become numbers."""
    loop.pending = [{n: float(loss) for n, loss in losses.items()} for losses in loop.pending]


def _add_row(loop: Loop, tokens_per_step: int, validate: Callable[[], float] | None) -> None:
    names = (loop.rows or loop.pending)[0].keys() - OWN_COLUMNS
    if any(losses.keys() != names for losses in loop.pending):
        raise UserError(f"every step must return the same losses: {', '.join(sorted(names))}.")
    losses = {n: sum(p[n] for p in loop.pending) / len(loop.pending) for n in loop.pending[0]}
    loop.pending = []
    place = {"step": loop.step, "tokens": loop.step * tokens_per_step, "seconds": loop.seconds}
    loop.rows.append({**place, "validation": float(validate()) if validate else None, **losses})


def _continue(checkpoints: Checkpoints | None, restore: Callable, steps: int) -> Loop:
    found = checkpoints.load() if checkpoints else None
    if not found:
        return Loop()
    _, tensors, told = found
    restore(tensors)
    loop = Loop(**told)
    loop.resumed += loop.step < steps and not loop.diverged  # an ended phase does not go on
    return loop


def _save(checkpoints: Checkpoints, loop: Loop, state: State) -> None:
    _read_pending(loop)
    checkpoints.save(loop.step, state, vars(loop))


@dataclass(frozen=True)
class Learned:
    """What a seed took: tokens (None: nothing was learned from), seconds, MiB."""

    tokens: int | None
    seconds: float
    peak: float

    @property
    def speed(self) -> float | None:
        return round(self.tokens / self.seconds, 1) if self.tokens and self.seconds else None


def _all_phases(trained: list[Trained]) -> Learned:
    ends = [phase.loop.seconds for phase in trained]
    return Learned(
        sum(phase.loop.rows[-1]["tokens"] for phase in trained),
        ends[0] if len(ends) == 1 else sum(round(end, 3) for end in ends),  # as the curves end
        max(phase.peak for phase in trained),
    )


def _result(run: Run, finish: Finish, state, learned: Learned | None = None) -> SeedRun:
    loops = [trained.loop for trained in run.trained]
    learned = learned or _all_phases(run.trained)
    metrics, samples = finish()
    if run.folder and run.leads:
        run.folder.mkdir(parents=True, exist_ok=True)
        tensors = {name: _tensor(value) for name, value in state().items()}
        write_synced(run.folder / "weights.safetensors", save(tensors))
    diverged = any(loop.diverged for loop in loops)
    *earlier, last = [_curve(trained) for trained in run.trained] or [None]
    return SeedRun(
        seed=run.seed,
        metrics={k: None if diverged else finite(v) for k, v in metrics.items()},
        curve=last,
        earlier=earlier,
        seconds=round(learned.seconds, 3),
        tokens_per_second=learned.speed,
        peak_memory_mib=round(learned.peak, 1),
        samples=[text[:SAMPLE] for text in samples],
        resumed=sum(loop.resumed for loop in loops),
    )


def _curve(trained: Trained) -> Curve:
    rows = trained.loop.rows
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    losses = {n: list(map(finite, c)) for n, c in columns.items() if n not in OWN_COLUMNS}
    return Curve(
        step=columns["step"],
        tokens=columns["tokens"],
        seconds=[round(seconds, 3) for seconds in columns["seconds"]],
        loss=losses.pop("loss"),
        validation=[None if v is None else finite(v) for v in columns["validation"]],
        losses=losses,
        phase=trained.phase,
    )


def _tensor(value: Any):
    import torch

    return torch.as_tensor(value).detach().cpu().contiguous()


def finite(value: float) -> float | None:
    """Six significant digits, or None for a value that is not finite."""
    return float(f"{value:.6g}") if math.isfinite(value) else None
