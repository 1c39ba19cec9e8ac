"""What rooms measure alike. With it a direction claim is data, with no function in between:

    measure=lower(NEWEST, f"{NEWEST}+post_norm")            the paper's metric, of two variants
    measure=higher(NEWEST, "version1", metric="bleu")       another metric
    measure=lower((NEWEST, "last"), (NEWEST, "second"))     two metrics of one variant
    measure=lower(NEWEST, Baseline("5-gram", five_grams))   a variant and a number without seeds

where `NEWEST` is `PAPER.newest`. The first side is the one that the paper calls better.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from common.evidence.claims import View
from common.evidence.outcomes import Equal, Pair, Values


@dataclass(frozen=True)
class Baseline:
    """A rival without seeds, such as a table of counts: its name, and what it gets."""

    name: str
    value: Callable[[], float]


Variant = str | tuple[str, str]  # its name; with a metric where it is not the paper's


@dataclass(frozen=True)
class Compared:
    """Two sides, paired by seed: the `measure` of a direction claim. `sign` as in Pair."""

    better: Variant
    worse: Variant | Baseline
    sign: int
    metric: str | None = None
    note: str = ""

    def __call__(self, view: View) -> Pair:
        ours = self._values(view, self.better)
        if not isinstance(self.worse, Baseline):
            return Pair(ours, self._values(view, self.worse), self.sign, self.note)
        value = self.worse.value()
        note = self.note or f"{self.worse.name}: {value:.4g}"
        return Pair(ours, view.constant(value, ours), self.sign, note)

    def _values(self, view: View, side: Variant) -> Values:
        name, metric = (side, self.metric) if isinstance(side, str) else side
        return view.values(name, metric)


def lower(
    better: Variant, worse: Variant | Baseline, *, metric: str | None = None, note: str = ""
) -> Compared:
    """`better` has the lower values: a loss, bits, errors. `metric` is that of both sides."""
    return Compared(better, worse, -1, metric, note)


def higher(
    better: Variant, worse: Variant | Baseline, *, metric: str | None = None, note: str = ""
) -> Compared:
    """`better` has the higher values: an accuracy, BLEU. `metric` is that of both sides."""
    return Compared(better, worse, +1, metric, note)


def equal(pairs: Iterable[tuple[Any, Any]], tolerance: float = 1e-5, note: str = "") -> Equal:
    """The worst of pairs (ours, theirs), such as outputs and gradients, within the tolerance."""
    return Equal(worst(pairs), tolerance, note)


def worst(pairs: Iterable[tuple[Any, Any]]) -> float:
    """The largest absolute difference in pairs of tensors, arrays or numbers; NaN if there is one.

    ValueError for shapes that differ, and where there is no pair.
    """
    found = []
    for ours, theirs in pairs:
        one, two = (_array(side) for side in (ours, theirs))
        if one.shape != two.shape:
            raise ValueError(f"shapes {one.shape} and {two.shape} cannot be compared")
        found.append(np.abs(one - two).max())
    return float(np.max(found))


def _array(value: Any) -> np.ndarray:
    if hasattr(value, "detach"):
        value = value.detach().double().cpu().numpy()
    return np.asarray(value, dtype=np.float64)


def parameters(make: Callable[[], Any]) -> int:
    """How many parameters the torch net has that `make` builds; it is built on no device."""
    import torch

    with torch.device("meta"):
        return sum(parameter.numel() for parameter in make().parameters())
