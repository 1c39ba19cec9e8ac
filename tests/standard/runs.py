"""Records and golden runs, and what a user can do with a model."""

from __future__ import annotations

from collections.abc import Iterator

from common.commands.reseal import golden_path
from common.errors import UserError
from common.evidence.verdicts import primary_hardware
from common.reports import results, story
from tests.standard.subject import Fault, Subject

HARDWARE, WITHOUT_TORCH = 3, 2
BUDGET, LARGER = 8 * 60, 15 * 60  # seconds of a room's records on one hardware
FLAGSHIPS = ("rnn", "lstm", "transformer", "gpt2", "vit", "mamba", "bert")


def hardware(subject: Subject) -> Iterator[Fault]:
    """Each numbered version on three hardwares, with one thread, with two, and in bfloat16 or on
    another processor; on two where it computes without torch, which alone has bfloat16 here."""
    for version in subject.room.paper.numbered:
        found = {r.hardware.name: r.hardware for r in subject.records if r.variant == version}
        names = ", ".join(sorted(found)) or "no hardware"
        torch = "import torch" in subject.room.path(version, "model.py").read_text("utf-8")
        wanted = HARDWARE if torch else WITHOUT_TORCH
        if len(found) < wanted:
            excuse = f"hardware {version}" if len(found) == WITHOUT_TORCH else ""
            yield Fault(f"{version} is recorded on {names}; wanted are {wanted}", excuse)
        if found and len({(h.device, h.threads) for h in found.values()}) < 2:
            yield Fault(f"{version} is recorded with one count of threads alone: {names}")


def recorded(subject: Subject) -> Iterator[Fault]:
    """Each variant has a record where the others have theirs, with all seeds; a version with a name
    of its own, with which no claim compares, somewhere."""
    place, paper = primary_hardware(subject.records), subject.room.paper
    found = {r.variant for r in subject.records if r.hardware.name == place}
    named = set(paper.versions) - set(paper.numbered)
    found |= {r.variant for r in subject.records if r.variant in named}
    for variant in subject.variants:
        if variant not in found:
            yield Fault(f"{variant} has no record on {place or 'any hardware'}")


def golden(subject: Subject) -> Iterator[Fault]:
    """A golden run for each version and each trained deviation."""
    for variant in subject.variants:
        path = golden_path(subject.room, variant)
        if not path.is_file():
            name = path.relative_to(subject.room.folder).as_posix()
            yield Fault(f"{name} is missing: `papers reseal {subject.room.name}` writes it")


def budget(subject: Subject) -> Iterator[Fault]:
    """What the records of one hardware took all together, by their own clock."""
    limit = LARGER if subject.room.name in FLAGSHIPS else BUDGET
    place = primary_hardware(subject.records)
    took = sum(r.seconds for r in subject.records if r.hardware.name == place)
    if took > limit:
        words = f"the records on {place} took {took:.0f} s; a room has {limit} s"
        yield Fault(words, "budget")


def baseline(subject: Subject) -> Iterator[Fault]:
    """Something simple stands in the curve, in the room's own metric, once there is a curve."""
    if not subject.records:
        return
    try:
        found = story.read(results.load(subject.root, [subject.room.name])[subject.room.name])
    except UserError as error:
        yield Fault(str(error))
        return
    if found.baseline is None:
        yield Fault("story.md.j2 sets no baseline: `claimed(...)` or `guess(...)`")
    elif not found.baseline.headline:
        name = subject.room.paper.metric.name
        words = f"the baseline, {found.baseline.name!r}, is in another measure than {name}"
        yield Fault(words, "baseline")


def ask(subject: Subject) -> Iterator[Fault]:
    """A way for a user to try the newest version."""
    path = subject.room.path(subject.room.newest, "ask.py")
    name = path.relative_to(subject.room.folder).as_posix()
    if not path.is_file():
        yield Fault(f"{name} is missing: how does a user try the model?", "ask")
    elif "def load(" not in path.read_text(encoding="utf-8"):
        yield Fault(f"{name} has no load(checkpoint), through which a model is asked")
