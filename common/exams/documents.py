"""Documents of sentences out of a text, in the form of SST-2: what is read in pre-training."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from pathlib import Path

from common.data.own_labelled import OwnLabelled, own_labelled
from common.data.text import load_text
from common.errors import UserError

HELD_OUT = 20  # of so many sentences of the text one is held out
FEWEST = 20  # sentences of a text
TITLE = re.compile(r"= (?!= )(.+) =")
HEADING = re.compile(r"= .+ =")
# A sentence ends before a capital, but not behind one letter: "J. Verne", "i.e. Paris".
SENTENCE = re.compile(r"(?:(?<=\w\w[.!?])|(?<=[\")\]][.!?])|(?<=[.!?]\"))\s+(?=[\"'(]?[A-Z0-9])")
WORDS = re.compile(r"n't|'(?:s|re|ve|ll|d|m)(?![a-z])|[a-z0-9]+?(?=n't)|[a-z0-9]+|``|''|[,?!'`]")
Split = dict[str, tuple[tuple[str, ...], ...]]  # documents of sentences, by split


def as_in_reviews(sentence: str) -> str:
    """A sentence in the form of SST-2: lower case, punctuation apart, n't and 's split, nothing but
    letters, figures and , ? ! ' `; a full stop at its end is not written."""
    plain = unicodedata.normalize("NFKD", sentence.lower()).replace("\u2019", "'")
    plain = plain.encode("ascii", "ignore").decode()
    plain = re.sub(r'(^|[\s(])"', r"\1`` ", plain).replace('"', " '' ")
    return " ".join(WORDS.findall(plain))


def own_sentences(path: str) -> OwnLabelled:
    """A user's own labelled lines, in the form of SST-2."""
    return own_labelled(path, as_in_reviews)


@lru_cache(maxsize=2)  # a text, and its first part
def documents_of(data: str, most: int | None = None) -> Split:
    """Documents of sentences by split, "train" and the last of them "validation"; of a text with
    titles as in WikiText, or else of paragraphs. `most` characters are read."""
    text = load_text(data, report=lambda line: None).text[:most]
    blocks = [block.strip() for block in text.split("\n\n") if block.strip()]
    titled, found = any(map(TITLE.fullmatch, blocks)), []
    for block in blocks:
        if TITLE.fullmatch(block) or not titled or not found:
            found.append([])
        if not HEADING.fullmatch(block):
            parts = (s for line in block.split("\n") for s in SENTENCE.split(line))
            found[-1] += [form for part in parts if (form := as_in_reviews(part))]
    found = [doc for doc in found if doc]
    count = sum(map(len, found))
    if count < FEWEST:
        raise UserError(f"{Path(data).name}: {count} sentences, and at least {FEWEST} are needed.")
    return _cut(found, count - count // HELD_OUT)


def _cut(documents: list[list[str]], at: int) -> Split:
    """The first `at` sentences for training, the others held out; one document may be cut."""
    parts: dict[str, list[tuple[str, ...]]] = {"train": [], "validation": []}
    for doc in documents:
        for name, part in (("train", doc[: max(0, at)]), ("validation", doc[max(0, at) :])):
            parts[name] += [tuple(part)] if part else []
        at -= len(doc)
    return {name: tuple(part) for name, part in parts.items()}
