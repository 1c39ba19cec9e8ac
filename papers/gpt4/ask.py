"""What the versions' records tell of compute and loss, for whoever foretells from them."""

from __future__ import annotations

from collections.abc import Callable

from common.errors import UserError
from common.evidence.verdicts import primary_hardware
from common.paper import find_root, room
from common.records.record import Record, read_records

LADDER = ("xs", "s", "m", "l", "", "xl")  # sizes of the newest version, "" itself, by compute
HELD_OUT = "held_out"


def variant(size: str) -> str:
    newest = room("gpt4").newest
    return f"{newest}-{size}" if size else newest


def runs(
    record: Callable[[str], Record], metric: str, sizes: tuple[str, ...] = LADDER
) -> tuple[list[float], list[list[float]]]:
    """Of each size its compute in FLOPs, and the metric of its seeds. `record` gives a variant's.
    UserError for runs that diverged."""
    found = [record(variant(size)) for size in sizes]
    losses = [list(one.values(metric).values()) for one in found]
    for one, values in zip(found, losses):
        if None in values:
            raise UserError(f"{one.variant} diverged: nothing can be foretold from it.")
    return [one.seeds[0].metrics["compute"] for one in found], losses


def committed() -> Callable[[str], Record]:
    """A function that gives a variant's record on the room's primary hardware."""
    records = read_records(find_root() / "papers" / "gpt4")
    place = primary_hardware(records) if records else ""
    kept = {one.variant: one for one in records if one.hardware.name == place}

    def record(name: str) -> Record:
        if name not in kept:
            raise UserError(
                f"gpt4 has no record of {name}, from which it foretells: "
                "`papers reproduce gpt4` makes it."
            )
        return kept[name]

    return record


def forecasts(foretell: Callable, record: Callable[[str], Record], at: float) -> dict[str, object]:
    """What `foretell` says of a run of `at` FLOPs: the loss, and -E[log pass rate], which has no
    floor (Sec. 3.2). UserError where too few runs have less compute."""
    found = {}
    for metric, floor in (("bits_per_character", True), ("log_pass", False)):
        compute, losses = runs(record, metric)
        try:
            found[metric] = foretell(compute, losses, at, floor)
        except ValueError as error:
            raise UserError(f"gpt4: {error}.") from None
    return found
