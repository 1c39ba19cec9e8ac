"""The exam of the room: translate short English captions into German.

Every version sits the same exam on the same pairs: those of Multi30k whose two sides have at most
LONGEST words. English is lower-cased, German keeps its case; both share one vocabulary of words
(Sec. 3.4 shares one embedding). Words seen fewer than RAREST times in training are UNKNOWN.

A version hands over a net with
    scores(source (B, S), inputs (B, T)) -> (B, T, V)   teacher forcing: `inputs` begin with BEGIN
    start(source (B, S)) -> cache                       a dict of arrays, first dimension B
    step(cache, prefix (B, T)) -> (B, V)                scores of the next word; may fill the cache
with integers as NumPy arrays; scores may be NumPy or torch, and need not be normalised. `Evaluated`
makes such a net of a torch one.
`translate` turns `start` and `step` into sentences, for all versions by the same search.
"""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from pathlib import Path

import numpy as np
import torch

from common.data.own import read_own
from common.data.translation import Pair, load_pairs
from common.errors import UserError

PAD, BEGIN, END, UNKNOWN = range(4)
SPECIAL = ("<pad>", "<s>", "</s>", "<unk>")
LONGEST = 10  # words on either side
RAREST = 5  # a word seen less often is unknown
CURVE_PAIRS = 48  # of the validation split, for the points of the curve
BATCH = 128  # sentences per call when scoring and translating
BEAM, ALPHA = 4, 0.6  # Sec. 6.1
EXTRA = 4  # a translation may be so much longer than LONGEST; Sec. 6.1 has input length + 50
SIGNATURE = (
    "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp"  # of the BLEU; sacrebleu adds its version
)
WORD = re.compile(r"\w+(?:[-'’]\w+)*|[^\w\s]")


def words(sentence: str) -> list[str]:
    """Words, with inner hyphens and apostrophes, and single marks of punctuation."""
    return WORD.findall(sentence)


def join(tokens: list[str]) -> str:
    """The text of a list of words: a space before each but closing punctuation."""
    return re.sub(r" ([.,!?;:)])", r"\1", " ".join(tokens))


class Exam:
    """Pairs, vocabulary, scoring and samples for one set of sentence pairs."""

    def __init__(self, data: str):
        pairs = {name: _short(part) for name, part in _splits(data).items()}
        if not all(pairs.values()):
            raise UserError(f"{data}: some split has no pair of at most {LONGEST} words a side.")
        counts = Counter(w for pair in pairs["train"] for side in pair for w in side)
        known = sorted(w for w, n in counts.items() if n >= RAREST)
        self.vocabulary = [*SPECIAL, *known]
        self.number = {word: i for i, word in enumerate(self.vocabulary)}
        self.symbols = len(self.vocabulary)
        self.words = pairs  # split -> [(English words, German words)]
        self.pairs = {name: self.encode(part) for name, part in pairs.items()}

    def encode(self, pairs: list) -> tuple[np.ndarray, np.ndarray]:
        """Sources (N, S) and targets (N, T), padded at the end; targets have BEGIN and END."""
        sources = [[self._number(w) for w in english] for english, _ in pairs]
        targets = [[BEGIN, *map(self._number, german), END] for _, german in pairs]
        return padded(sources), padded(targets)

    def _number(self, word: str) -> int:
        return self.number.get(word, UNKNOWN)

    def decode(self, tokens) -> str:
        """The text of a translation; what stands after END, and special words, are left out."""
        tokens = list(map(int, tokens))
        tokens = tokens[: tokens.index(END)] if END in tokens else tokens
        return join([self.vocabulary[t] for t in tokens if t >= len(SPECIAL)])

    def batches(self, size: int, seed: int) -> Batches:
        return Batches(*self.pairs["train"], size, seed)

    def nats(self, net, split: str, limit: int | None = None) -> float:
        """Nats per target word, END among them and padding not, on a split or its beginning."""
        sources, targets = (side[:limit] for side in self.pairs[split])
        total = count = 0.0
        for start in range(0, len(sources), BATCH):
            source, target = (side[start : start + BATCH] for side in (sources, targets))
            log_p = torch.as_tensor(net.scores(source, target[:, :-1])).float().log_softmax(-1)
            wanted = torch.as_tensor(target[:, 1:], device=log_p.device)
            chosen = log_p.gather(2, wanted[..., None])[..., 0][wanted != PAD]
            total, count = total - chosen.double().sum().item(), count + len(chosen)
        return total / count

    def validate(self, net) -> float:
        """Nats per target word on the first validation pairs, for the curve."""
        return self.nats(net, "validation", CURVE_PAIRS)

    def finish(self, net, average=None) -> tuple[dict[str, float], list[str]]:
        """The final metrics and a sample; of the last weights, and of their mean by `average()`."""
        metrics = {"last_nats": self.nats(net, "test")} if average else {}
        if average:
            average()
        references = [german for _, german in self.test_sentences()]
        greedy, searched = (self.translations(net, beam) for beam in (1, BEAM))
        metrics |= {
            "nats_per_token": self.nats(net, "test"),
            "validation_nats": self.nats(net, "validation"),
            "bleu_greedy": bleu(greedy, references),
            "bleu": bleu(searched, references),
        }
        return metrics, [self.sample(searched)]

    def test_sentences(self) -> list[tuple[str, str]]:
        """English and German test sentences as text; the references keep their rare words."""
        return [(join(english), join(german)) for english, german in self.words["test"]]

    def translations(self, net, beam: int) -> list[str]:
        sources = self.pairs["test"][0]
        parts = [sources[i : i + BATCH] for i in range(0, len(sources), BATCH)]
        return [self.decode(row) for part in parts for row in translate(net, part, beam)]

    def sample(self, translations: list[str], count: int = 5) -> str:
        lines = [f"BLEU by sacrebleu, {SIGNATURE}; beam {BEAM}, length penalty {ALPHA}"]
        for (english, german), ours in list(zip(self.test_sentences(), translations))[:count]:
            lines.append(f"{english}\n  ours      {ours}\n  reference {german}")
        return "\n".join(lines)


def _splits(data: str) -> dict[str, tuple[Pair, ...] | list[Pair]]:
    """The splits of a set of the catalogue, or of the user's file: English, a tab, German."""
    if not Path(data).is_absolute():
        return load_pairs(data, report=lambda line: None).splits()
    lines = read_own(data)[0].split("\n")
    pairs = [tuple(line.split("\t")[:2]) for line in lines if "\t" in line]
    if len(pairs) < 100:
        raise UserError(f"{Path(data).name}: at least 100 lines 'English<tab>German' are needed.")
    tenth = len(pairs) // 20
    test, validation, train = pairs[:tenth], pairs[tenth : 2 * tenth], pairs[2 * tenth :]
    return {"train": train, "validation": validation, "test": test}


def _short(pairs) -> list[tuple[list[str], list[str]]]:
    split = [(words(english.lower()), words(german)) for english, german in pairs]
    return [pair for pair in split if all(0 < len(side) <= LONGEST for side in pair)]


def padded(rows: list[list[int]]) -> np.ndarray:
    """Rows of unequal length as one array, filled up with PAD: (N, longest)."""
    array = np.full((len(rows), max(map(len, rows))), PAD, dtype=np.int64)
    for i, row in enumerate(rows):
        array[i, : len(row)] = row
    return array


class Batches:
    """Pairs of like length side by side (Sec. 5.1); batch i is a function of seed and i alone."""

    def __init__(self, sources: np.ndarray, targets: np.ndarray, size: int, seed: int):
        self.sources, self.targets, self.size, self.seed = sources, targets, size, seed
        self.count = max(1, len(sources) // size)  # per pass; the rest waits for another pass
        self.words = round((targets > BEGIN).sum() / len(targets) * size)  # per batch, on average
        self._pass, self._order = -1, np.empty(0)

    def __call__(self, i: int) -> tuple[np.ndarray, np.ndarray]:
        """Sources (B, S) and targets (B, T) of the i-th batch."""
        if i // self.count != self._pass:
            self._pass = i // self.count
            self._order = self._shuffled(np.random.default_rng([self.seed, self._pass]))
        rows = self._order[i % self.count]
        return _trimmed(self.sources[rows]), _trimmed(self.targets[rows])

    def _shuffled(self, rng: np.random.Generator) -> np.ndarray:
        """Rows by batch: sorted by length, equal lengths in random order, batches shuffled."""
        rows = rng.permutation(len(self.sources))[: self.count * self.size]
        lengths = (self.targets[rows] != PAD).sum(1) * 100 + (self.sources[rows] != PAD).sum(1)
        rows = rows[np.argsort(lengths, kind="stable")]
        return rng.permutation(rows.reshape(self.count, -1))


def _trimmed(rows: np.ndarray) -> np.ndarray:
    return rows[:, : (rows != PAD).sum(1).max()]


def copies(rng: np.random.Generator, count: int, symbols: int, length: int, reverse=False):
    """The copy task: random sources (N, length), and as targets the same words, or backwards."""
    source = rng.integers(len(SPECIAL), symbols, size=(count, length))
    inner = source[:, ::-1] if reverse else source
    ends = [np.full((count, 1), token) for token in (BEGIN, END)]
    return source, np.concatenate([ends[0], inner, ends[1]], axis=1)


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


def translate(net, source: np.ndarray, beam: int = 1, alpha: float = ALPHA) -> list[list[int]]:
    """The best translation of each source (B, S) that a beam of that size finds, END left out.

    A hypothesis of n words, END among them, is worth log p / penalty(n). Finished ones stay in the
    beam and compete with those that go on. A beam of 1 is greedy search.
    """
    count = len(source)
    cache = select(net.start(source), np.repeat(np.arange(count), beam))
    prefix = np.full((count * beam, 1), BEGIN)
    log_p = torch.full((count, beam), -torch.inf, dtype=torch.float64)
    log_p[:, 0] = 0  # at the beginning all hypotheses of a sentence are one
    done = torch.zeros(count, beam, dtype=torch.bool)
    lengths = torch.zeros(count, beam)
    for _ in range(LONGEST + EXTRA):
        total = log_p[..., None] + _continuations(
            net.step(cache, prefix), done
        )  # by text, hypothesis, word
        now = lengths + ~done
        worth = (total / penalty(now, alpha)[..., None]).flatten(1)  # by text
        chosen = worth.topk(beam, dim=1).indices
        parent, word = chosen // total.shape[2], chosen % total.shape[2]
        log_p = total.flatten(1).gather(1, chosen)
        lengths, done = now.gather(1, parent), done.gather(1, parent) | (word == END)
        rows = (parent + beam * torch.arange(count)[:, None]).flatten().numpy()
        prefix = np.concatenate([prefix[rows], word.reshape(-1, 1).numpy()], axis=1)
        if done.all():
            break
        cache = select(cache, rows) if beam > 1 else cache
    best = prefix.reshape(count, beam, -1)[:, 0, 1:]
    return [[int(t) for t in row if t not in (END, PAD)] for row in best]


def penalty(length: torch.Tensor, alpha: float) -> torch.Tensor:
    """((5 + n) / 6)^alpha, Wu et al. 2016, Eq. 14: without it short translations win."""
    return ((5 + length) / 6) ** alpha


def _continuations(scores, done: torch.Tensor) -> torch.Tensor:
    """log p of each next word (B, beam, V); after END there is only padding, at no cost."""
    log_p = torch.as_tensor(scores).float().cpu().log_softmax(-1).double()
    log_p[:, [PAD, BEGIN, UNKNOWN]] = -torch.inf
    log_p = log_p.view(*done.shape, -1)
    log_p[done] = -torch.inf
    log_p[..., PAD].masked_fill_(done, 0)
    return log_p


def select(cache: dict, rows: np.ndarray) -> dict:
    """The cache of hypotheses `rows`; a hypothesis may be taken several times."""
    return {
        name: value[torch.as_tensor(rows, device=value.device)]
        if isinstance(value, torch.Tensor)
        else value[rows]
        for name, value in cache.items()
    }
