"""`papers compare`: the difference of two versions' code, and of their metric by hardware."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from common.commands.overview import table
from common.errors import UserError
from common.paper import Room, find_root, room
from common.records import Record, changed_sources, read_records


def print_comparison(name: str, old: str, new: str, code: bool) -> None:
    home = room(name)
    if len(home.paper.versions) == 1:
        only = next(iter(home.paper.versions))
        raise UserError(f"'{name}' has one version, {only}: there is no other to compare it with.")
    home.version(old), home.version(new)
    if old == new:
        raise UserError(f"{old} and {new} are the same version: name two.")
    if code:
        print_code(find_root(), home, old, new)
    records = {(r.hardware.name, r.variant): r for r in read_records(home.folder)}
    rows = list(differences(home, records, old, new))
    if not rows:
        print(f"no hardware has records of both: run `papers reproduce {name}`.")
        return
    better = "lower" if home.paper.metric.lower_is_better else "higher"
    label = home.paper.metric.label
    header = ["hardware", old, new, f"{new} - {old}", "95 % interval", "p", "seeds"]
    table(f"{label}, {better} is better, paired by seed", header, [row[:-1] for row in rows])
    for hardware, *_, note in rows:
        if note:
            print(f"{hardware}: {note}")


def print_code(root: Path, home: Room, old: str, new: str) -> None:
    """The two folders' difference, coloured where the terminal is."""
    folders = [home.path(version).relative_to(root).as_posix() for version in (old, new)]
    colour = "always" if sys.stdout.isatty() else "never"
    sys.stdout.flush()
    subprocess.run(
        ["git", "--no-pager", "diff", "--no-index", "--stat", "--patch", f"--color={colour}",
         "--", *folders],
        cwd=root,
        check=False,  # 1: they differ
    )  # fmt: skip


def differences(
    home: Room, records: dict[tuple[str, str], Record], old: str, new: str
) -> Iterator[list[str]]:
    """One row per hardware on which both versions were run; hardwares are never crossed."""
    for hardware in sorted({name for name, _ in records}):
        pair = records.get((hardware, old)), records.get((hardware, new))
        if all(pair):
            yield [hardware, *_row(home, *pair)]


def _row(home: Room, old: Record, new: Record) -> list[str]:
    from common.statistics import paired, summary

    values = [record.values(home.paper.metric.name) for record in (old, new)]
    shared = sorted(s for s in values[0] if None not in (values[0][s], values[1].get(s)))
    if not shared:
        return ["-"] * 6 + ["no seed of both came to an end"]
    a, b = ([side[seed] for seed in shared] for side in values)
    found = paired(b, a, seeds_a=shared, seeds_b=shared, names=(new.variant, old.variant))
    return [
        f"{summary(a).mean:.4f}",
        f"{summary(b).mean:.4f}",
        f"{found.difference:+.4f}",
        f"[{found.low:+.4f}, {found.high:+.4f}]",
        f"{found.p:.3g}",
        str(found.n),
        _note(old, new, len(shared)),
    ]


def _note(old: Record, new: Record, shared: int) -> str:
    """What a reader must know before believing the row."""
    notes = []
    if old.dataset != new.dataset:
        notes.append("not the same dataset")
    if old.profile != new.profile:
        notes.append(f"profiles differ: {old.profile}, {new.profile}")
    if shared < max(len(old.seeds), len(new.seeds)):
        notes.append("only the seeds that both have")
    stale = [r.variant for r in (old, new) if changed_sources(r, find_root())]
    if stale:
        notes.append(f"code changed since: {', '.join(stale)}")
    return "; ".join(notes)
