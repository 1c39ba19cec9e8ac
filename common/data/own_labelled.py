"""A user's own labelled lines: a text, a tab, and a short word or number for its class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from common.data.labelled import Example
from common.data.own import MARK, own_file, read_own
from common.errors import UserError, visible

FEWEST = 100  # lines
LONGEST = 40  # characters of a class's name
TENTH = 10  # of so many lines of a class one is to be judged on, and another to choose on
SHOWN = 40  # characters of a line that an error shows
HOW = "write a text, a tab and its class"


@dataclass(frozen=True)
class OwnLabelled:
    """Examples in the order of the file; a class's number is its place among the sorted names."""

    name: str
    sha256: str
    classes: tuple[str, ...]
    examples: tuple[Example, ...]
    stand_in_for: None = None

    def splits(self) -> dict[str, tuple[Example, ...]]:
        """A tenth of each class for the test, a tenth for validation, the rest to learn from; drawn
        always alike, and in an order that is drawn: a file may be sorted by class."""
        drawn = np.random.default_rng(0).permutation(len(self.examples)).tolist()
        by_class = sorted(drawn, key=lambda i: self.examples[i][1])
        test, validation = set(by_class[::TENTH]), set(by_class[TENTH // 2 :: TENTH])
        parts = {"train": set(drawn) - test - validation, "validation": validation, "test": test}
        return {
            name: tuple(self.examples[i] for i in drawn if i in part)
            for name, part in parts.items()
        }


def seems_labelled(path: str) -> bool:
    """Whether a file is to hold labelled lines, and no text: it is called .tsv, or its first line
    has a tab in it."""
    if Path(path).suffix.lower() == ".tsv":
        return True
    with own_file(path).open("rb") as file:
        lines = iter(lambda: file.readline(1 << 16), b"")
        return b"\t" in next((line.strip() for line in lines if line.strip()), b"")


def own_labelled(path: str, form: Callable[[str], str] = str.strip) -> OwnLabelled:
    """The file's lines, each text as `form` gives it. Blank lines do not count.

    UserError names the first line that cannot be used, and says what to do about it.
    """
    text, sha256 = read_own(path)
    found, name = [], Path(path).name
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                found.append((number, *_parts(line, form)))
            except UserError as error:
                raise UserError(f"{name}, line {number}: {error}") from None
    _check(found, name)
    classes = tuple(sorted({label for *_, label in found}))
    examples = tuple((text, classes.index(label)) for _, text, label in found)
    return OwnLabelled(MARK + name, sha256, classes, examples)


def _parts(line: str, form: Callable[[str], str]) -> tuple[str, str]:
    """The text and the class of a line."""
    if "\t" not in line:
        raise UserError(f"there is no tab in {_shown(line)}: {HOW}.")
    text, label = (part.strip() for part in line.rsplit("\t", 1))
    if not text:
        raise UserError(f"there is no text before the tab: {HOW}, or leave the line out.")
    if not label:
        raise UserError(f"there is no class behind the last tab of {_shown(line)}: {HOW}.")
    if len(label) > LONGEST or not label.isprintable():
        raise UserError(
            f"{_shown(label)} is no class, which is one short word or number: {HOW}, in this order."
        )
    formed = form(text)
    if not any(map(str.isalnum, formed)):
        raise UserError(
            f"no word is left of {_shown(text)}, as English letters and figures are read alone: "
            "write it with them, or leave the line out."
        )
    return formed, label


def _check(found: list[tuple[int, str, str]], name: str) -> None:
    """UserError for lines that are too few, or of classes that nothing can be learned about."""
    if len(found) < FEWEST:
        raise UserError(
            f"{name} has {len(found)} labelled lines, and at least {FEWEST} are needed."
        )
    counts = Counter(label for *_, label in found)
    if len(counts) == 1:
        raise UserError(
            f"all lines of {name} have the class {found[0][2]!r}: add lines of another class."
        )
    for number, _, label in found:
        if counts[label] == 1:
            what = "leave out the heading" if number == found[0][0] else "mend it"
            raise UserError(
                f"{name}, line {number}: no other line has the class {label!r}: {what}, or give "
                "that class more lines."
            )


def _shown(text: str) -> str:
    plain = visible(text.strip())
    return repr(plain if len(plain) <= SHOWN else plain[:SHOWN] + "...")
