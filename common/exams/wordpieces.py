"""WordPiece (Wu et al. 2016, arXiv:1609.08144) as BERT has it: the pieces of a text's words.

A word becomes the longest pieces, from the left, that a vocabulary has; all but its first begin
with "##". What counts as a word is that of google-research/bert, tokenization.py, without cases.
Which pieces there are is learned as papers/bpe learns them; a published vocab.txt serves as well.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from unicodedata import category

SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
LONGEST = 100  # characters of a word that is cut; a longer one is unknown
CACHED = 100_000  # words
CHINESE = (  # each of these is a word
    (0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F),
    (0x2B920, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F),
)  # fmt: skip


def words(text: str) -> list[str]:
    """Words and signs: no control characters, lower case, no accents, punctuation apart."""
    if not text.isascii():
        spaced = (f" {c} " if chinese(ord(c)) else c for c in text)
        text = unicodedata.normalize("NFD", "".join(spaced))
    return "".join(map(SHOWN.__getitem__, text)).split()


def chinese(code: int) -> bool:
    return code > 0x33FF and any(low <= code <= high for low, high in CHINESE)


class Shown(dict):
    """Character -> what it becomes, filled as characters occur."""

    def __missing__(self, c: str) -> str:
        kind = category(c)
        if c.isspace() and c not in "\x1c\x1d\x1e\x1f":
            shown = " "
        elif kind[0] == "C" or kind == "Mn" or c == "\ufffd":
            shown = ""  # control characters; accents, which NFD has set apart
        elif kind[0] == "P" or c in "$+<=>^`|~":
            shown = f" {c} "
        else:
            shown = c.lower()
        self[c] = shown
        return shown


SHOWN = Shown()


class WordPieces:
    """Text to ids. ValueError for pieces without the five special ones."""

    def __init__(self, pieces: Iterable[str]):
        self.pieces = list(pieces)
        self.ids = {piece: i for i, piece in enumerate(self.pieces)}
        if missing := [piece for piece in SPECIALS if piece not in self.ids]:
            raise ValueError(f"this is no vocabulary of pieces: {', '.join(missing)} is missing")
        self.pad, self.unknown, self.cls, self.sep, self.mask = (self.ids[s] for s in SPECIALS)
        self.known: dict[str, list[int]] = {}

    def __len__(self) -> int:
        return len(self.pieces)

    def encode(self, text: str) -> list[int]:
        """Ids of a text, without special tokens."""
        return [i for word in words(text) for i in self.cut(word)]

    def cut(self, word: str) -> list[int]:
        """Ids of a word, computed once."""
        if word not in self.known:
            if len(self.known) >= CACHED:
                self.known.clear()
            self.known[word] = self.longest_first(word)
        return self.known[word]

    def longest_first(self, word: str) -> list[int]:
        """[UNK] where no piece fits somewhere in the word, or where it is too long."""
        found: list[int] = []
        start = 0
        while start < len(word) <= LONGEST:
            for end in range(len(word), start, -1):
                if (i := self.ids.get("##" * (start > 0) + word[start:end])) is not None:
                    break
            else:
                return [self.unknown]
            found.append(i)
            start = end
        return found or [self.unknown]

    def decode(self, ids: Iterable[int]) -> str:
        """Pieces with a space between words."""
        return " ".join(self.pieces[i] for i in ids).replace(" ##", "")


def read_vocabulary(text: str) -> WordPieces:
    """Of a published vocab.txt: a piece on each line, its number the id."""
    return WordPieces(text.rstrip("\n").split("\n"))


def learn_pieces(
    texts: Iterable[str], size: int, trainer: Callable[[Mapping[str, int], int], Any]
) -> WordPieces:
    """A vocabulary of at most `size`: specials, characters, then what merging makes of them.

    `trainer` is papers/bpe's, which this wing may not know: it takes words of symbols with their
    frequencies and the number of the first new symbol. Pairs merge by frequency, as in
    `tokenizers`; how Wu et al. chose theirs was never published.
    """
    counted = Counter(word for text in texts for word in words(text))
    spelled = {word: (word[0], *("##" + c for c in word[1:])) for word in counted}
    pieces = sorted({piece for spelling in spelled.values() for piece in spelling})
    signs = {piece: chr(i) for i, piece in enumerate(pieces)}
    symbols = {"".join(signs[p] for p in spelled[word]): n for word, n in counted.items()}
    learning = trainer(symbols, len(pieces))
    while len(SPECIALS) + len(pieces) < size and (merge := learning.step()):
        if merge.made == len(pieces):
            pieces.append(pieces[merge.left] + pieces[merge.right].removeprefix("##"))
    return WordPieces([*SPECIALS, *pieces])
