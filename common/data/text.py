"""Running text for language models: loading, splitting, and a vocabulary of characters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from common.data.catalog import get, load_catalog
from common.data.fetch import ensure, from_receipt
from common.data.own import MARK, read_own
from common.data.place import Fetched, Report, files_of
from common.errors import UserError, nearest

SHORTEST = 1_000  # characters: less than this cannot be split and trained on


@dataclass(frozen=True)
class Text:
    """A corpus as one string. `name` goes into records: a dataset's, or "file:" and a file's name
    without its folder."""

    name: str
    sha256: str
    stand_in_for: str | None
    text: str
    bounds: tuple[int, int] | None = None  # where validation and test begin, if the set says so


class Splits(NamedTuple):
    """Contiguous parts of a text, in its order."""

    train: str
    validation: str
    test: str


def load_text(
    name_or_path: str | Path, *, receipt: Path | None = None, report: Report = print
) -> Text:
    """A text of the catalogue by name, or the user's own UTF-8 file by absolute path.

    A name never means a file, nor a path a dataset. With `receipt`, the very dataset that it
    names, if there is such a file. UserError for unknown names, sets that are no text, and files
    that are empty, binary or too short.
    """
    if receipt is not None and receipt.exists():
        return _read_set(from_receipt(receipt, report))
    name = str(name_or_path)
    if Path(name).is_absolute():
        return _read_file(Path(name))
    if name not in load_catalog():
        texts = [d.name for d in load_catalog().values() if d.kind == "text"]
        raise UserError(f"'{name}' is no text of the catalogue.{nearest(name, texts)}")
    if get(name).kind != "text":
        raise UserError(f"'{name}' is of kind {get(name).kind}, not a text.")
    return _read_set(ensure(name, report=report))


def _read_set(fetched: Fetched) -> Text:
    paths = [fetched.folder / file.path for file in files_of(get(fetched.name))]
    parts = [path.read_bytes().decode("utf-8") for path in paths]
    bounds = None
    if [path.stem for path in paths] == list(Splits._fields):
        bounds = (len(parts[0]), len(parts[0]) + len(parts[1]))
    return Text(fetched.name, fetched.sha256, fetched.stand_in_for, "".join(parts), bounds)


def _read_file(path: Path) -> Text:
    text, sha256 = read_own(path)
    if (length := len(text.strip())) < SHORTEST:
        raise UserError(f"{path.name} has {length} characters; at least {SHORTEST} are needed.")
    return Text(MARK + path.name, sha256, None, text)


def split(text: Text | str, fractions: tuple[float, float, float] = (0.9, 0.05, 0.05)) -> Splits:
    """Cut a text into contiguous train, validation and test parts; nothing is lost.

    A set with its own splits keeps them. UserError if the fractions do not sum to 1.
    """
    if abs(sum(fractions) - 1) > 1e-9 or min(fractions) <= 0:
        raise UserError(f"The fractions {fractions} must be positive and sum to 1.")
    whole = text if isinstance(text, str) else text.text
    first = round(len(whole) * fractions[0])
    second = round(len(whole) * (fractions[0] + fractions[1]))
    if isinstance(text, Text) and text.bounds:
        first, second = text.bounds
    return Splits(whole[:first], whole[first:second], whole[second:])


Tokens = Sequence[int] | np.ndarray  # numbers of a vocabulary's entries, in a row


class Characters:
    """A vocabulary of characters, numbered in code point order: the same text, the same numbers.

    `unknown`, if given, is a character of the vocabulary that stands for all others; it is added
    if the text lacks it. Without it, `encode` refuses an unknown character.
    """

    def __init__(self, text: Iterable[str], unknown: str | None = None):
        if unknown is not None and len(unknown) != 1:
            raise ValueError("unknown must be one character")
        self.symbols = "".join(sorted(set(text) | set(unknown or "")))
        self.unknown = unknown
        self._table = np.full(0x110000, -1, dtype=np.int32)  # code point -> number
        self._table[[ord(symbol) for symbol in self.symbols]] = np.arange(len(self.symbols))

    def __len__(self) -> int:
        return len(self.symbols)

    def encode(self, text: str) -> np.ndarray:
        """Numbers of the characters, int64, shape (len(text),). UserError names an unknown one."""
        points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
        ids = self._table[points].astype(np.int64)
        strange = ids < 0
        if strange.any():
            if self.unknown is None:
                symbol = text[int(strange.argmax())]
                raise UserError(
                    f"The character {symbol!r} is not in the vocabulary of {len(self)}: it did"
                    " not occur in the training text."
                )
            ids[strange] = self._table[ord(self.unknown)]
        return ids

    def decode(self, ids: Iterable[int]) -> str:
        """The text of a sequence of numbers. UserError for a number outside the vocabulary."""
        numbers = [int(i) for i in ids]
        for number in numbers:
            if not 0 <= number < len(self):
                raise UserError(
                    f"{number} is not in the vocabulary: it has {len(self)} characters."
                )
        return "".join(self.symbols[number] for number in numbers)
