"""Versions x hardware: within a hardware versions are compared, within a version hardwares."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from common.records.record import Record
from common.reports import checks, compare, tables
from common.reports.results import Results
from common.reports.text import NONE, Safe, Table, code, difference, link, number, p_value


def cells(results: Results, places: Sequence[str]) -> Table:
    """One row per (hardware, version), each hardware with its own target for the timing."""
    rows = []
    for hardware in places:
        costs = tables.costs(results, hardware)
        target = compare.target(results, hardware)
        reach = Safe(NONE if target is None else f"{number(target)}")
        for version, speed, timed, _, memory in costs.rows:
            metric = tables.shown(results.summary(version, results.paper.metric.name, hardware))
            rows.append([code(hardware), version, metric, speed, reach, timed, memory])
    header = ["Hardware", "Version", results.paper.metric.label, tables.throughput(results)]
    header += ["Target", "Time to target, s", "Peak memory, MiB"]
    return Table(header, rows, right=range(2, 7))


def within_hardware(results: Results) -> Table:
    """Newest version against each older one, per hardware, paired by seed; without the step to
    the newest version on the primary hardware, which stands beside the versions."""
    pairs = []
    for hardware in results.hardware:
        *older, newest = results.numbered(hardware) or [""]
        older = older[:-1] if hardware == results.primary else older
        pairs += [((old, hardware), (newest, hardware)) for old in older]
    return _comparisons(results, pairs, ["Hardware", "Versions"])


def within_version(results: Results) -> Table:
    """Each other hardware against the primary one, per version, unpaired."""
    pairs = []
    for version in results.paper.versions:
        here = [h for h in results.hardware if version in results.versions(h)]
        pairs += [((version, here[0]), (version, other)) for other in here[1:]]
    return _comparisons(results, pairs, ["Version", "Hardware"])


def _comparisons(results: Results, pairs: list, header: list[str]) -> Table:
    rows = []
    for left, right in pairs:
        found = compare.compare(results, results.paper.metric.name, left, right)
        if found is None:
            continue
        same = 1 if left[1] == right[1] else 0
        varied = Safe(f"{code(right[1 - same])} − {code(left[1 - same])}")
        change = difference(found.difference, found.low, found.high)
        rows.append(
            [code(left[same]), varied, change, p_value(found.p), speedup(results, left, right)]
        )
    header = [*header, f"Difference, {results.paper.metric.label}", "p", "Speed ratio"]
    return Table(header, rows, right=(2, 3, 4))


def speedup(results: Results, left: compare.Cell, right: compare.Cell) -> Safe:
    """Mean tokens per second, right over left; refused for unlike hosts of one hardware name."""
    if left[1] == right[1] and checks.unlike_hosts([results.record(*left), results.record(*right)]):
        return Safe("refused")
    slow, fast = (results.summary(v, "tokens_per_second", h) for v, h in (left, right))
    return Safe(f"{fast.mean / slow.mean:.2f}×") if slow and fast and slow.mean else Safe(NONE)


def refusals(results: Results) -> list[str]:
    """A sentence per hardware whose versions' timings cannot be compared."""
    found = []
    for hardware in results.hardware:
        records = [results.record(v, hardware) for v in results.versions(hardware)]
        if reason := checks.unlike_hosts(records):
            found.append(f"{hardware}: {reason}")
    return found


def machines(records: Iterable[Record], link_papers: bool = False) -> Table:
    """What each hardware is, with the range of its probe over the records."""
    groups = checks.by_hardware(records)
    rows = [_machine(name, groups[name], link_papers) for name in sorted(groups)]
    header = ["Hardware", "Processor", "Cores", "Threads", "Type", "Memory, GiB"]
    header += ["Matrix product, GFLOP/s", "Copy, GB/s", *(["Papers"] if link_papers else [])]
    return Table(header, rows, right=(2, 3, 5, 6, 7))


def _machine(name: str, records: list[Record], link_papers: bool) -> list:
    first = records[0].hardware
    processor = first.processor + (f", {first.accelerator}" if first.accelerator else "")
    if not any(character.isdigit() for character in processor):
        processor += " (generation not recorded)"
    probes = [_range([getattr(r.hardware, p) for r in records]) for p in PROBES]
    papers = sorted({r.paper for r in records})
    links = Safe(", ".join(link(p, f"{p}.md") for p in papers))
    size = number(first.memory_gib, 3)
    row = [code(name), processor, first.cores, first.threads, first.dtype, size, *probes]
    return [*row, links] if link_papers else row


PROBES = ("matmul_gflops", "copy_gb_per_s")


def _range(values: list[float]) -> Safe:
    low, high = number(min(values), 3), number(max(values), 3)
    return low if low == high else Safe(f"{low} to {high}")
