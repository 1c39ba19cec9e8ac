"""What a report refuses: each function raises `UserError` in one sentence, or returns nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from common.errors import UserError
from common.paper import Paper
from common.records.current import changed_sources
from common.records.record import Record

ALIKE = {
    "profile": lambda record: record.profile,
    "matrix precision": lambda record: record.engine.get("matmul_precision", ""),
}
# Probes further apart than this are of unlike hosts, whatever their name. Memory bandwidth is
# shared with whatever else a virtual host carries: 32 to 56 GB/s were read on one within minutes.
LIKE = {"matmul_gflops": 1.25, "copy_gb_per_s": 2.0}


def check_records(root: Path, name: str, paper: Paper, records: Sequence[Record]) -> None:
    """Refuse records that do not belong to this paper, to its code as it is, or to each other."""
    for record in records:
        _check_home(name, paper, record)
        _check_sources(root, record)
    _check_dataset(records)
    for group in by_hardware(records).values():
        _check_alike(group)
        _check_seeds(group)


def by_hardware(records: Iterable[Record]) -> dict[str, list[Record]]:
    """Hardware name -> its records."""
    groups: dict[str, list[Record]] = {}
    for record in records:
        groups.setdefault(record.hardware.name, []).append(record)
    return groups


def label(record: Record) -> str:
    return f"{record.paper}: the record of {record.variant} on {record.hardware.name}"


def _check_home(name: str, paper: Paper, record: Record) -> None:
    if record.paper != name:
        raise UserError(f"{label(record)} stands in papers/{name}/runs: move it to its own paper.")
    if record.version not in paper.versions:
        out = f"papers runs aside {name} {record.seal[:8]}"
        raise UserError(
            f"{label(record)} is of {record.version}: name it in PAPER.versions of '{name}', or "
            f"run `{out}`, which keeps it as a run of your own."
        )


def _check_sources(root: Path, record: Record) -> None:
    changed = changed_sources(record, root)
    if changed:
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        raise UserError(
            f"{label(record)} was made by other code: {changed[0]}{more} changed since; "
            "run it again, or `papers reseal` if the numbers cannot have changed."
        )


def _check_dataset(records: Sequence[Record]) -> None:
    for record in records[1:]:
        first = records[0]
        hashes = [{u: d.sha256 for u, d in r.datasets.items()} for r in (record, first)]
        if hashes[0] != hashes[1]:
            raise UserError(
                f"{label(record)} used the dataset {record.data_names} ({record.data_hashes}), but "
                f"{first.variant} on {first.hardware.name} used {first.data_names} "
                f"({first.data_hashes}): run both on the same."
            )


def _check_alike(group: Sequence[Record]) -> None:
    """Variants of one hardware are compared, so they ran alike."""
    for record in group[1:]:
        for what, read in ALIKE.items():
            if read(record) != read(group[0]):
                raise UserError(
                    f"{label(record)} ran with the {what} '{read(record)}', but "
                    f"{group[0].variant} with '{read(group[0])}': run both with the same."
                )


def _check_seeds(group: Sequence[Record]) -> None:
    """Every variant of a hardware has every seed that another has: comparisons pair by seed. Sizes
    stand in a row, each with its own seeds."""
    group = [record for record in group if not record.size]
    everything = {run.seed for record in group for run in record.seeds}
    for record in group:
        missing = sorted(everything - {run.seed for run in record.seeds})
        if missing:
            other = next(r for r in group if missing[0] in {run.seed for run in r.seeds})
            raise UserError(
                f"{label(record)} misses seed {missing[0]}, which {other.variant} has: "
                "run the missing seed."
            )


def unlike_hosts(records: Sequence[Record]) -> str:
    """A sentence if the probes say that one hardware's records come from unlike hosts, else ""."""
    for probe, most in LIKE.items():
        ordered = sorted(records, key=lambda r: (getattr(r.hardware, probe), r.variant))
        if not ordered:
            continue
        slow, fast = getattr(ordered[0].hardware, probe), getattr(ordered[-1].hardware, probe)
        if fast > most * slow:
            return (
                f"The probe {probe} reads {slow:.4g} beside {ordered[0].variant} but {fast:.4g} "
                f"beside {ordered[-1].variant}, more than {most - 1:.0%} apart: "
                "these are unlike hosts, or one was busy."
            )
    return ""


def check_like(left: Record, right: Record) -> None:
    """Refuse to compare timings of two records of one hardware whose probes are unlike."""
    same = left.hardware.name == right.hardware.name
    if same and (reason := unlike_hosts([left, right])):
        raise UserError(f"{label(left)} and {right.variant} cannot be timed together. {reason}")


def check_crossed(left: tuple[str, str], right: tuple[str, str]) -> None:
    """Refuse a comparison of two (variant, hardware) that differ in both."""
    if left[0] != right[0] and left[1] != right[1]:
        raise UserError(
            f"{left[0]} on {left[1]} against {right[0]} on {right[1]} is a crossed comparison: "
            "keep the version or the hardware the same."
        )
