"""The exam of the room: does a sentence from a film review speak for the film or against it?

SST-2 in whole sentences: 6,920 to learn from, 872 to choose on, 1,821 to be judged on. They come in
lower case, with a space between words. Words that stand at least twice in the training split are
known; all others are one and the same, UNKNOWN.

A version hands over a function
    scores(tokens (B, T), lengths (B)) -> (B, C)
of batches that are padded at their end with PAD up to the longest sentence. Held-out sentences come
in the order of the file, BATCH at a time, in training batches at random. As what stands in a batch
beside a sentence should not matter, the first ALONE test sentences are read once more on their own:
`swayed` says what percentage of them then get another answer.

Shapes: B sentences, T words of the longest, C classes.
"""

from __future__ import annotations

from collections import Counter

import torch
import torch.nn.functional as F
from torch import Tensor

from common.data.labelled import Example, load_labelled

CLASSES = ("against", "for")
PAD, UNKNOWN = 0, 1
SPECIAL = ("<pad>", "<unk>")
RARE = 2  # a word that stands less often is unknown
BATCH = 64  # sentences that are judged together
CURVE = 320  # validation sentences for a point of the curve
ALONE = 200  # test sentences that are read once more, each on its own


class Exam:
    """Words, batches and scoring for one set of labelled sentences."""

    def __init__(self, data: str, seed: int = 0, device: str = "cpu"):
        self.seed, self.device = seed, device
        labelled = load_labelled(data, report=lambda line: None)
        self.words = vocabulary(labelled.train)
        self.numbers = {word: i for i, word in enumerate(self.words)}
        self.symbols = len(self.words)
        parts = labelled.splits().items()
        self.sentences = {name: [self.encode(text) for text, _ in part] for name, part in parts}
        self.labels = {name: torch.tensor([label for _, label in part]) for name, part in parts}

    def encode(self, text: str) -> list[int]:
        """The numbers of a text's words; a text without any is one unknown word."""
        return [self.numbers.get(word, UNKNOWN) for word in text.lower().split()] or [UNKNOWN]

    def batch(self, i: int, size: int) -> tuple[Tensor, Tensor, Tensor]:
        """The i-th batch to learn from: tokens, lengths, labels. Each pass has its own order."""
        sentences = self.sentences["train"]
        size = min(size, len(sentences))
        passed, at = divmod(i, len(sentences) // size)
        rng = torch.Generator().manual_seed(self.seed * 1_000_003 + passed)
        chosen = torch.randperm(len(sentences), generator=rng)[at * size : (at + 1) * size]
        labels = self.labels["train"][chosen].to(self.device)
        return *self.padded([sentences[j] for j in chosen.tolist()]), labels

    def padded(self, rows: list[list[int]]) -> tuple[Tensor, Tensor]:
        """A batch: tokens (B, T) with PAD behind the end of each sentence, and lengths (B)."""
        lengths = torch.tensor([len(row) for row in rows])
        longest = int(lengths.max())
        tokens = torch.tensor([row + [PAD] * (longest - len(row)) for row in rows])  # (B, T)
        return tokens.to(self.device), lengths.to(self.device)

    @torch.no_grad()
    def answers(self, scores, rows: list[list[int]], size: int = BATCH) -> Tensor:
        """Log-probabilities of the classes for each sentence, `size` of them read together."""
        parts = [scores(*self.padded(rows[i : i + size])) for i in range(0, len(rows), size)]
        return torch.cat(parts).double().log_softmax(1).cpu()

    def validate(self, scores) -> float:
        """Percentage of wrong answers on the first validation sentences, for the curve."""
        log_p = self.answers(scores, self.sentences["validation"][:CURVE])
        return wrong(log_p, self.labels["validation"][:CURVE])

    def finish(self, scores) -> tuple[dict[str, float], list[str]]:
        """The final metrics: percentages, and nats per sentence. There is no sample."""
        test = self.sentences["test"]
        log_p, labels = self.answers(scores, test), self.labels["test"]
        validation = self.answers(scores, self.sentences["validation"])
        alone = self.answers(scores, test[:ALONE], size=1)
        metrics = {
            "test_error": wrong(log_p, labels),
            "test_nats": F.nll_loss(log_p, labels).item(),
            "validation_error": wrong(validation, self.labels["validation"]),
            "swayed": wrong(alone, log_p[:ALONE].argmax(1)),
        }
        return metrics, []


def vocabulary(train: tuple[Example, ...]) -> list[str]:
    """Known words, the most frequent first, behind the two that are none."""
    counts = Counter(word for text, _ in train for word in text.lower().split())
    return [*SPECIAL, *(word for word, count in counts.most_common() if count >= RARE)]


def wrong(log_p: Tensor, labels: Tensor) -> float:
    """The percentage of sentences whose likeliest class is not their label."""
    return 100 * (log_p.argmax(1) != labels).double().mean().item()
