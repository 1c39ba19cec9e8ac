"""What must be true of two sides before they are compared pair by pair."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from common.errors import UserError
from common.evidence.wording import singular

LISTED = 8  # names that an error gives in full

Key = int | str  # a seed; or a document, a query, a word


def by_key(values: Sequence[float], keys: Sequence[Key], over: str, name: str) -> dict[Key, float]:
    """Key -> value of one side. UserError for a key that stands twice and a value not finite."""
    one = singular(over)
    if len(values) != len(keys):
        raise UserError(f"{name}: {len(values)} values but {len(keys)} {over}; give one per value.")
    if len({type(key) for key in keys}) > 1:
        raise UserError(f"{name}: some {over} are numbers and some are names; name all alike.")
    twice = sorted(key for key, count in Counter(keys).items() if count > 1)
    if twice:
        raise UserError(f"{name}: {one} {_list(twice)} is duplicated; give each {one} once.")
    bad = [key for key, value in zip(keys, values, strict=True) if not math.isfinite(value)]
    if bad:
        raise UserError(f"{name}: the value of {one} {_list(bad)} is not finite; look at that run.")
    return {key: float(value) for key, value in zip(keys, values, strict=True)}


def check_same(left: dict, right: dict, over: str, names: tuple[str, str]) -> None:
    """UserError unless both sides have the same keys, and some."""
    if not left or not right:
        raise UserError(f"{names[0] if not left else names[1]} has no {over}; run some first.")
    if not left.keys() & right.keys():
        raise UserError(
            f"{names[0]} ({over} {_list(left)}) and {names[1]} ({over} {_list(right)}) share no "
            f"{singular(over)}; run both on the same {over}."
        )
    for here, there, name in ((left, right, names[1]), (right, left, names[0])):
        missing = sorted(here.keys() - there.keys())
        if missing:
            raise UserError(
                f"{name} misses {singular(over)} {_list(missing)}; run both on the same {over}."
            )


def _list(keys: Iterable[Key]) -> str:
    known = list(keys)
    rest = f" and {len(known) - LISTED} more" if len(known) > LISTED else ""
    return ", ".join(map(str, known[:LISTED])) + rest
