"""A room as the checks of the standard see it, and what they say of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from common.config import read_yaml, size_names
from common.evidence.deviations import deviations_of
from common.paper import Room, Variant
from common.records.record import Record, read_records

CITED = re.compile(  # a place in a paper
    r"\b(Sec|Eq|Fig|Alg|Thm|Prop|App)\. ?\w|\b(Tables?|Algorithm|Abstract|footnote)\b"
)
SOURCED = re.compile(r"\w[\w.-]*/[\w.-]+#\d|pull request \d|\b[A-Z]\w+ .*\b(19|20)\d\d\b")
NAMED = re.compile(r"\b(19|20)\d\d\b.*, \w|^[\w-]+/[\w.-]+, \w")  # a place without a number


@dataclass(frozen=True)
class Fault:
    """What is missing; `excuse` is the key in exceptions.yaml that allows it, "" if none does."""

    words: str
    excuse: str = ""


@dataclass(frozen=True)
class Subject:
    """A room, and what the checks ask of it."""

    room: Room

    @cached_property
    def root(self) -> Path:
        return self.room.folder.parents[1]

    @cached_property
    def records(self) -> list[Record]:
        return read_records(self.room.folder)

    @cached_property
    def variants(self) -> list[str]:
        rungs = [d.id for d in deviations_of(self.room) if d.trained]
        return [*self.room.paper.versions, *(f"{self.room.newest}+{rung}" for rung in rungs)]

    @cached_property
    def sizes(self) -> list[str]:
        return [Variant(self.room.newest, size=size).name for size in size_names(self.room)]

    @cached_property
    def parts(self) -> dict[str, str]:
        """README's parts by heading."""
        text = self.room.path("README.md").read_text(encoding="utf-8")
        pieces = re.split(r"(?m)^## (.+)$", text)
        return dict(zip(pieces[1::2], pieces[2::2], strict=True))

    @cached_property
    def excuses(self) -> dict[str, str]:
        path = self.room.path("evidence", "exceptions.yaml")
        return read_yaml(path) if path.is_file() else {}
