"""Labelled sentences for classification: SST-2."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from common.data.catalog import get
from common.data.fetch import ensure, from_receipt
from common.data.place import Report
from common.errors import UserError

FILES = {"train": "train.tsv", "validation": "dev.tsv", "test": "test.tsv"}
Example = tuple[str, int]


@dataclass(frozen=True)
class Labelled:
    """Sentences with their class (0 negative, 1 positive) by split, in the order of the files."""

    name: str
    sha256: str
    stand_in_for: str | None
    train: tuple[Example, ...]
    validation: tuple[Example, ...]
    test: tuple[Example, ...]

    def splits(self) -> dict[str, tuple[Example, ...]]:
        return {name: getattr(self, name) for name in FILES}


def load_labelled(
    name: str = "sst2", *, receipt: Path | None = None, report: Report = print
) -> Labelled:
    """The (sentence, class) examples of a set; with `receipt`, of the set that it names."""
    if receipt is not None and receipt.exists():
        fetched = from_receipt(receipt, report)
    else:
        fetched = ensure(name, report=report)
    if get(fetched.name).kind != "labelled":
        raise UserError(f"'{fetched.name}' is of kind {get(fetched.name).kind}, not labelled.")
    parts = {split: _read(fetched.folder / file) for split, file in FILES.items()}
    return Labelled(fetched.name, fetched.sha256, fetched.stand_in_for, **parts)


def _read(path: Path) -> tuple[Example, ...]:
    lines = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    rows = (line.rsplit("\t", 1) for line in lines)
    return tuple((sentence.strip(), int(label)) for sentence, label in rows)
