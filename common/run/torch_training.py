"""What every torch version wires alike: its first weights, and all that changes with a step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.nn import Module

from common.records.record import SeedRun
from common.run.engine import Masters
from common.run.parallel import spread
from common.run.resume import pack, unpack
from common.run.training import Finish, Run, fit


def build(
    run: Run, make: Callable[[], Module], dtype: torch.dtype | None = None, method: str = "forward"
) -> tuple[Module, Masters]:
    """The net that `make` draws by the run's seed, where the run computes, and its masters.

    `dtype` is the run's unless another is given. Processes that share the run share calls of
    `method`.
    """
    torch.manual_seed(run.seed)
    net = make().to(run.engine.device, dtype or run.engine.dtype)
    return spread(net, method), Masters(net.parameters())


def train_torch(
    run: Run,
    net: Module,
    masters: Masters,
    learner: Any,
    *,
    phase: str | None = None,
    tokens_per_step: int,
    step: Callable[[int], Any],
    validate: Callable[[], float] | None = None,
    finish: Finish | None = None,
) -> SeedRun | None:
    """`fit` for a torch net: a checkpoint holds the net, its masters, the state of
    `learner.optimizer` and, where the learner has them, the tensors `learner.carried`. A phase
    takes `<phase>_steps` of the config, a run without phases its `steps`."""
    own = (net, learner.optimizer, masters, getattr(learner, "carried", {}))
    return fit(
        run,
        phase=phase,
        steps=getattr(run.config, f"{phase}_steps" if phase else "steps"),
        tokens_per_step=tokens_per_step,
        step=step,
        validate=validate,
        finish=finish,
        state=lambda: pack(*own),
        restore=lambda saved: unpack(saved, *own),
    )
