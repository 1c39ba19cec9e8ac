"""Sentence pairs for translation: Multi30k, or number words in its place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from common.data.catalog import get
from common.data.fetch import ensure, from_receipt
from common.data.place import Fetched, Report
from common.errors import UserError

FILES = {"train": "train", "validation": "val", "test": "test_2016_flickr"}
Pair = tuple[str, str]


@dataclass(frozen=True)
class Pairs:
    """English and German sentences by split, untokenised, in the order of the files."""

    name: str
    sha256: str
    stand_in_for: str | None
    train: tuple[Pair, ...]
    validation: tuple[Pair, ...]
    test: tuple[Pair, ...]

    def splits(self) -> dict[str, tuple[Pair, ...]]:
        return {name: getattr(self, name) for name in FILES}


def load_pairs(
    name: str = "multi30k", *, receipt: Path | None = None, report: Report = print
) -> Pairs:
    """The (English, German) pairs of a set; with `receipt`, of the set that it names."""
    if receipt is not None and receipt.exists():
        fetched = from_receipt(receipt, report)
    else:
        fetched = ensure(name, report=report)
    if get(fetched.name).kind != "pairs":
        raise UserError(f"'{fetched.name}' is of kind {get(fetched.name).kind}, not pairs.")
    parts = {split: _read(fetched, file) for split, file in FILES.items()}
    return Pairs(fetched.name, fetched.sha256, fetched.stand_in_for, **parts)


def _read(fetched: Fetched, file: str) -> tuple[Pair, ...]:
    # Split at line feeds only: captions hold characters that splitlines() would split at.
    sides = [
        (fetched.folder / f"{file}.{language}").read_text(encoding="utf-8").removesuffix("\n")
        for language in ("en", "de")
    ]
    english, german = (side.split("\n") for side in sides)
    return tuple(zip((s.strip() for s in english), (s.strip() for s in german), strict=True))
