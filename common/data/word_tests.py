"""Tests of word vectors, written by people: WordSim-353, SimLex-999, and analogy questions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from common.data.catalog import get
from common.data.fetch import ensure
from common.data.place import Report
from common.errors import UserError

GRAMMAR = "gram"  # how the names of the syntactic sections begin


class Rated(NamedTuple):
    """Two words, and how alike or related people found them, from 0 to 10."""

    one: str
    other: str
    rating: float


class Question(NamedTuple):
    """`a` is to `b` as `c` is to `d`; the section says what relates them."""

    section: str
    a: str
    b: str
    c: str
    d: str

    @property
    def syntactic(self) -> bool:
        return self.section.startswith(GRAMMAR)


@dataclass(frozen=True)
class WordTests:
    """All in lower case, in the order of the files."""

    name: str
    sha256: str
    related: tuple[Rated, ...]  # WordSim-353
    alike: tuple[Rated, ...]  # SimLex-999
    questions: tuple[Question, ...]


def load_word_tests(name: str = "word_evaluation", *, report: Report = print) -> WordTests:
    """The pairs and questions of a set. UserError for a set of another kind."""
    if get(name).kind != "evaluation":
        raise UserError(f"'{name}' is of kind {get(name).kind}, not evaluation.")
    fetched = ensure(name, report=report)
    return WordTests(
        fetched.name,
        fetched.sha256,
        _rated(fetched.folder / "wordsim353.tsv"),
        _rated(fetched.folder / "simlex999.txt"),
        _questions(fetched.folder / "questions-words.txt"),
    )


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").lower().splitlines()


def _rated(path: Path) -> tuple[Rated, ...]:
    """Lines "one<tab>other<tab>rating"; "#" begins a comment."""
    rows = (line.split("\t")[:3] for line in _lines(path) if not line.startswith("#"))
    return tuple(Rated(one, other, float(rating)) for one, other, rating in rows)


def _questions(path: Path) -> tuple[Question, ...]:
    """Lines "a b c d" under lines ": section"."""
    section, found = "", []
    for line in _lines(path):
        if line.startswith(":"):
            section = line.removeprefix(":").strip()
        else:
            found.append(Question(section, *line.split()))
    return tuple(found)
