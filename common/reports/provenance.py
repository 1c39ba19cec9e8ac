"""Where a page's numbers come from: datasets, commits, environments, seals."""

from __future__ import annotations

from collections.abc import Sequence

from common.records.record import Dataset, Record
from common.reports.results import Results
from common.reports.text import Safe, Table, code, fence
from common.tracking.runs import run_commit

SHORT = 10  # characters of a hash in a table; whole ones stand in the details
EXCERPT = 400  # characters of a sample


def short(digest: str) -> Safe:
    """The first characters of a hash; "-dirty" is never cut off."""
    base, dash, rest = digest.partition("-")
    return code(base[:SHORT] + dash + rest)


def records(results: Results) -> Table:
    """One row per record; the loader has refused any whose sources are not current."""
    rows = [
        [
            code(r.variant),
            code(r.hardware.name),
            r.profile,
            len(r.seeds),
            r.started[:10],
            short(run_commit(r)),
            r.environment.get("torch", ""),
            short(r.seal),
            _history(r),
        ]
        for r in sorted(results.records, key=lambda r: (r.hardware.name, r.variant))
    ]
    header = [
        "Variant",
        "Hardware",
        "Profile",
        "Seeds",
        "Date",
        "Commit of the run",
        "torch",
        "Seal",
        "Notes",
    ]
    return Table(header, rows, right=(3,))


def _history(record: Record) -> str:
    resealed, resumed = len(record.resealed), sum(run.resumed for run in record.seeds)
    notes = [f"resealed {_times(resealed)}"] if resealed else []
    return "; ".join(notes + ([f"interrupted {_times(resumed)}"] if resumed else []))


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def details(results: Results) -> Table:
    """Seals in full."""
    ordered = sorted(results.records, key=lambda r: (r.hardware.name, r.variant))
    rows = [[code(f"{r.hardware.name}/{r.variant}"), code(r.seal)] for r in ordered]
    return Table(["Record", "Seal"], rows)


def environments(results: Results) -> Table:
    """The distinct environments and engines, with the hardware they were used on."""
    seen: dict[tuple, set[str]] = {}
    for record in results.records:
        versions = {**record.environment, **record.engine, "lock file": record.lock[:SHORT]}
        key = tuple(sorted(versions.items()))
        seen.setdefault(key, set()).add(record.hardware.name)
    rows = [
        [Safe(", ".join(map(code, sorted(where)))), ", ".join(f"{k} {v}" for k, v in key)]
        for key, where in sorted(seen.items())
    ]
    return Table(["Hardware", "Environment and engine"], rows)


def stand_ins(results: Sequence[Record]) -> list[Dataset]:
    """The stand-in datasets that the records were made from."""
    found = {d.name: d for r in results for d in r.datasets.values() if d.stand_in_for}
    return [found[name] for name in sorted(found)]


def sample(results: Results, variant: str) -> Safe:
    """The first lines of the variant's first sample, as a block."""
    texts = results.record(variant).seeds[0].samples
    return fence(texts[0], limit=EXCERPT) if texts else Safe("")


def samples(results: Results) -> tuple[str, Safe, list[tuple[str, Safe]]] | None:
    """(version, its first sample, those of the other versions), the newest version first."""
    newest = (results.numbered() or results.versions())[-1:]
    names = newest + [v for v in results.versions() if v not in newest]
    found = [(name, block) for name in names if (block := sample(results, name))]
    return (*found[0], found[1:]) if found else None
