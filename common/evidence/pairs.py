"""The values behind a verdict on a direction, as evidence/verdicts.json keeps them.

Seeds are few and named. Documents or queries can be thousands: of these one line of numbers for
each side, in the order of the sorted names, and a hash over the names; enough to judge again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from common.evidence.outcomes import DIGITS, SEEDS, Pair

Kept = dict[str, Any]


def keep(pair: Pair, over: str = SEEDS) -> Kept:
    """The pair as plain data; `sides` and `restored` read it."""
    if over == SEEDS:
        return {"better": pair.better, "worse": pair.worse, "sign": pair.sign}
    names = sorted(pair.better)
    lines = {
        side: " ".join(f"{getattr(pair, side)[name]:.{DIGITS}g}" for name in names)
        for side in ("better", "worse")
    }
    told = {"over": over, "n": len(names), "names": _digest(names)}
    return {**told, **lines, "sign": pair.sign}


def _digest(names: Iterable[Any]) -> str:
    return hashlib.sha256(json.dumps([str(name) for name in names]).encode()).hexdigest()


def nameless(kept: Mapping[str, Any]) -> bool:
    """Are these values that were `restored`, whose names are no longer known?"""
    return kept["names"] == _digest(range(kept["n"]))


def sides(kept: Mapping[str, Any]) -> tuple[list[float], list[float]]:
    """The values of what should be better and of what should be worse, in one order."""
    if "over" in kept:
        better, worse = ([float(v) for v in kept[side].split()] for side in ("better", "worse"))
        return better, worse
    return list(kept["better"].values()), [kept["worse"][seed] for seed in kept["better"]]


def restored(kept: Mapping[str, Any], note: str = "") -> Pair:
    """The pair again. What was not seed by seed has numbers for names: the same verdict."""
    better, worse = sides(kept)
    seeds = range(len(better)) if "over" in kept else map(int, kept["better"])
    named = list(seeds)
    return Pair(_by(named, better), _by(named, worse), kept["sign"], note)


def _by(names: Iterable[int], values: Iterable[float]) -> dict[int, float]:
    return dict(zip(names, values, strict=True))
