"""The exam of the room: translate the captions of Multi30k from English into German.

common/exams/translation.py has it, for all rooms that translate. Tokens are byte pairs of one
vocabulary for both languages, learned by papers/bpe, so that no word is unknown; the paper had the
30,000 most frequent words of either language and one token for all others (Sec. 4.1). A further
measure says how often a version looks where a lexicon finds the word.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

import numpy as np
import torch

from common.data.translation import Pair
from common.exams import lexicon
from common.exams.pairs import by_likeness, trimmed
from common.exams.translation import Translated, TranslationExam, by_length, parameters
from papers.bpe.version2 import model as bpe

SIZE = 2_000  # of the vocabulary, without the special tokens; as in papers/transformer


class Exam(TranslationExam):
    """Pairs, vocabulary, scoring and samples for one set of sentence pairs."""

    def __init__(self, data: str):
        super().__init__(data, byte_pairs, measures=[by_length, parameters, aligned])


def byte_pairs(texts: Iterable[str]) -> bpe.Tokenizer:
    return bpe.train(texts, SIZE)


def aligned(exam: TranslationExam, translated: Translated) -> dict[str, float]:
    """A measure: of the German words that a lexicon links to an English word of their sentence,
    the share that the net would write while it looks at that word most; and, of the same words,
    the share that stand in the same place of their sentence as that word."""
    table = _lexicon(exam.text["train"])
    looked = diagonal = count = 0
    for row, weights in looks(exam, translated.net.net):
        english, german = translated.pairs[row]
        sources, targets = word_tokens(exam, english.lower()), word_tokens(exam, german)
        for g, e in links(table, english.lower(), german):
            seen = [weights[targets[g], span].sum() for span in sources]
            looked += int(np.argmax(seen)) == e
            diagonal += int((g + 0.5) * len(sources) / len(targets)) == e
            count += 1
    return {"aligned": looked / max(count, 1), "aligned_diagonal": diagonal / max(count, 1)}


def looks(exam: TranslationExam, net) -> Iterator[tuple[int, np.ndarray]]:
    """Of each test pair, its number and the weights (T, S) with which the tokens of its German side
    are written, each after the true ones before it."""
    sources, targets = exam.pairs["test"]
    device = next(net.parameters()).device
    for rows in by_likeness(targets):
        source, target = (trimmed(side[rows]) for side in (sources, targets))
        with torch.no_grad():
            given = (torch.as_tensor(side, device=device) for side in (source, target[:, :-1]))
            weights = net.eval().write(*given)[1].float().cpu().numpy()
        yield from zip(rows.tolist(), weights)


def word_tokens(exam: TranslationExam, sentence: str) -> list[slice]:
    """Of each word of the lexicon in a sentence, where its tokens stand."""
    text = "".join(f" {word}" for word in sentence.split())  # as the exam reads it
    sizes = [len(exam.tokenizer.bytes[i]) for i in exam.tokenizer.encode(text)]
    ends, found = np.cumsum(sizes), []
    for match in lexicon.WORD.finditer(text):
        begin, end = (len(text[:at].encode()) for at in match.span())
        found.append(slice(np.searchsorted(ends, begin, "right"), np.searchsorted(ends, end) + 1))
    return found


def links(table, english: str, german: str) -> Iterator[tuple[int, int]]:
    """The places of a German word and of the English word to which IBM model 1 links it: the one
    that is likeliest to be translated by it. Words that it links to none are left out."""
    sources = lexicon.words(english)
    for g, word in enumerate(lexicon.words(german)):
        chances = [table.get(source, {}).get(word, 0.0) for source in (lexicon.NULL, *sources)]
        if (best := int(np.argmax(chances))) > 0:
            yield g, best - 1


@lru_cache(maxsize=1)  # a process that trains several seeds counts it once
def _lexicon(pairs: tuple[Pair, ...]):
    return lexicon.lexicon(pairs)
