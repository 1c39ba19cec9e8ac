"""README, the notes, the figure of the architecture, and a picture of the idea."""

from __future__ import annotations

import re
from collections.abc import Iterator

from common.reports import architecture
from tests.links import astray
from tests.standard.subject import CITED, SOURCED, Fault, Subject

PARTS = (  # README's headings in their order; a room may have more between them
    "The idea",
    "The mathematics",
    "The architecture",
    "What each version teaches",
    "Implementation details",
    "Strengths and limits",
    "Tried, did not help",
)
SHORTEST = 80  # characters of a part
ITEMS = 5  # numbered implementation details, half of them with a source


def readme(subject: Subject) -> Iterator[Fault]:
    """All parts, in their order, with their contents."""
    parts, name = subject.parts, subject.room.name
    for heading in PARTS:
        if len(parts.get(heading, "").strip()) < SHORTEST:
            yield Fault(f"README.md: '## {heading}' is missing or has hardly a word")
    order = [heading for heading in parts if heading in PARTS]
    if order != [heading for heading in PARTS if heading in order]:
        yield Fault(f"README.md: the parts stand in another order than {', '.join(PARTS)}")
    text = subject.room.path("README.md").read_text(encoding="utf-8")
    if f"(../../reports/{name}.md" not in text:
        yield Fault(f"README.md has no link to its report, reports/{name}.md")
    yield from map(Fault, astray(subject.room.path("README.md")))
    if "=" not in parts.get("The mathematics", "="):
        yield Fault("README.md: '## The mathematics' has no equation")
    for version in subject.room.paper.versions:
        if version not in parts.get("What each version teaches", version):
            yield Fault(f"README.md does not say what {version} teaches")
    items = re.split(r"(?m)^\d+\. ", parts.get("Implementation details", ""))[1:]
    cited = [item for item in items if CITED.search(item) or SOURCED.search(item)]
    if len(items) < ITEMS or len(cited) < len(items) / 2:
        yield Fault(
            f"README.md: of {len(items)} numbered implementation details {len(cited)} name a "
            f"section or a source; wanted are {ITEMS}, half of them with one"
        )


def notes(subject: Subject) -> Iterator[Fault]:
    """The log of speed and of what was tried, where the room has one: README leads to it."""
    page = subject.room.path("notes.md")
    if page.is_file():
        yield from map(Fault, astray(page))
        if "](notes.md#" not in subject.room.path("README.md").read_text(encoding="utf-8"):
            yield Fault("README.md does not link to a part of notes.md")


def figure(subject: Subject) -> Iterator[Fault]:
    """A figure of the architecture, with shapes whose letters are explained."""
    name, part = subject.room.name, subject.parts.get("The architecture", "")
    path = f"reports/figures/{name}-architecture.svg"
    if not re.search(rf"!\[[^\]]{{20,}}\]\(\.\./\.\./{re.escape(path)}\)", part):
        yield Fault(f"README.md: '## The architecture' does not show {path} with words for it")
    if not (subject.root / path).is_file():
        yield Fault(f"{path} is missing: `papers report` draws it")
    drawing = architecture.read(subject.room.path(architecture.FILE))
    flowing = [says for arrow in drawing.arrows for says in architecture.parsed(arrow)[2] if says]
    shapes = [shape for says in flowing for shape in re.findall(r"\(([^()]+)\)", says)]
    if len(shapes) < 3:
        yield Fault(f"{architecture.FILE}: fewer than three arrows say what shape flows there")
    used = {letter for shape in shapes for letter in re.findall(r"\b[A-Z]\b", shape)}
    if unknown := sorted(used - set(re.findall(r"\b[A-Z]\b", drawing.letters))):
        yield Fault(f"{architecture.FILE}: nothing says what {', '.join(unknown)} stands for")


def picture(subject: Subject) -> Iterator[Fault]:
    """A picture besides the architecture, one that shows the idea."""
    text = subject.room.path("README.md").read_text(encoding="utf-8")
    if not re.search(r"!\[[^\]]{20,}\]\(\.\./\.\./docs/pictures/", text):
        yield Fault("README.md shows no picture of docs/pictures with words for it")
