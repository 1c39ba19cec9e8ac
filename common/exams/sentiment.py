"""The exam of models that are pre-trained on text and then fine-tuned: does a sentence from a film
review speak for the film or against it, after so and so many sentences with their label?

Fine-tuning: SST-2 in whole sentences, 6,920 to learn from, 872 to choose on, 1,821 to be judged on.
LABELS says from how many: all, 1,000 and 100. A smaller number is drawn by the run's seed, an
equal part of each class, and the 100 are among the 1,000: the seed then decides which sentences are
known, not how many of each class, so that paired runs differ by less.

Pre-training: two parts without labels, `documents(split)`. "wikipedia" is a text in the form of
SST-2 (documents.py), as documents of sentences in their order; "reviews" are the sentences of
SST-2's training split, each a document. Held out are the last twentieth of the text's sentences,
and the sentences of SST-2's validation split. `Mixed` reads both parts in a given share.

    class Exam(SentimentExam):
        def __init__(self, data, pretrain, config, seed=0, quick=False):
            super().__init__(data, pretrain, byte_pairs, special=("<pad>", "<s>"), seed=seed,
                             most=config.context - 1, quick=quick)

`data` is a dataset's name, or the absolute path of a user's own file: a text, a tab, its class
(common/data/own_labelled.py). Its sentences take the place of SST-2's in fine-tuning; what is read
in pre-training, and so the tokens, stay.
`learn(texts) -> tokenizer` makes the version's tokens of all that it reads in training. A version
hands over, by number of labels, a function
    scores(tokens (B, T), lengths (B)) -> (B, C)
of batches that are padded at their end with PAD up to the longest sentence, without special tokens;
held-out sentences come in the order of the file, BATCH at a time.

Shapes: B sentences, T tokens of the longest, C classes, N rows, L tokens of a row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from common.data.labelled import Example, load_labelled
from common.exams.documents import documents_of, own_sentences
from common.exams.translation import Tokenizer

REVIEWS = "sst2"
CLASSES = ("against", "for")  # of its sentences
PAD = 0
LABELS = (None, 1_000, 100)  # sentences with labels to learn from; None is all of them
BATCH = 64  # sentences that are judged together
GROUP = 8  # batches that are sorted by length, so that little is padding
CURVE = 320  # validation sentences for a point of the curve
QUICK_TEXT, QUICK = 60_000, 150  # characters of the text, held-out sentences, in the smoke profile

Document = list[list[int]]  # the tokens of its sentences
Scores = Callable[[Tensor, Tensor], Tensor]
Learn = Callable[[Iterable[str]], Tokenizer]


class SentimentExam:
    """Labelled sentences, text to pre-train on, and scoring.

    `special` are tokens beside the tokenizer's, numbered first, PAD among them; a sentence is cut
    after `most` tokens. `classes` are the names of the classes by number; `few` says from how many
    labels it is learned beside all, of a user's own sentences from no fewer. UserError for a text
    or a set that is too small.
    """

    def __init__(
        self,
        data: str,
        pretrain: str,
        learn: Learn,
        *,
        special: Sequence[str] = ("<pad>",),
        most: int = 64,
        seed: int = 0,
        device: str | torch.device = "cpu",
        quick: bool = False,
    ):
        self.special, self.most, self.seed, self.device = special, most, seed, device
        (self.text, self.classes), own = labelled(data), Path(data).is_absolute()
        self.few = () if own else LABELS[1:]
        self.reviews = labelled(REVIEWS)[0] if own else self.text
        if quick:
            self.text, self.reviews = _quick(self.text), _quick(self.reviews)
        whole, reviews = documents_of(pretrain), tuple(text for text, _ in self.reviews["train"])
        self.tokenizer = _learned(learn, whole["train"], reviews)  # quick or not, the same
        self._wikipedia = documents_of(pretrain, QUICK_TEXT) if quick else whole
        self.symbols = len(special) + len(self.tokenizer)

    def tokens(self, text: str) -> list[int]:
        """Numbered after the special tokens. The first word has a space before it as others do."""
        spaced = "".join(f" {word}" for word in text.split())
        return [len(self.special) + i for i in self.tokenizer.encode(spaced)]

    def decode(self, tokens: Iterable[int]) -> str:
        """The text of tokens; special ones are left out."""
        found = [int(token) - len(self.special) for token in tokens]
        return self.tokenizer.decode([i for i in found if i >= 0]).strip()

    def encode(self, text: str) -> list[int]:
        """A sentence to judge: at most `most` tokens, and at least one."""
        return self.tokens(text)[: self.most] or self.tokens("?")[:1]

    # -- pre-training -------------------------------------------------------------------------

    def documents(self, split: str = "train") -> dict[str, list[Document]]:
        """Documents of "wikipedia" and "reviews", in "train" or held out, in "validation"."""
        reviews = [[self.tokens(text)] for text, _ in self.reviews[split]]
        text = [[self.tokens(sentence) for sentence in doc] for doc in self._wikipedia[split]]
        return {"wikipedia": text, "reviews": reviews}

    # -- fine-tuning --------------------------------------------------------------------------

    @cached_property
    def sentences(self) -> dict[str, list[list[int]]]:
        return {name: [self.encode(text) for text, _ in part] for name, part in self.text.items()}

    @cached_property
    def labels(self) -> dict[str, Tensor]:
        return {name: torch.tensor([y for _, y in part]) for name, part in self.text.items()}

    def known(self, labels: int | None = None) -> Tensor:
        """The numbers of the training sentences whose label is known, see `known`."""
        return torch.tensor(known(self.labels["train"].tolist(), labels, self.seed))

    def batch(self, i: int, size: int, labels: int | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """The i-th batch to learn from: tokens, lengths, labels. Each pass has its own order, and
        in a batch are neighbours in length."""
        count = len(self.known(labels))
        size = min(size, count)
        passed, at = divmod(i, count // size)
        chosen = self.batches(labels, passed, size)[at]
        rows = [self.sentences["train"][j] for j in chosen.tolist()]
        return *self.padded(rows), self.labels["train"][chosen].to(self.device)

    @lru_cache(maxsize=4)  # noqa: B019  # an exam lives as long as its run
    def batches(self, labels: int | None, passed: int, size: int) -> Tensor:
        """The numbers of the sentences of each batch of a pass."""
        lengths = torch.tensor([len(row) for row in self.sentences["train"]])
        rng = torch.Generator().manual_seed(self.seed * 1_000_003 + passed)
        return by_length(self.known(labels), lengths, size, rng)

    def padded(self, rows: list[list[int]]) -> tuple[Tensor, Tensor]:
        """A batch: tokens (B, T) with PAD behind the end of each sentence, and lengths (B)."""
        lengths = torch.tensor([len(row) for row in rows])
        longest = int(lengths.max())
        tokens = torch.tensor([row + [PAD] * (longest - len(row)) for row in rows])  # (B, T)
        return tokens.to(self.device), lengths.to(self.device)

    @torch.no_grad()
    def answers(self, scores: Scores, rows: list[list[int]], size: int = BATCH) -> Tensor:
        """Log-probabilities of the classes for each sentence, `size` of them read together."""
        parts = [scores(*self.padded(rows[i : i + size])) for i in range(0, len(rows), size)]
        return torch.cat(parts).double().log_softmax(1).cpu()

    def validate(self, scores: Scores) -> float:
        """Percentage of wrong answers on the first validation sentences, for the curve."""
        log_p = self.answers(scores, self.sentences["validation"][:CURVE])
        return wrong(log_p, self.labels["validation"][:CURVE])

    def finish(
        self, scores: Mapping[int | None, Scores], further: Mapping[str, float] = {}
    ) -> tuple[dict[str, float], list[str]]:
        """The final metrics and a sample. `scores` by number of labels, those of all under None;
        `further` adds metrics, such as the loss of pre-training."""
        labels, metrics = self.labels["test"], dict(further)
        for count, judge in scores.items():
            log_p = self.answers(judge, self.sentences["test"])
            metrics["error" if count is None else f"error_{count}"] = wrong(log_p, labels)
        full = scores[None]
        metrics["validation_error"] = wrong(
            self.answers(full, self.sentences["validation"]), self.labels["validation"]
        )
        log_p = self.answers(full, self.sentences["test"])
        metrics["nats"] = F.nll_loss(log_p, labels).item()
        return metrics, [self.sample(log_p)]

    def sample(self, log_p: Tensor, count: int = 6) -> str:
        """The first test sentences with what the model takes them for, and what they are."""
        lines = []
        for (text, label), row in list(zip(self.text["test"], log_p.exp()))[:count]:
            found = int(row.argmax())
            said = f"{self.classes[found]} ({row[found]:.0%})"
            lines.append(f"{text}\n  {said}, " + ("right" if found == label else "wrong"))
        return "\n".join(lines)


def known(classes: Sequence[int], labels: int | None, seed: int) -> list[int]:
    """Which sentences have a label: all, or so many drawn by the seed, of each class an equal part
    (of a class that has fewer, all). A smaller draw is a part of a larger one."""
    if labels is None or labels >= len(classes):
        return list(range(len(classes)))
    drawn = np.random.default_rng(seed).permutation(len(classes)).tolist()
    parts = [[i for i in drawn if classes[i] == label] for label in sorted(set(classes))]
    return sorted(i for part in parts for i in part[: labels // len(parts)])


def by_length(numbers: Tensor, lengths: Tensor, size: int, rng: torch.Generator) -> Tensor:
    """Numbers by batch of `size`: neighbours in length, which `lengths` gives for every number, in
    an order that is drawn. What does not fill a batch is left out."""
    drawn = numbers[torch.randperm(len(numbers), generator=rng)]
    groups = [g[lengths[g].argsort(stable=True)] for g in drawn.split(GROUP * size)]
    batches = torch.cat(groups)[: len(numbers) // size * size].view(-1, size)
    return batches[torch.randperm(len(batches), generator=rng)]


def wrong(log_p: Tensor, labels: Tensor) -> float:
    """The percentage of sentences whose likeliest class is not their label."""
    return 100 * (log_p.argmax(1) != labels).double().mean().item()


def evaluated(net: torch.nn.Module, function: Callable) -> Callable:
    """`function` of a net without dropout."""

    def call(*given):
        learning = net.training
        net.eval()
        found = function(*given)
        net.train(learning)
        return found

    return call


# -- rows to pre-train on ---------------------------------------------------------------------


def packed(documents: Iterable[Document], length: int, begin: int, end: int) -> np.ndarray:
    """Rows (N, L): each document between `begin` and `end`, all one after the other, cut into
    rows of `length`. What does not fill a row is left out, or padded where it is the only one."""
    parts = [np.array([begin, *(t for s in doc for t in s), end]) for doc in documents]
    tokens = np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)
    if len(tokens) < length:
        tokens = np.pad(tokens, (0, length - len(tokens)))
    return tokens[: len(tokens) // length * length].reshape(-1, length)  # (N, L)


class Mixed:
    """Batches of rows from two parts, of which a `share` is reviews; batch i is a function of seed
    and i alone. Each part is read to its end before it begins anew, in another order."""

    def __init__(self, wikipedia: np.ndarray, reviews: np.ndarray, share: float, seed: int):
        self.parts, self.share, self.seed = (wikipedia, reviews), share, seed
        self.order = lru_cache(maxsize=4)(self._order)

    def __call__(self, i: int, size: int) -> np.ndarray:
        """The rows (B, L) of the i-th batch of `size` rows."""
        of_reviews = [round(self.share * size * k) for k in (i, i + 1)]  # before it, and after it
        others = [size * k - count for k, count in zip((i, i + 1), of_reviews)]
        places = [(0, at) for at in range(*others)] + [(1, at) for at in range(*of_reviews)]
        return np.stack([self._row(*place) for place in places])

    def _row(self, part: int, at: int) -> np.ndarray:
        passed, place = divmod(at, len(self.parts[part]))
        return self.parts[part][self.order(part, passed)[place]]

    def _order(self, part: int, passed: int) -> np.ndarray:
        rng = np.random.default_rng([self.seed, part, passed])
        return rng.permutation(len(self.parts[part]))


# -- data -------------------------------------------------------------------------------------


@lru_cache(maxsize=1)  # a process that trains several seeds learns it once
def _learned(learn: Learn, documents: tuple, reviews: tuple[str, ...]) -> Tokenizer:
    sentences = [*(sentence for doc in documents for sentence in doc), *reviews]
    return learn(["".join(f" {word}" for word in text.split()) for text in sentences])


def labelled(data: str) -> tuple[dict[str, tuple[Example, ...]], tuple[str, ...]]:
    """Sentences with their class by split, of a set of the catalogue or of a user's own file, and
    the names of the classes."""
    if not Path(data).is_absolute():
        return load_labelled(data, report=lambda line: None).splits(), CLASSES
    own = own_sentences(data)
    return own.splits(), own.classes


def _quick(text: dict[str, tuple[Example, ...]]) -> dict[str, tuple[Example, ...]]:
    return {name: part if name == "train" else part[:QUICK] for name, part in text.items()}
