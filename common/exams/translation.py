"""The exam of translation: the captions of Multi30k from English into German.

Every version of every room that translates sits the same exam on the same pairs: all of the
validation and test splits, and in training the pairs of at most TRAINED tokens a side. English is
lower-cased, German keeps its case. Tokens are of one vocabulary, which the room's `task.py` learns
from both sides of the training split; BLEU is of the text against the references as they stand, so
it can be compared with what others report.

    class Exam(TranslationExam):
        def __init__(self, data):
            super().__init__(data, byte_pairs, measures=[by_length])

A version hands over a net with
    scores(source (B, S), inputs (B, T)) -> (B, T, V)   teacher forcing: `inputs` begin with BEGIN
    start(source (B, S)) -> cache                       a dict of arrays, first dimension B
    step(cache, prefix (B, T)) -> (B, V)                scores of the next token; may fill the cache
with integers as NumPy arrays; scores may be NumPy or torch, and need not be normalised. `Evaluated`
makes such a net of a torch one. search.py turns `start` and `step` into sentences, for all versions
in the same way.
"""

from __future__ import annotations

import contextlib
import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch

from common.data.own import read_own
from common.data.translation import Pair, load_pairs
from common.errors import UserError
from common.exams.pairs import BEGIN, END, PAD, Batches, by_likeness, padded, trimmed
from common.exams.search import ALPHA, BEAM, translate

SPECIAL = ("<pad>", "<s>", "</s>")  # PAD, BEGIN, END
TRAINED = 32  # tokens on either side of a pair that is learned from: nine of ten pairs
POSITIONS = 500  # tokens on either side of any pair; the Transformer's positions end soon after
CURVE_PAIRS = 32  # of the validation split, for the points of the curve
SIGNATURE = (
    "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp"  # of the BLEU; sacrebleu adds its version
)


class Tokenizer(Protocol):
    """What a room's tokens are."""

    def encode(self, text: str) -> Sequence[int]: ...

    def decode(self, ids: Sequence[int]) -> str: ...

    def __len__(self) -> int: ...


@dataclass(frozen=True)
class Translated:
    """What a version did in the test, for further measures."""

    net: Any
    found: list[str]  # by beam search
    pairs: tuple[Pair, ...]


Learn = Callable[[Iterable[str]], Tokenizer]
Measure = Callable[["TranslationExam", Translated], dict[str, float]]


class TranslationExam:
    """Pairs, vocabulary, scoring and samples for one set of sentence pairs.

    `learn` makes the tokenizer from all sentences of the training split, of both languages, as
    `tokens` reads them: with a space before each word. `measures` add to the metrics.

    UserError if a split has no pairs, or a sentence too long for the models.
    """

    def __init__(
        self,
        data: str,
        learn: Learn,
        *,
        measures: Sequence[Measure] = (),
    ):
        self.name, self.measures = Path(data).name, measures
        self.text = sentences(data)
        self.tokenizer = _learned(learn, self.text["train"])
        self.symbols = len(SPECIAL) + len(self.tokenizer)

    @cached_property
    def pairs(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Sources (N, S) and targets (N, T) by split, padded at the end; those of targets have
        BEGIN and END. Of the training split only what is learned from."""
        parts = {split: list(map(self.encode, pairs)) for split, pairs in self.text.items()}
        parts["train"] = [pair for pair in parts["train"] if _longest(pair) <= TRAINED]
        if not parts["train"]:
            raise UserError(f"{self.name}: no pair to learn from has at most {TRAINED} tokens.")
        if (longest := max(map(_longest, itertools.chain(*parts.values())))) > POSITIONS:
            raise UserError(
                f"{self.name}: a sentence to translate has {longest} tokens, and at most "
                f"{POSITIONS} are possible: split it, or leave its line out."
            )
        # pyrefly: ignore[bad-return]  # a tuple of the two sides
        return {split: tuple(map(padded, zip(*part))) for split, part in parts.items()}

    def encode(self, pair: Pair) -> tuple[list[int], list[int]]:
        """The tokens of an English and of a German sentence, the latter between BEGIN and END."""
        english, german = pair
        return self.tokens(english.lower()), [BEGIN, *self.tokens(german), END]

    def tokens(self, sentence: str) -> list[int]:
        """Numbered after SPECIAL. The first word has a space before it as others do."""
        text = "".join(f" {word}" for word in sentence.split())
        return [len(SPECIAL) + i for i in self.tokenizer.encode(text)]

    def decode(self, tokens: Iterable[int]) -> str:
        """The text of a translation; what stands after END, and special tokens, are left out."""
        before = itertools.takewhile(lambda token: token != END, map(int, tokens))
        found = [token - len(SPECIAL) for token in before if token >= len(SPECIAL)]
        return self.tokenizer.decode(found).strip()

    def batches(self, size: int, seed: int) -> Batches:
        return Batches(*self.pairs["train"], size, seed)

    def nats(self, net, split: str, limit: int | None = None) -> float:
        """Nats per target token, END among them and padding not, on a split or its beginning."""
        sources, targets = (side[:limit] for side in self.pairs[split])
        total = count = 0.0
        for rows in by_likeness(targets):
            source, target = trimmed(sources[rows]), trimmed(targets[rows])
            log_p = torch.as_tensor(net.scores(source, target[:, :-1])).float().log_softmax(-1)
            wanted = torch.as_tensor(target[:, 1:], device=log_p.device)
            chosen = log_p.gather(2, wanted[..., None])[..., 0][wanted != PAD]
            total, count = total - chosen.double().sum().item(), count + len(chosen)
        return total / count

    def validate(self, net) -> float:
        """Nats per target token on the first validation pairs, for the curve."""
        return self.nats(net, "validation", CURVE_PAIRS)

    def finish(self, net, average=None) -> tuple[dict[str, float], list[str]]:
        """The final metrics and a sample; of the last weights, and of their mean by `average()`."""
        metrics = {"last_nats": self.nats(net, "test")} if average else {}
        if average:
            average()
        references = [german for _, german in self.text["test"]]
        greedy, searched = (self.translations(net, beam) for beam in (1, BEAM))
        metrics |= {
            "nats_per_token": self.nats(net, "test"),
            "validation_nats": self.nats(net, "validation"),
            "bleu_greedy": bleu(greedy, references),
            "bleu": bleu(searched, references),
        }
        for measure in self.measures:
            metrics |= measure(self, Translated(net, searched, self.text["test"]))
        return metrics, [self.sample(searched)]

    def translations(self, net, beam: int, split: str = "test") -> list[str]:
        """The text that the net gives for every source of a split."""
        sources, found = self.pairs[split][0], {}
        for rows in by_likeness(sources):
            found |= zip(rows.tolist(), translate(net, trimmed(sources[rows]), beam))
        return [self.decode(found[row]) for row in range(len(sources))]

    def sample(self, translations: list[str], count: int = 5) -> str:
        lines = [f"BLEU by sacrebleu, {SIGNATURE}; beam {BEAM}, length penalty {ALPHA}"]
        for (english, german), ours in list(zip(self.text["test"], translations))[:count]:
            lines.append(f"{english}\n  ours      {ours}\n  reference {german}")
        return "\n".join(lines)


def by_length(exam: TranslationExam, translated: Translated) -> dict[str, float]:
    """A measure: BLEU of the shortest, the middle and the longest third of the sentences to
    translate, by their words."""
    words = [len(source.split()) for source, _ in translated.pairs]
    thirds = np.array_split(np.argsort(words, kind="stable"), 3)
    found = {}
    for name, rows in zip(("short", "middle", "long"), thirds):
        references = [translated.pairs[i][1] for i in rows]
        found[f"bleu_{name}"] = bleu([translated.found[i] for i in rows], references)
    return found


def parameters(exam: TranslationExam, translated: Translated) -> dict[str, float]:
    """A measure: how many numbers the net learns; one in NumPy has them in `weights`."""
    net = translated.net
    arrays = net.net.parameters() if isinstance(net, Evaluated) else net.weights.values()
    return {"parameters": float(sum(math.prod(array.shape) for array in arrays))}


@lru_cache(maxsize=1)  # a process that trains several seeds learns it once
def _learned(learn: Learn, pairs: tuple[Pair, ...]) -> Tokenizer:
    sides = (side for english, german in pairs for side in (english.lower(), german))
    return learn(f" {side}" for side in sides)


def sentences(data: str) -> dict[str, tuple[Pair, ...]]:
    """Pairs of text by split, of a set of the catalogue or of the user's file: English, a tab,
    German. A pair with an empty side is none. UserError if a split has no pairs."""
    parts = _parts(data)
    parts = {split: tuple(p for p in pairs if all(map(str.strip, p))) for split, pairs in parts}
    if not all(parts.values()):
        raise UserError(f"{Path(data).name}: some split has no pair of sentences.")
    return parts


def _parts(data: str) -> Iterable[tuple[str, tuple[Pair, ...]]]:
    if not Path(data).is_absolute():
        return load_pairs(data, report=lambda line: None).splits().items()
    lines = read_own(data)[0].split("\n")
    pairs = tuple(tuple(line.split("\t")[:2]) for line in lines if "\t" in line)
    if len(pairs) < 100:
        raise UserError(f"{Path(data).name}: at least 100 lines 'English<tab>German' are needed.")
    n = len(pairs) // 20
    # pyrefly: ignore[bad-return]  # a line's first two parts are a pair
    return (("train", pairs[2 * n :]), ("validation", pairs[n : 2 * n]), ("test", pairs[:n]))


def _longest(pair: tuple[list[int], list[int]]) -> int:
    """Tokens of the longer side, without BEGIN and END."""
    return max(len(pair[0]), len(pair[1]) - 2)


def bleu(translations: list[str], references: list[str]) -> float:
    """Corpus BLEU from 0 to 100 by sacrebleu, whose signature is SIGNATURE."""
    try:
        import sacrebleu
    except ImportError:
        raise UserError("BLEU needs the package sacrebleu: install 'palimpsest[all]'.") from None
    return float(sacrebleu.metrics.BLEU().corpus_score(translations, [references]).score)


class Evaluated:
    """A torch net for the exam: integers as NumPy arrays in, no gradients, no dropout."""

    def __init__(self, net):
        self.net = net

    @contextlib.contextmanager
    def _quiet(self):
        was = self.net.training
        self.net.eval()
        with torch.no_grad():
            yield next(self.net.parameters()).device
        self.net.train(was)

    def scores(self, source, inputs):
        with self._quiet() as device:
            return self.net.scores(*(torch.as_tensor(a, device=device) for a in (source, inputs)))

    def start(self, source):
        with self._quiet() as device:
            return self.net.start(torch.as_tensor(source, device=device))

    def step(self, cache, prefix):
        with self._quiet() as device:
            return self.net.step(cache, torch.as_tensor(prefix, device=device))
