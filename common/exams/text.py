"""The exam over running text: predict the next token of held-out text, in bits per character.

A room's `task.py` says in a few lines which rule and which further measures are its own:

    class Exam(TextExam):
        def __init__(self, data, quick=False):
            super().__init__(data, Streams(64, 100), quick=quick)

Every version of the room sits the same exam, whatever its tokens are: bits per character on the
whole test split. A version hands over

    predict(tokens (B, T), state) -> (log-probabilities (B, T, V), state)

in NumPy, where `state=None` is the beginning of a text. `predictor` makes it of a torch net.
`data` is a dataset's name or the absolute path of a user's own text.

A quick exam, as the smoke profile has it, scores the first QUICK characters of the validation and
the test split, shorter points of the curve and a shorter sample: its exam would be most of so short
a run.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from common.data.text import Characters, Tokens, load_text, split
from common.errors import UserError

SAMPLE_CHARACTERS = 600
QUICK, QUICK_CURVE, QUICK_SAMPLE = 8_192, 1_024, 100  # characters
SAMPLE_TEMPERATURE = 0.8

Predict = Callable[[np.ndarray, Any], tuple[np.ndarray, Any]]


class Vocabulary(Protocol):
    """What a version's tokens are: characters, byte pairs, words."""

    def encode(self, text: str) -> Tokens: ...

    def decode(self, ids: Tokens) -> str: ...

    def __len__(self) -> int: ...


class Rule(Protocol):
    """How much context a token is predicted from: see common/exams/reading.py."""

    def bits(self, predict: Predict, tokens: np.ndarray) -> np.ndarray:
        """Bits of each token but the first."""
        ...


@dataclass(frozen=True)
class Sat:
    """What a version did in the test, for further measures."""

    predict: Predict
    tokens: np.ndarray  # of the test split
    bits: np.ndarray  # of each of them but the first
    sample: str


class TextExam:
    """Splits, vocabulary, scoring and samples for one text."""

    def __init__(
        self,
        data: str,
        rule: Rule,
        vocabulary: Callable[[str, Characters], Vocabulary] | None = None,
        *,
        piece: int = 1,
        curve: int = 16_384,
        measures: Sequence[Callable[[TextExam, Sat], dict[str, float]]] = (),
        quick: bool = False,
    ):
        """`vocabulary(training text, characters)` makes the version's own; without it, tokens are
        the text's characters. `piece`: how many tokens a step of the version reads. `curve`:
        characters of the validation split for a point of the curve. `measures` add to the metrics.

        UserError for a text that is too short for a step.
        """
        text = load_text(data, report=lambda line: None)
        self.parts, self.rule, self.measures = split(text), rule, measures
        self.most = QUICK if quick else len(text.text)
        self.curve = min(curve, QUICK_CURVE) if quick else curve
        self.sampled = QUICK_SAMPLE if quick else SAMPLE_CHARACTERS
        characters = Characters(text.text)
        self.vocabulary = vocabulary(self.parts.train, characters) if vocabulary else characters
        self.symbols = len(self.vocabulary)
        self.train = self.encode(self.parts.train)
        if len(self.train) <= piece:
            raise UserError(
                f"{text.name} has {len(self.train)} tokens to train on, and a step reads {piece}: "
                "lower the context or the sequence, or the batch."
            )

    @property
    def start(self) -> str:
        """What stands before a text that begins from nothing: the end of a line."""
        return "\n" if "\n" in self.parts.train else self.parts.train[0]

    def encode(self, text: str) -> np.ndarray:
        """The tokens of a text, integers (N,). UserError for what the vocabulary lacks."""
        return np.asarray(self.vocabulary.encode(text))

    def train_on(self, device):
        """The training tokens as a torch tensor (N,) on that device."""
        import torch

        return torch.as_tensor(self.train, device=device)

    def validate(self, predict: Predict) -> float:
        """Bits per character on the first part of the validation split, for the curve."""
        return self.score(predict, self.parts.validation[: self.curve])

    def score(self, predict: Predict, text: str) -> float:
        """Bits per character of `text` by the rule."""
        tokens = self.encode(text)
        return self._per_character(self.rule.bits(predict, tokens), tokens, text)

    def finish(self, predict: Predict, seed: int) -> tuple[dict[str, float], list[str]]:
        """The final metrics, and one sample of text."""
        test, validation = (part[: self.most] for part in (self.parts.test, self.parts.validation))
        tokens = self.encode(test)
        sat = Sat(predict, tokens, self.rule.bits(predict, tokens), self.sample(predict, seed))
        metrics = {
            "bits_per_character": self._per_character(sat.bits, tokens, test),
            "validation_bits": self.score(predict, validation),
        }
        for measure in self.measures:
            metrics |= measure(self, sat)
        return {name: float(value) for name, value in metrics.items()}, [sat.sample]

    def _per_character(self, bits: np.ndarray, tokens: np.ndarray, text: str) -> float:
        unscored = len(self.vocabulary.decode(tokens[:1]))  # nothing predicts the first token
        return float(bits.sum() / (len(text) - unscored))

    def sample(self, predict: Predict, seed: int) -> str:
        """Draw characters at SAMPLE_TEMPERATURE, beginning after a line's end."""
        rng = np.random.default_rng(seed)
        token, state, text = self.encode(self.start)[0], None, ""
        drawn: list[int] = []
        length = self.sampled
        while len(text) < length:
            log_p, state = predict(np.array([[token]]), state)
            weights = np.exp(log_p[0, -1].astype(np.float64) / SAMPLE_TEMPERATURE)
            token = int(rng.choice(self.symbols, p=weights / weights.sum()))
            drawn.append(token)
            if len(drawn) >= length or len(drawn) % 50 == 0:
                text = self.vocabulary.decode(drawn)  # of all: a character may span tokens
        return text[:length]


def predictor(net, read: Callable | None = None) -> Predict:
    """`predict` of a torch net, without gradients and dropout.

    `read(tokens (B, T), state) -> (scores (B, T, V), state)` reads on from a state; by default it
    is the net itself.
    """
    import torch

    read, device = read or net, next(net.parameters()).device

    @torch.no_grad()
    def predict(tokens, state):
        if learning := net.training:
            net.eval()
        scores, state = read(torch.as_tensor(tokens, device=device), state)
        if learning:
            net.train()
        return scores.float().log_softmax(-1).cpu().numpy(), state

    return predict


def mean(values: np.ndarray) -> float:
    """NaN for none: a text may be shorter than a window, or without words."""
    return float(values.mean()) if values.size else math.nan
