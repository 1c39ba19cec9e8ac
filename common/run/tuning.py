"""From pre-trained weights to fine-tuning: a head for the exam's classes, and the same start again.

Whatever is fine-tuned later, pre-training is the same to the bit: its net has a head for CLASSES,
which it does not touch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch.nn import Module

from common.run.engine import Masters
from common.run.torch_training import build
from common.run.training import Run

CLASSES = 2  # of a net that is pre-trained


def headed(
    run: Run, net: Module, masters: Masters, exam: Any, method: str = "forward"
) -> tuple[Module, Masters, Callable[[], tuple[Module, Masters]]]:
    """The net to fine-tune and its masters, and a function that gives both once more, with the
    weights of now.

    Where the exam has not CLASSES, it is another net, drawn by the run's seed: its head stays so,
    all else is taken over. A net of a room is made of (config, symbols, classes); `method` as in
    `build`.
    """
    kind, classes = type(net), len(exam.classes)

    def make() -> Module:
        return kind(run.config, exam.symbols, classes)

    if classes != CLASSES:
        pretrained = net, masters
        net, masters = build(run, make, method=method)
        _take_over(net, masters, *pretrained)
    weights = {name: weight.clone() for name, weight in net.state_dict().items()}
    kept = [master.detach().clone() for master in masters.masters]

    def again() -> tuple[Module, Masters]:
        fresh = make().to(run.engine.device, run.engine.dtype)
        fresh.load_state_dict(weights)
        own = Masters(fresh.parameters())
        for master, weight in zip(own.masters, kept, strict=True):
            master.data.copy_(weight)
        return fresh, own

    return net, masters, again


def _take_over(net: Module, masters: Masters, other: Module, others: Masters) -> None:
    """All weights of `other`, but for those of another shape."""
    drawn = net.state_dict()
    found = {n: w for n, w in other.state_dict().items() if w.shape == drawn[n].shape}
    net.load_state_dict({**drawn, **found})
    for master, weight in zip(masters.masters, others.masters, strict=True):
        if master.shape == weight.shape:
            master.data.copy_(weight.data)
