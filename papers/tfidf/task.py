"""The exam of the room: a sentence that was taken out of an article must find it again.

An article is a document, its paragraphs are numbered through the whole collection. Of ten
paragraphs in a row one is taken out for the test and one for validation, places that the seed moves
on: ten seeds are ten folds, in which each paragraph is a test once. The query is a paragraph's
first sentence, or all of it; besides, each article's very first sentence is taken out and must find
the rest. Every other word stays in the collection, on which a version is fitted.

A version hands over an index with `scores(queries)`, for each query a number for each
document, the higher the better, and with the numbers `terms` and `postings`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from common.data.text import load_text
from common.errors import UserError

FOLDS = 10
SHORTEST = 8  # words of a paragraph that may be taken out; a shorter one says too little
FEWEST, PART = 40, 5  # paragraphs of a text; of a document, where the text names none
QUICK = 100  # queries of each kind in the smoke profile
TITLE = re.compile(r"= (?!= )(.+) =")
HEADING = re.compile(r"= .+ =")
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[\"'(]?[^\W\d_a-z])")  # capitals of any alphabet
SAMPLES, SHOWN = 4, 3  # queries in the sample, and documents shown for each


class Query(NamedTuple):
    """A paragraph that was taken out, and the number of the document it is from."""

    paragraph: str
    document: int

    @property
    def sentence(self) -> str:
        return SENTENCE.split(self.paragraph, 1)[0]


class Exam:
    """A collection without what was taken out, and the queries made of that.

    `unit` says what a document is: an "article", or each "section" under a heading of its own.
    """

    def __init__(self, data: str, seed: int = 0, unit: str = "article", quick: bool = False):
        text = load_text(data, report=lambda line: None).text
        self.titles: list[str] = []
        self.kept: list[list[str]] = []  # paragraphs by document
        self.leads: list[Query] = []
        self.test: list[Query] = []
        self.validation: list[Query] = []
        number = 0  # of a paragraph that may be taken out
        for title, (first, *others) in documents_of(text, unit):
            document = len(self.titles)
            lead, *kept = SENTENCE.split(first, 1)
            self.leads.append(Query(lead, document))
            for paragraph in others:
                place = (number - seed) % FOLDS
                if len(paragraph.split()) < SHORTEST:
                    kept.append(paragraph)
                    continue
                number += 1
                if place == 0:
                    self.test.append(Query(paragraph, document))
                elif place == FOLDS // 2:
                    self.validation.append(Query(paragraph, document))
                else:
                    kept.append(paragraph)
            self.titles.append(title)
            self.kept.append(kept)
        if len(self.titles) < 2:
            raise UserError("Only one title of this text has text below it; two are needed.")
        self.texts = ["\n".join(kept) for kept in self.kept]
        kinds = ("leads", "test", "validation")
        for kind in kinds:  # a document of which nothing is left cannot be found
            found = [query for query in getattr(self, kind) if self.kept[query.document]]
            setattr(self, kind, found[: QUICK if quick else None])
        if not all(getattr(self, kind) for kind in kinds):
            raise UserError("This text is too short: nothing can be taken out and found again.")

    def ranks(self, index, queries: Sequence[Query], whole: bool = False) -> np.ndarray:
        """Where each query's document stands, from 1; before it stands all that scores no less.

        One without a score (NaN, where a weighting gives infinite weights) stands last.
        """
        asked = [query.paragraph if whole else query.sentence for query in queries]
        scores = np.asarray(index.scores(asked))
        own = scores[np.arange(len(queries)), [q.document for q in queries]]
        return (~(scores < own[:, None])).sum(1)

    def finish(self, index) -> tuple[dict[str, float], list[str]]:
        """The final metrics, and what some test queries found."""
        ranks = self.ranks(index, self.test)
        metrics = {
            "mrr": reciprocal(ranks),
            "found_first": float((ranks == 1).mean()),
            "paragraph_mrr": reciprocal(self.ranks(index, self.test, whole=True)),
            "lead_mrr": reciprocal(self.ranks(index, self.leads)),
            "validation_mrr": reciprocal(self.ranks(index, self.validation)),
            "terms": float(index.terms),
            "postings": float(index.postings),
        }
        return metrics, [self.sample(index)]

    def sample(self, index) -> str:
        """Test sentences with the titles of the documents that they find, the right one marked."""
        chosen = self.test[:: max(1, len(self.test) // SAMPLES)][:SAMPLES]
        lines = []
        for query, scores in zip(chosen, index.scores([q.sentence for q in chosen])):
            best = np.argsort(-np.asarray(scores), kind="stable")[:SHOWN]
            named = (self.titles[i] + " (*)" * int(i == query.document) for i in best)
            lines += [query.sentence, "  -> " + "; ".join(named)]
        return "\n".join(lines)


def reciprocal(ranks: np.ndarray) -> float:
    """The mean of 1 / rank."""
    return float((1 / ranks).mean())


def documents_of(text: str, unit: str = "article") -> list[tuple[str, list[str]]]:
    """Titles and paragraphs of the documents of a text, as WikiText marks them.

    A text that names no titles is cut into documents of five paragraphs, lines or sentences, the
    longest of these of which it has enough.
    """
    blocks = [block.strip() for block in text.split("\n\n")]
    blocks = [block for block in blocks if block]
    if sum(map(bool, map(TITLE.fullmatch, blocks))) < 2 or len(blocks) < FEWEST:
        return untitled(text, blocks)
    found: list[tuple[str, list[str]]] = []
    title, fresh = "", True
    for block in blocks:
        if named := TITLE.fullmatch(block):
            title, fresh = named[1], True
        elif HEADING.fullmatch(block):
            fresh = fresh or unit == "section"
        elif fresh:
            found.append((title, [block]))
            fresh = False
        else:
            found[-1][1].append(block)
    return found


def untitled(text: str, blocks: list[str]) -> list[tuple[str, list[str]]]:
    """Documents of a text without titles, named by their first words. UserError if it has none."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    sentences = [sentence for line in lines for sentence in SENTENCE.split(line)]
    for pieces in (blocks, lines, sentences):
        if len(pieces) >= FEWEST:
            parts = [pieces[i : i + PART] for i in range(0, len(pieces), PART)]
            return [(" ".join(part[0].split()[:5]), part) for part in parts]
    raise UserError(
        f"This text has neither paragraphs nor lines nor sentences enough: {len(sentences)} at "
        f"most, and at least {FEWEST} are needed. Name a longer text, or part it by empty lines."
    )
