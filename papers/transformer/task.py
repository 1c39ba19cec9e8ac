"""The exam of the room: translate the captions of Multi30k from English into German.

Every version sits the same exam on the same pairs: all of the validation and test splits, and in
training the pairs of at most TRAINED tokens a side. English is lower-cased, German keeps its case.
Tokens are byte pairs of one vocabulary (Sec. 5.1), learned from both sides of the training split by
papers/bpe; with a vocabulary of bytes no word is unknown. BLEU is of the text against the
references as they stand, so it can be compared with what others report.

A version hands over a net with
    scores(source (B, S), inputs (B, T)) -> (B, T, V)   teacher forcing: `inputs` begin with BEGIN
    start(source (B, S)) -> cache                       a dict of arrays, first dimension B
    step(cache, prefix (B, T)) -> (B, V)                scores of the next token; may fill the cache
with integers as NumPy arrays; scores may be NumPy or torch, and need not be normalised. `Evaluated`
makes such a net of a torch one.
search.py turns `start` and `step` into sentences, for all versions in the same way.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import torch

from common.data.own import read_own
from common.data.translation import Pair, load_pairs
from common.errors import UserError
from papers.bpe.version2 import model as bpe
from papers.transformer.search import ALPHA, BEAM, BEGIN, END, PAD, translate

SPECIAL = ("<pad>", "<s>", "</s>")  # PAD, BEGIN, END
SIZE = 2_000  # of the vocabulary, without SPECIAL; chosen on the validation split, see the README
TRAINED = 32  # tokens on either side of a pair that is learned from: nine of ten pairs
POSITIONS = (
    500  # tokens on either side of any pair; the position table of version 3 ends soon after
)
CURVE_PAIRS = 32  # of the validation split, for the points of the curve
BATCH = 128  # sentences per call when scoring and translating
SIGNATURE = (
    "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp"  # of the BLEU; sacrebleu adds its version
)


class Exam:
    """Pairs, vocabulary, scoring and samples for one set of sentence pairs.

    UserError if a split has no pairs, or a sentence too long for the models.
    """

    def __init__(self, data: str):
        self.name = Path(data).name
        self.text = sentences(data)
        self.tokenizer = learned(self.text["train"])
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
        return {split: tuple(map(padded, zip(*part))) for split, part in parts.items()}

    def encode(self, pair: Pair) -> tuple[list[int], list[int]]:
        """The tokens of an English and of a German sentence, the latter between BEGIN and END."""
        english, german = pair
        return self.tokens(english.lower()), [BEGIN, *self.tokens(german), END]

    def tokens(self, sentence: str) -> list[int]:
        """Byte pairs, numbered after SPECIAL. The first word has a space before it as others do."""
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
        for rows in by_length(targets):
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
        return metrics, [self.sample(searched)]

    def translations(self, net, beam: int, split: str = "test") -> list[str]:
        """The text that the net gives for every source of a split."""
        sources, found = self.pairs[split][0], {}
        for rows in by_length(sources):
            found |= zip(rows.tolist(), translate(net, trimmed(sources[rows]), beam))
        return [self.decode(found[row]) for row in range(len(sources))]

    def sample(self, translations: list[str], count: int = 5) -> str:
        lines = [f"BLEU by sacrebleu, {SIGNATURE}; beam {BEAM}, length penalty {ALPHA}"]
        for (english, german), ours in list(zip(self.text["test"], translations))[:count]:
            lines.append(f"{english}\n  ours      {ours}\n  reference {german}")
        return "\n".join(lines)


@lru_cache(maxsize=1)  # a process that trains several seeds learns it once
def learned(pairs: tuple[Pair, ...]) -> bpe.Tokenizer:
    """Byte pairs of both languages together, as Exam.encode reads them."""
    sides = (side for english, german in pairs for side in (english.lower(), german))
    return bpe.train((f" {side}" for side in sides), SIZE)


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
    return (("train", pairs[2 * n :]), ("validation", pairs[n : 2 * n]), ("test", pairs[:n]))


def _longest(pair: tuple[list[int], list[int]]) -> int:
    """Tokens of the longer side, without BEGIN and END."""
    return max(len(pair[0]), len(pair[1]) - 2)


def padded(rows: Sequence[list[int]]) -> np.ndarray:
    """Rows of unequal length as one array, filled up with PAD: (N, longest)."""
    array = np.full((len(rows), max(map(len, rows))), PAD, dtype=np.int64)
    for i, row in enumerate(rows):
        array[i, : len(row)] = row
    return array


def trimmed(rows: np.ndarray) -> np.ndarray:
    """Without the columns that are padding in all rows."""
    return rows[:, : (rows != PAD).sum(1).max()]


def by_length(rows: np.ndarray) -> list[np.ndarray]:
    """Which rows (N, T) to take together: BATCH of like length at a time."""
    order = np.argsort((rows != PAD).sum(1), kind="stable")
    return np.split(order, range(BATCH, len(order), BATCH))


class Batches:
    """Pairs of like length side by side (Sec. 5.1); batch i is a function of seed and i alone.

    A batch holds as many pairs as fit in `size` tokens on either side, padding included.
    """

    def __init__(self, sources: np.ndarray, targets: np.ndarray, size: int, seed: int):
        self.sources, self.targets, self.seed = sources, targets, seed
        self.lengths = (targets != PAD).sum(1), (sources != PAD).sum(1)
        self.cuts = self._cuts(size)  # the same in each pass: only equal lengths change places
        self.count = len(self.cuts) + 1  # per pass
        self.tokens = round((targets > BEGIN).sum() / self.count)  # per batch, on average
        self._pass, self._batches = -1, []

    def __call__(self, i: int) -> tuple[np.ndarray, np.ndarray]:
        """Sources (B, S) and targets (B, T) of the i-th batch."""
        if i // self.count != self._pass:
            self._pass = i // self.count
            self._batches = self._shuffled(np.random.default_rng([self.seed, self._pass]))
        rows = self._batches[i % self.count]
        return trimmed(self.sources[rows]), trimmed(self.targets[rows])

    def _cuts(self, size: int) -> list[int]:
        """Where in the order of lengths a new batch begins."""
        sizes = np.maximum(*self.lengths)[np.lexsort(self.lengths[::-1])]
        start, widest, cuts = 0, 0, []
        for i, tokens in enumerate(sizes.tolist()):
            widest = max(widest, tokens)
            if i > start and widest * (i + 1 - start) > size:
                start, widest = i, tokens
                cuts.append(i)
        if len(cuts) > 1:  # the last two share their pairs: processes cannot share a single one
            pairs, widest = len(sizes) - cuts[-2], sizes[cuts[-2] :].max()
            cuts[-1] = min(cuts[-1], len(sizes) - min(pairs // 2, size // widest))
        return cuts

    def _shuffled(self, rng: np.random.Generator) -> list[np.ndarray]:
        """Rows by batch: sorted by length, equal lengths in random order, batches shuffled."""
        rows = rng.permutation(len(self.sources))
        targets, sources = self.lengths
        batches = np.split(rows[np.lexsort((sources[rows], targets[rows]))], self.cuts)
        return [batches[i] for i in rng.permutation(len(batches))]


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
