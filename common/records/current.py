"""Is a record that of the code as it is now?"""

from __future__ import annotations

from pathlib import Path

from common.records.executed import run_sources
from common.records.record import Record


def changed_sources(record: Record, root: Path) -> list[str]:
    """The sources of which the run would now execute other code than when it was made.

    None if it only names files in vain: no change of code does that, see `unlike_sources`.
    """
    now = sources_now(record, root) if record.sources else {}
    unlike = [name for name, expected in record.sources.items() if now.get(name) != expected]
    vain = all(name not in now and (root / name).is_file() for name in unlike)
    return [] if vain else unlike


def unlike_sources(record: Record, root: Path) -> tuple[list[str], list[str]]:
    """Files that a run would name today and the record lacks, and those that it names in vain."""
    now = sources_now(record, root).keys()
    return sorted(now - record.sources.keys()), sorted(record.sources.keys() - now)


def sources_now(record: Record, root: Path) -> dict[str, str]:
    """The sources that a run of the record's variant would have today."""
    room = root / "papers" / record.paper
    return run_sources(root, room, record.version, record.deviation)
