"""The exam of the room: bits per word of held-out text, by models that are held to be models.

A sentence is a line of the text that is not blank, between <s> and </s>; words are runs of letters
or digits, and single signs. All versions share the words of the training split, and <unk> for any
other. A seed draws which lines are counted, and in which order.

A version hands over, for a text of N words, <s> and </s> among them, and a vocabulary of V,

    log2(text (N,)) -> (N,)         log2 P of each word after those before it in its sentence
    distribution(context) -> (V,)   P of every word after a sentence that began so

and is believed no sum: what all words together get above 1, it is charged for.
"""

from __future__ import annotations

import re

import numpy as np

from common.data.text import load_text, split
from common.errors import UserError

START, END, UNKNOWN = 0, 1, 2
SPECIAL = ["<s>", "</s>", "<unk>"]
WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*|\d+|[^\w\s]|_")
AUDITED = 64  # contexts of the test whose distributions are added up
CURVE = 400  # lines of the validation split for a point of the curve
QUICK, QUICK_AUDITED, QUICK_CURVE = 100, 8, 20
SAMPLE_LINES, LONGEST, SAMPLE_TEMPERATURE = 8, 30, 0.8


def words_of(line: str) -> list[str]:
    """The words and signs of a line."""
    return WORD.findall(line)


def written(words: list[str]) -> str:
    """Words as a line, signs without the blank before them."""
    return re.sub(r" ([,.:;!?\]')])", r"\1", " ".join(words))


class Exam:
    """Splits by lines, a vocabulary, and the scoring of models."""

    def __init__(self, data: str, quick: bool = False):
        """UserError for a text that has a part without words."""
        parts = split(load_text(data, report=lambda line: None))
        lines = [[line for line in part.split("\n") if line.strip()] for part in parts]
        self.lines, validation, test = lines
        known = {word for line in self.lines for word in words_of(line)}
        for part, has in zip(("training", "validation", "test"), lines):
            if not has:
                raise UserError(f"the {part} split has no words, only blanks: give a longer text.")
        self.words = SPECIAL + sorted(known)
        self.numbers = {word: i for i, word in enumerate(self.words)}
        self.symbols = len(self.words)
        most = QUICK if quick else len(test)
        self.curve = self.encode(validation[: QUICK_CURVE if quick else CURVE])
        self.validation, self.test = self.encode(validation[:most]), self.encode(test[:most])
        self.audited = QUICK_AUDITED if quick else AUDITED

    def encode(self, lines) -> np.ndarray:
        """Numbers (N,) of the lines, <s> before and </s> after each."""
        numbers, ids = self.numbers, []
        for line in lines:
            ids.append(START)
            ids += [numbers.get(word, UNKNOWN) for word in words_of(line)]
            ids.append(END)
        return np.array(ids, dtype=np.int64)

    def draw(self, seed: int, share: float) -> np.ndarray:
        """Which training lines a seed counts, in the order in which it reads them.

        UserError for a share that is more than all lines, or none.
        """
        if not 0 < share <= 1 or not (count := round(share * len(self.lines))):
            raise UserError(f"share must be a line at least, and at most 1 (all), not {share:g}.")
        return np.random.default_rng(seed).permutation(len(self.lines))[:count]

    def part(self, drawn: np.ndarray) -> np.ndarray:
        """The text (N,) of some training lines."""
        return self.encode(self.lines[i] for i in drawn)

    def mask(self, drawn: np.ndarray) -> np.ndarray:
        """One for each training line that was counted, else zero: what a checkpoint keeps."""
        mask = np.zeros(len(self.lines), dtype=np.float32)
        mask[drawn] = 1
        return mask

    def bits(self, model, text: np.ndarray) -> float:
        """Bits per word of `text` (N,) as the model has it, uncharged; </s> is a word, <s> none."""
        scored = model.log2(text)[text != START]
        return float(-scored.mean()) if len(scored) else 0.0

    def validate(self, model) -> float:
        """Bits per word on the first part of the validation split, for the curve."""
        return self.bits(model, self.curve)

    def audit(self, model) -> tuple[float, float]:
        """What P sums to, as a mean over words of the test that are evenly spaced; and the charge
        per word, the mean of log2 of the sums above 1."""
        targets = np.flatnonzero(self.test != START)
        sums = []
        for target in targets[:: max(1, len(targets) // self.audited)]:
            start = target - 1 - int((self.test[target - 1 :: -1] == START).argmax())
            sums.append(model.distribution(self.test[start:target]).sum())
        return float(np.mean(sums)), float(np.log2(np.maximum(sums, 1)).mean())

    def finish(self, model, seed: int) -> tuple[dict[str, float], list[str]]:
        """The final metrics, and a few lines that the model writes."""
        total, charge = self.audit(model)
        uncharged = self.bits(model, self.test)
        metrics = {
            "bits_per_word": uncharged + charge,
            "uncharged_bits": uncharged,
            "sum_of_p": total,
            "validation_bits": self.bits(model, self.validation),
            "unknown_share": float((self.test == UNKNOWN).sum() / (self.test != START).sum()),
            "ngrams": float(len(model)),
        }
        return metrics, [self.sample(model, seed)]

    def sample(self, model, seed: int) -> str:
        """Lines that are drawn word by word, at SAMPLE_TEMPERATURE."""
        rng, lines = np.random.default_rng(seed), []
        for _ in range(SAMPLE_LINES):
            context = [START]
            while len(context) < LONGEST and context[-1] != END:
                weights = model.distribution(np.array(context)) ** (1 / SAMPLE_TEMPERATURE)
                weights[[START, UNKNOWN]] = 0
                context.append(int(rng.choice(self.symbols, p=weights / weights.sum())))
            lines.append(written([self.words[i] for i in context[1:] if i != END]))
        return "\n".join(lines)


def prequential(exam: Exam, model, text: np.ndarray) -> float:
    """Nats per word that a part of the text costs before it is counted."""
    return exam.bits(model, text) * float(np.log(2))
